import { z } from "zod";
import { type Answer, notUnderstood } from "./failure.ts";
import type { Rest, RestRequest } from "./rest.ts";

/** More pages than any tenant needs for one question; a service that never stops paging is cut off here. */
const MOST_PAGES = 2_000;

/**
 * Follows `nextLink` to the end. A link to another host is refused, not followed: it would carry the token with it
 * (the ARM SDK was seen to follow one).
 */
export async function listAll<T>(
  rest: Rest,
  first: Omit<RestRequest<unknown>, "schema" | "body">,
  item: z.ZodType<T>,
  linkName: "@odata.nextLink" | "nextLink",
): Promise<Answer<readonly T[]>> {
  const schema = z.object({
    value: z.array(item),
    "@odata.nextLink": z.string().nullish(),
    nextLink: z.string().nullish(),
  });
  const items: T[] = [];
  const seen = new Set<string>();
  let path = first.path;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await rest.send({ ...first, path, schema });
    if (answer.kind === "failed") return answer;
    items.push(...answer.value.value);
    const link = answer.value[linkName];
    if (link == null || link === "") return { ...answer, value: items };
    const next = ownLink(rest.root, link);
    // The same page twice is a loop, whatever the service meant.
    if (next === null || seen.has(next)) {
      return { kind: "failed", failure: notUnderstood(answer.status, answer.requestId) };
    }
    seen.add(next);
    path = next;
  }
  return { kind: "failed", failure: notUnderstood(200, null) };
}

/** The link's path and query if it leads back to the service itself, else null. */
function ownLink(root: string, link: string): string | null {
  const url = URL.parse(link, root);
  if (url === null || url.origin !== new URL(root).origin) return null;
  return `${url.pathname}${url.search}`;
}
