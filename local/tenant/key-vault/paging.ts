import { badParameter, VaultRefusal } from "./errors.ts";
import { PAGE_SIZE } from "./limits.ts";
import type { Vault } from "./vault.ts";

/**
 * One page of a list in order of key. The next link has an explicit `:443` and a token that names the last key seen, so
 * that what was added or removed between two pages neither repeats nor hides anything else.
 */
export function page<T>(
  vault: Vault,
  url: URL,
  keys: Iterable<string>,
  itemOf: (key: string) => T,
): { readonly value: readonly T[]; readonly nextLink: string | null } {
  const size = pageSizeOf(url);
  const found = smallestAfter(keys, afterOf(url), size + 1);
  const shown = found.slice(0, size);
  const last = shown.at(-1);
  return {
    value: shown.map(itemOf),
    nextLink: found.length > size && last !== undefined ? nextLinkOf(vault, url, size, last) : null,
  };
}

/** The first `count` keys after one, in order, without sorting all: a vault of fifty thousand secrets has two thousand pages. */
function smallestAfter(keys: Iterable<string>, after: string | undefined, count: number): string[] {
  const found: string[] = [];
  for (const key of keys) {
    if (after !== undefined && key <= after) continue;
    const largest = found[count - 1];
    if (largest !== undefined && key > largest) continue;
    const place = found.findIndex((other) => other > key);
    found.splice(place === -1 ? found.length : place, 0, key);
    found.length = Math.min(found.length, count);
  }
  return found;
}

function pageSizeOf(url: URL): number {
  const asked = url.searchParams.get("maxresults");
  if (asked === null) return PAGE_SIZE;
  const size = Number(asked);
  if (!Number.isInteger(size) || size < 1 || size > PAGE_SIZE) {
    // guess: the text was not found as served; the limit is documented.
    throw new VaultRefusal(badParameter(`maxresults must be between 1 and ${PAGE_SIZE}`));
  }
  return size;
}

function afterOf(url: URL): string | undefined {
  const token = url.searchParams.get("$skiptoken");
  if (token === null) return undefined;
  const text = Buffer.from(token, "base64").toString("utf8");
  if (!text.startsWith("after:")) {
    throw new VaultRefusal(badParameter("The skip token is invalid."));
  }
  return text.slice("after:".length);
}

function nextLinkOf(vault: Vault, url: URL, size: number, last: string): string {
  const version = url.searchParams.get("api-version") ?? "";
  const token = Buffer.from(`after:${last}`, "utf8").toString("base64");
  const maxresults = url.searchParams.has("maxresults") ? `&maxresults=${size}` : "";
  return `https://${vault.name}.vault.azure.net:443${url.pathname}?api-version=${version}&$skiptoken=${encodeURIComponent(token)}${maxresults}`;
}
