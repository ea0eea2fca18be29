import type { HostRequest } from "../../http-message.ts";

/** A body that has to be JSON or nothing. */
export type JsonBody =
  | { readonly kind: "none" }
  | { readonly kind: "json"; readonly text: string }
  | { readonly kind: "invalid"; readonly error: Error };

/** Reads a body as JSON text; big numbers keep their digits, because the text is passed on as it came. */
export function readJson({ body }: HostRequest): JsonBody {
  const text = new TextDecoder().decode(body).trim();
  if (text === "") return { kind: "none" };
  try {
    JSON.parse(text);
    return { kind: "json", text };
  } catch (error) {
    return { kind: "invalid", error: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** True, false, or undefined for anything else. */
export function readBoolean(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name)?.toLowerCase();
  return text === "true" ? true : text === "false" ? false : undefined;
}

export function readNumber(text: string | null): number | undefined {
  const number = Number.parseFloat(text ?? "");
  return Number.isNaN(number) ? undefined : number;
}

/** The address a request was sent to. */
export function requestUrl({ path, query, headers }: HostRequest): string {
  const search = query.size === 0 ? "" : `?${query.toString()}`;
  return `http://${headers["host"] ?? "localhost"}${path}${search}`;
}
