import type { GraphCall } from "../call.ts";
import { badRequest } from "../errors.ts";
import { decoded } from "../router.ts";
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from "../limits.ts";

interface SkipToken {
  /** Where the page ended, and after whom: the item may move, or go. */
  readonly offset: number;
  readonly after: string;
}

/** One page, and the link to the next. */
export function pageOf<T>(call: GraphCall, found: readonly T[], idOf: (item: T) => string) {
  const { top, skipToken } = call.query;
  if (top !== undefined && top > MAX_PAGE_SIZE)
    throw badRequest(`Invalid page size specified: '${top}'. Must be between 1 and 999 inclusive.`);
  const size = top ?? DEFAULT_PAGE_SIZE;
  let from = 0;
  if (skipToken !== undefined) {
    const { offset, after } = decodeSkipToken(skipToken);
    const last = found[offset - 1];
    from =
      last !== undefined && idOf(last) === after
        ? offset
        : found.findIndex((item) => idOf(item) === after) + 1 || offset;
  }
  const page = found.slice(from, from + size);
  const last = page.at(-1);
  const more = from + size < found.length && last !== undefined;
  return {
    page,
    nextLink: more
      ? linkWith(call, "$skiptoken", encodeToken({ offset: from + size, after: idOf(last) }))
      : undefined,
  };
}

/** The request's own address with one option set. */
export function linkWith(
  call: GraphCall,
  option: string,
  value: string,
  without: readonly string[] = [],
): string {
  const { url, host } = call.request;
  const kept = url.search
    .slice(1)
    .split("&")
    .filter((part) => {
      const name = decoded(part.split("=")[0] ?? "").toLowerCase();
      return part !== "" && name !== option && ![...without, "$skiptoken", "$deltatoken"].includes(name);
    });
  return `https://${host}${url.pathname}?${[...kept, `${option}=${value}`].join("&")}`;
}

export function encodeToken(token: object): string {
  return Buffer.from(JSON.stringify(token)).toString("base64url");
}

export function decodeToken(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch (cause) {
    throw Object.assign(badToken(), { cause });
  }
}

/** guess: the text for a token nobody gave out. */
export const badToken = () => badRequest("Invalid skip token or delta token.");

function decodeSkipToken(text: string): SkipToken {
  const token = decodeToken(text);
  if (typeof token === "object" && token !== null && "offset" in token && "after" in token) {
    const { offset, after } = token;
    if (typeof offset === "number" && typeof after === "string") return { offset, after };
  }
  throw badToken();
}
