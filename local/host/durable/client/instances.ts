import type { HostResponse } from "../../http-message.ts";
import { hasEnded } from "../store/rows.ts";
import { empty, json } from "./answers.ts";
import type { Call } from "./call.ts";
import { instanceStatus } from "./instance-status.ts";
import { matches, queryPage, readFilter } from "./query.ts";
import { readBoolean, readNumber } from "./request-reading.ts";

const DEFAULT_PAGE_SIZE = 100;

/** Lists instances page by page, or purges those that have ended, by the same filters. */
export function answerInstances(call: Call): HostResponse {
  const { engine, request } = call;
  const { query } = request;
  const filter = readFilter(query);
  if (request.method === "GET") {
    const size = Math.max(1, readNumber(query.get("top")) ?? DEFAULT_PAGE_SIZE);
    const token = request.headers["x-ms-continuation-token"];
    const page = queryPage(engine.store, filter, size, token === "" ? undefined : token);
    const showInput = readBoolean(query, "showInput") ?? true;
    return json(
      200,
      page.instances.map((it) => instanceStatus(it, { showInput })),
      page.continuation === undefined ? {} : { "x-ms-continuation-token": page.continuation },
    );
  }
  if (request.method !== "DELETE") return empty(404);
  if (filter.createdFrom === undefined)
    return json(400, "Please provide value for 'createdTimeFrom' parameter.");
  const bounded = { ...filter, createdTo: filter.createdTo ?? call.now() };
  const purged = [...engine.store.instancesAfter("")].filter(
    (it) => hasEnded(it.status) && matches(it, bounded),
  );
  if (purged.length === 0) return empty(404);
  engine.purge(purged);
  return json(200, { instancesDeleted: purged.length });
}
