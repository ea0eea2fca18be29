import type { OrchestrationContext } from "durable-functions";
import { type Confirmed, confirmSteps, type Pace, type StepSelection } from "./activities.ts";
import { ActivityFailedError, call, type Flow, sleep } from "./flow.ts";
import type { RotationsRef } from "./rotation-activities.ts";

/** Names the orchestrations are registered under. */
export const PROOF_FLOW = "proof";
export const ROTATIONS_FLOW = "rotations";

export interface ProofInput {
  readonly caseId: string;
  readonly planDigest: string;
  readonly pace: Pace;
  /** One after the other. */
  readonly selections: readonly StepSelection[];
  readonly patience: Patience;
}
/** `soon`: what does not agree after a few looks is left for later. */
export type Patience = "soon" | "at length";

/** What an orchestration beside the case's own came to; the case waits for all of them and then says what failed. */
export interface EndedBeside {
  /** The activity that went on failing; null when all is well. */
  readonly failed: string | null;
}

/** Proves as an orchestration of its own, for when something slow goes on beside. */
export function* proofFlow(context: OrchestrationContext): Flow<EndedBeside> {
  return yield* ended(prove(context, context.df.getInput()));
}

/** Reads back what was performed until enough reads in a row agree, or the time allowed is over. */
export function* prove(context: OrchestrationContext, proof: ProofInput): Flow<void> {
  const { caseId, planDigest, pace, patience } = proof;
  for (const selection of proof.selections) {
    yield* agree(context, pace, patience, (looked) =>
      call(context, confirmSteps, { caseId, planDigest, selection, ...looked }),
    );
  }
}

/**
 * Looks again and again until enough reads in a row agree on everything, or the time allowed is over. `soon` leaves after
 * a few looks what does not agree by then, unsettled.
 */
export function* agree(
  context: OrchestrationContext,
  { confirmEveryInMs, confirmWithinInMs, confirmations }: Pace,
  patience: Patience,
  look: (at: { readonly agreed: string; readonly round: number; readonly last: boolean }) => Flow<Confirmed>,
): Flow<void> {
  // Counted, not timed: a loop on the clock may go round for ever when timers fire early.
  const most = Math.max(confirmations, Math.ceil(confirmWithinInMs / confirmEveryInMs));
  const rounds = patience === "soon" ? Math.min(confirmations + 1, most) : most;
  let agreed = "";
  for (let round = 1; round <= rounds; round++) {
    const last = patience === "at length" && round === rounds;
    const confirmed = yield* look({ agreed, round, last });
    if (confirmed.open === 0) return;
    agreed = confirmed.agreed;
    if (round < rounds) yield* sleep(context, confirmEveryInMs);
  }
}

/**
 * Reads prove the cuts while secrets are rotated, each as an orchestration of its own: rotations take minutes to hours, and
 * a cut that somebody undid must not wait for them. One that failed fails the case, when both have ended.
 */
export function* proveBesideRotations(
  context: OrchestrationContext,
  proof: ProofInput,
  rotating: StepSelection,
): Flow<void> {
  const { caseId, planDigest } = proof;
  const own = `${planDigest.slice(0, 16)}:${rotating}`;
  const wanted: RotationsRef = { caseId, planDigest, selection: rotating };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- history is JSON; both flows return this
  const ends = (yield context.df.Task.all([
    context.df.callSubOrchestrator(ROTATIONS_FLOW, wanted, `${caseId}:rotations:${own}`),
    context.df.callSubOrchestrator(PROOF_FLOW, proof, `${caseId}:proof:${own}`),
  ])) as readonly EndedBeside[];
  const failed = ends.find((it) => it.failed !== null)?.failed;
  if (failed != null) throw new ActivityFailedError(failed, undefined);
}

/** A failure as a value: whoever waits for several must hear of each. */
export function* ended(flow: Flow<void>): Flow<EndedBeside> {
  try {
    yield* flow;
    return { failed: null };
  } catch (error) {
    if (!(error instanceof ActivityFailedError)) throw error;
    return { failed: error.activity };
  }
}
