import { z } from "zod";
import type { ResidualExposure } from "../case/outcome.ts";
import type { DocumentReference, RecordedEntry } from "../record/entry.ts";
import { listOf, ofType } from "./entry-reading.ts";

const Reference = z.object({ blob: z.string(), sha256: z.string() });
const Exposure = z.object({
  what: z.string(),
  where: z.string(),
  principalKey: z.string(),
  until: z.string().nullable(),
  because: z.string(),
});

/** The documents that the record vouches for, the latest of each name. */
export function documentsOf(entries: readonly RecordedEntry[]): readonly DocumentReference[] {
  const latest = new Map<string, DocumentReference>();
  for (const { data } of ofType(entries, "opened", "snapshot", "planned")) {
    for (const member of [data["intakeDocument"], data["document"]]) {
      const parsed = Reference.safeParse(member);
      if (parsed.success) latest.set(parsed.data.blob, parsed.data);
    }
  }
  return [...latest.values()];
}

/** What was last worked out; null when nothing was. */
export function exposureOf(entries: readonly RecordedEntry[]): readonly ResidualExposure[] | null {
  const entry = entries.findLast(({ type }) => type === "residual-exposure");
  return entry === undefined ? null : listOf(entry.data["items"]).map((it) => Exposure.parse(it));
}
