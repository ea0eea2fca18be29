import type { WireRequest } from "../wire.ts";

const SIGNED_HEADERS = [
  "content-encoding",
  "content-language",
  "content-length",
  "content-md5",
  "content-type",
  "date",
  "if-modified-since",
  "if-match",
  "if-none-match",
  "if-unmodified-since",
  "range",
] as const;

/** The text a Shared Key authorization signs: verb, standard headers, `x-ms-` headers, resource. Versions from 2015-02-21 on. */
export function sharedKeyText(request: WireRequest, account: string): string {
  const standard = SIGNED_HEADERS.map((name) => {
    const value = request.headers[name] ?? "";
    return name === "content-length" && value === "0" ? "" : value;
  });
  const own = Object.entries(request.headers)
    .filter(([name, value]) => name.startsWith("x-ms-") && value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${(value ?? "").trim()}\n`)
    .join("");
  const parameters = new Map<string, string[]>();
  for (const [name, value] of request.url.searchParams) {
    parameters.set(name.toLowerCase(), [...(parameters.get(name.toLowerCase()) ?? []), value]);
  }
  const resource = [...parameters]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, values]) => `\n${name}:${values.toSorted().join(",")}`)
    .join("");
  return `${[request.method, ...standard].join("\n")}\n${own}/${account}${request.url.pathname}${resource}`;
}
