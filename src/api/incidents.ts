import type { HttpResponseInit } from "@azure/functions";
import type { DurableClient } from "durable-functions";
import { type Mode, MODES } from "../case/case.ts";
import { readAlert } from "../intake/read-alert.ts";
import { linksOf } from "./case-view.ts";
import { openCase } from "./open-case.ts";
import { json, problem } from "./problem.ts";
import type { Visit } from "./route.ts";

/** Larger than any alert seen, small enough to refuse a flood quickly. */
const MOST_BYTES = 4 * 1024 * 1024;

/** `POST /incidents`: an alert as its sender sends it. One alert may name several exposed principals: a case each. */
export async function postIncident(visit: Visit, client: DurableClient): Promise<HttpResponseInit> {
  const { app, request, caller } = visit;
  const mode = modeOf(request.query.get("mode"));
  if (mode === null) return problem(400, "UNKNOWN_MODE", `mode is one of ${MODES.join(", ")}.`);
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > MOST_BYTES) return problem(413, "TOO_LARGE", `At most ${MOST_BYTES} bytes.`);
  const result = readAlert(Buffer.from(bytes).toString("utf8"), app.now());
  switch (result.kind) {
    case "refused":
      return problem(422, result.code, result.reason);
    case "unrecognised":
      return problem(422, "UNRECOGNISED", "No alert kind we know looks like this.", {
        lookedFor: result.lookedFor,
        found: result.found,
      });
    case "cases": {
      const cases = [];
      for (const intake of result.intakes) cases.push(await openCase(app, client, intake, { mode, caller }));
      const [first] = cases;
      if (first === undefined) throw new RangeError("an intake without a case");
      const { caseId, status } = first;
      return json(
        202,
        {
          caseId,
          status,
          links: linksOf(first),
          cases: cases.map((it) => ({ caseId: it.caseId, status: it.status, links: linksOf(it) })),
        },
        { location: `/api/cases/${caseId}` },
      );
    }
    default:
      return result satisfies never;
  }
}

/** Absent means whatever policy says; null is a word we do not know. */
function modeOf(value: string | null): Mode | null {
  if (value === null) return "evict";
  return MODES.find((mode) => mode === value) ?? null;
}
