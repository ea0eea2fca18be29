import type { ArmAnswer, ArmCall } from "./call.ts";

const PAGE_SIZE = 1_000;

/** One page of a list. `nextLink` is absolute and left out when there is no more. Limits: `$skipToken` counts rows. */
export function page(call: ArmCall, items: readonly unknown[], size = PAGE_SIZE): ArmAnswer {
  const skip = Number(parameter(call, "$skiptoken") ?? "0");
  const from = Number.isInteger(skip) && skip > 0 ? skip : 0;
  const value = items.slice(from, from + size);
  const next = from + size;
  return {
    status: 200,
    from: "provider",
    body: { value, ...(next < items.length ? { nextLink: nextLinkTo(call, String(next)) } : {}) },
  };
}

/** The same request again from a token on. */
export function nextLinkTo(call: ArmCall, token: string): string {
  const next = new URL(call.request.url);
  for (const name of next.searchParams.keys()) {
    if (name.toLowerCase() === "$skiptoken") next.searchParams.delete(name);
  }
  next.searchParams.set("$skipToken", token);
  return next.href;
}

/** A query parameter, whatever its case. */
export function parameter(call: Pick<ArmCall, "query">, name: string): string | undefined {
  for (const [key, value] of call.query) {
    if (key.toLowerCase() === name.toLowerCase()) return value;
  }
  return undefined;
}
