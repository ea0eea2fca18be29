import { z } from "zod";
import type { Tenant } from "../tenant.ts";
import type { WireRequest } from "../wire.ts";
import { payloadHeaders, payloadOf } from "./answer.ts";
import type { GraphAnswer, GraphVersion } from "./call.ts";
import { GraphFault, badRequest } from "./errors.ts";
import { MAX_BATCH_REQUESTS } from "./limits.ts";

const Item = z.object({
  id: z.string().min(1),
  method: z.string(),
  url: z.string().min(1),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.unknown().optional(),
  dependsOn: z.array(z.string()).optional(),
});
const Batch = z.object({ requests: z.array(Item) });
type Item = z.infer<typeof Item>;

/**
 * Up to twenty requests in one. The batch is answered with 200 whatever becomes of them; each has its own status, is
 * throttled on its own, and is not rolled back when another fails. What depends on a failed one is answered 424.
 */
export function performBatch(
  request: WireRequest,
  tenant: Tenant,
  version: GraphVersion,
  perform: (inner: WireRequest, waited: boolean) => GraphAnswer | GraphFault,
): GraphAnswer | GraphFault {
  let items: Item[];
  try {
    items = itemsOf(request);
  } catch (error) {
    if (error instanceof GraphFault) return error;
    throw error;
  }
  const failed = new Set<string>();
  const responses = items.map((item) => {
    const inner = innerRequest(request, version, item);
    const answer =
      item.dependsOn?.some((id) => failed.has(id)) === true
        ? // guess: the text of a failed dependency.
          new GraphFault(424, "FailedDependency", "Failed Dependency")
        : perform(inner, (item.dependsOn ?? []).length > 0);
    if (answer.status >= 400) failed.add(item.id);
    const body = payloadOf(inner, tenant, answer);
    return {
      id: item.id,
      status: answer.status,
      headers: { "Cache-Control": "no-cache", ...payloadHeaders(answer) },
      ...(body === undefined ? {} : { body }),
    };
  });
  return { status: 200, headers: { "Content-Type": "application/json" }, body: { responses } };
}

function itemsOf(request: WireRequest): Item[] {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(request.body).toString("utf8"));
  } catch {
    throw badBatch("Invalid batch payload format.");
  }
  const parsed = Batch.safeParse(json);
  if (!parsed.success) throw badBatch("Invalid batch payload format.");
  const { requests } = parsed.data;
  if (requests.length > MAX_BATCH_REQUESTS)
    throw badBatch(`Number of batch request steps exceeds the maximum value of ${MAX_BATCH_REQUESTS}.`);
  const seen = new Set<string>();
  for (const { id, dependsOn } of requests) {
    if (seen.has(id)) throw badBatch(`Request id '${id}' is used more than once.`);
    // A request can wait only for one before it.
    const unknown = dependsOn?.find((other) => !seen.has(other));
    if (unknown !== undefined)
      throw badBatch(`Request '${id}' depends on '${unknown}', which is no earlier request.`);
    seen.add(id);
  }
  const waiting = requests.filter(({ dependsOn }) => (dependsOn ?? []).length > 0);
  if (waiting.length > 0 && !isSequential(requests))
    throw badBatch(
      "Individual requests can depend on one other: a batch is fully parallel, fully sequential, or all depend on one.",
    );
  return requests;
}

/** guess: the texts of a refused batch, but for "Invalid batch payload format." and the maximum. */
function badBatch(message: string): GraphFault {
  return badRequest(message);
}

/** "Fully sequential or fully parallel": each depends on the one before, or all on the same one (json-batching.md). */
function isSequential(items: readonly Item[]): boolean {
  const depends = items.slice(1).map(({ dependsOn }) => dependsOn ?? []);
  const chain = depends.every((ids, index) => ids.length === 1 && ids[0] === items[index]?.id);
  const [first] = depends.flat();
  const fan = depends.every((ids) => ids.length === 1 && ids[0] === first);
  return chain || fan;
}

function innerRequest(outer: WireRequest, version: GraphVersion, item: Item): WireRequest {
  const path = item.url.startsWith("/") ? item.url : `/${item.url}`;
  const headers: Record<string, string | undefined> = { "user-agent": outer.headers["user-agent"] };
  for (const [name, value] of Object.entries(item.headers ?? {})) headers[name.toLowerCase()] = value;
  headers["client-request-id"] = outer.headers["client-request-id"];
  return {
    ...outer,
    method: item.method.toUpperCase(),
    url: new URL(`https://${outer.host}/${version}${path}`),
    headers,
    body: item.body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(item.body)),
  };
}
