import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const Line = z.object({
  n: z.number(),
  t: z.number(),
  s: z.string(),
  m: z.string(),
  u: z.string(),
  h: z.record(z.string(), z.string()),
  k: z.number().optional(),
  b: z.string().optional(),
});

/** A change that was asked of the tenant and handled by it, with everything it said in lower case. */
export interface Effect {
  /** When it was handled, in milliseconds since 1970. */
  readonly at: number;
  readonly operation: string;
  /** Host, path, query and body, decoded: an id that is not in it was not touched. */
  readonly text: string;
}

// Reads that are made with POST, and what the app does beside its cuts: signing its record, writing to the incident.
const NOT_EFFECTS =
  /\/\$batch$|\/microsoft\.resourcegraph\/resources$|\/list[a-z]*$|\/get(byids|member)|\/checkmember|\/sign$|\/configreferences\/appsettings\/refresh$|\/providers\/microsoft\.securityinsights\//;

/** What the tenant was made to change by whoever holds a token, from the journal it keeps. */
export function effectsIn(folder: string): readonly Effect[] {
  const effects: Effect[] = [];
  for (const text of readFileSync(join(folder, "tenant", "journal.ndjson"), "utf8").split("\n")) {
    if (text === "") continue;
    const { t, s, m, u, h, k, b } = Line.parse(JSON.parse(text));
    if (m === "GET" || m === "HEAD" || s === "entra" || s === "managed-identity" || s === "logs-ingestion")
      continue;
    if (h["authorization"] === undefined && k === undefined) continue;
    const url = new URL(u);
    const path = decodeURIComponent(url.pathname).toLowerCase();
    if (NOT_EFFECTS.test(path)) continue;
    const body = b === undefined ? "" : Buffer.from(b, "base64").toString("utf8");
    effects.push({
      at: t,
      operation: `${m} ${url.host}${path}`,
      text: `${url.host}${path}${decodeURIComponent(url.search)} ${body}`.toLowerCase(),
    });
  }
  return effects;
}
