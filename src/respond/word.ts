import type { CaseOutcome, CaseStatus } from "../case/case.ts";
import type { CaseRef } from "./activities.ts";
import { activityReference } from "./flow.ts";

/** What people are told of. */
export type Occasion =
  | "opened"
  | "decision-needed"
  | "contained"
  | "contained-with-gaps"
  | "watch-finding"
  | "ended";

/** Where word goes. Each goes its own way, so that one that hangs does not keep the other. */
export const CHANNELS = ["sentinel", "webhook"] as const;
export type Channel = (typeof CHANNELS)[number];

/** One thing to tell. `about` tells two of a kind apart: a plan's digest, the time of a look. */
export interface Word extends CaseRef {
  readonly occasion: Occasion;
  readonly about: string;
  readonly channel: Channel;
}

export interface WordTry extends Word {
  readonly attempt: number;
  readonly last: boolean;
}

export interface WordTried {
  /** `done` is also said of what need not be told: no incident, no webhook, told before. */
  readonly kind: "done" | "again" | "given-up";
  readonly retryAfterInMs: number;
}

export const tellWord = activityReference<WordTry, WordTried>("tell-word");

/** The name the orchestration is registered under. */
export const WORD_FLOW = "word";

/** What a phase's end is told as. */
export function occasionOf(status: CaseStatus, outcome: CaseOutcome | null): Occasion {
  if (outcome === "contained" && status !== "closed") return "contained";
  if (outcome === "contained-with-gaps" && status !== "closed") return "contained-with-gaps";
  return "ended";
}
