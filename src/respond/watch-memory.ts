import { z } from "zod";
import { FINDING_KINDS } from "./finding-names.ts";
import { LookMemory } from "../scope/changes/look-for-changes.ts";
import type { Tourniquet } from "../tourniquet.ts";

/** A finding of which no log has said yet who did it. */
const Unattributed = z.object({
  findingId: z.string(),
  foundAt: z.string(),
  kind: z.enum(FINDING_KINDS),
  since: z.string(),
  ids: z.array(z.string()).readonly(),
  terms: z.array(z.string()).readonly(),
});
export type Unattributed = z.infer<typeof Unattributed>;

/** What one look leaves for the next. It may be lost: then the next one looks at everything. */
const WatchMemory = z.object({
  schema: z.literal(1),
  look: LookMemory,
  /** When everything was last read and planned from; null when that did not succeed. */
  wholeAt: z.string().nullable(),
  /** The last look found something different: reads of a directory in motion may lag, so the next one is whole as well. */
  unsettled: z.boolean(),
  /** What could not be seen, since when, and a print of it; null when all could. */
  impaired: z.object({ since: z.string(), print: z.string() }).nullable(),
  unattributed: z.array(Unattributed),
});
export type WatchMemory = z.infer<typeof WatchMemory>;

export async function recall(app: Tourniquet, caseId: string): Promise<WatchMemory | null> {
  const parsed = WatchMemory.safeParse(await app.watches.get(caseId));
  return parsed.success ? parsed.data : null;
}

export async function remember(app: Tourniquet, caseId: string, memory: WatchMemory): Promise<void> {
  await app.watches.put(caseId, memory);
}
