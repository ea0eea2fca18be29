import { sideBySide } from "../azure/side-by-side.ts";
import type { Confirmation } from "../case/outcome.ts";

const READS_AT_ONCE = 12;

export interface Agreement<Step> {
  /** Steps on which something was settled by this look: enough reads agree, or it was the last. */
  readonly settled: readonly {
    readonly step: Step;
    readonly reads: number;
    readonly confirmation: Confirmation;
  }[];
  readonly open: number;
  /** Read, and found not to hold. */
  readonly disagreeing: readonly Step[];
  /** A digit for each of `steps`: agreeing reads in a row. */
  readonly agreed: string;
}

/**
 * Looks once at the steps that `isOpen`, of all `steps`. Enough reads in a row settle a step; one that disagrees starts
 * its count anew; at the last look everything still open is settled as what was seen then.
 */
export async function lookOnce<Step extends { readonly kind: string }>(
  steps: readonly Step[],
  isOpen: (step: Step) => boolean,
  read: (step: Step) => Promise<Confirmation>,
  at: {
    readonly agreed: string;
    readonly round: number;
    readonly last: boolean;
    readonly confirmations: number;
  },
): Promise<Agreement<Step>> {
  const counts = steps.map((_, index) => Number.parseInt(at.agreed[index] ?? "0", 36));
  const open = steps.map((step, index) => ({ step, index })).filter(({ step }) => isOpen(step));
  const reads = await sideBySide(open, READS_AT_ONCE, async ({ step, index }) => ({
    step,
    index,
    confirmation: await read(step),
  }));
  const settled: Agreement<Step>["settled"][number][] = [];
  for (const { step, index, confirmation } of reads) {
    const agreeing = confirmation.kind === "confirmed" ? (counts[index] ?? 0) + 1 : 0;
    counts[index] = agreeing;
    if (agreeing >= at.confirmations) settled.push({ step, reads: agreeing, confirmation });
    else if (at.last) settled.push({ step, reads: at.round, confirmation: notInARow(step, confirmation) });
  }
  return {
    settled,
    open: reads.length - settled.length,
    disagreeing: reads.flatMap(({ step, confirmation }) => (confirmation.kind === "not-yet" ? [step] : [])),
    agreed: counts.map((count) => count.toString(36)).join(""),
  };
}

/** The last read may have agreed, but not often enough in a row: that is not confirmed. */
function notInARow({ kind }: { readonly kind: string }, confirmation: Confirmation): Confirmation {
  if (confirmation.kind !== "confirmed") return confirmation;
  return {
    kind: "not-yet",
    seen: `${kind}: reads disagree with each other`,
    evidence: confirmation.evidence,
  };
}
