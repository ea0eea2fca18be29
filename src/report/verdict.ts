import type { ResidualExposure } from "../case/outcome.ts";
import type { RecordedEntry } from "../record/entry.ts";
import { textOf } from "./entry-reading.ts";
import { type ReportedStep, standingOf } from "./reported-step.ts";
import { counted, shownTime } from "./shown-text.ts";

/** `good`: nothing to do now. `warning`: a person should look. `bad`: the attacker may be in. `neutral`: nothing was cut. */
export type Tone = "good" | "warning" | "bad" | "neutral";

export interface Verdict {
  readonly tone: Tone;
  /** Three words. */
  readonly headline: string;
  /** Sentences, the most important first. */
  readonly sentences: readonly string[];
}

interface VerdictSources {
  readonly status: string;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly steps: readonly ReportedStep[];
  readonly exposure: readonly ResidualExposure[];
  readonly exposureKnown: boolean;
  /** What is open, by name. */
  readonly gaps: readonly string[];
  readonly personActions: number;
  readonly entries: readonly RecordedEntry[];
}

/** The first thing a person reads: contained or not, what is open, until when something issued may still work. Pure. */
export function verdictOf(sources: VerdictSources): Verdict {
  const { steps, personActions } = sources;
  const meant = steps.filter(({ counts }) => counts);
  const holding = meant.filter((it) => standingOf(it) === "holds").length;
  const { tone, headline, said } = headlineOf(sources, holding, meant.length);
  const cut = meant.some(({ result }) => result === "applied" || result === "already-so");
  return {
    tone,
    headline,
    sentences: [
      ...said,
      ...(cut ? [exposureSentence(sources)] : []),
      ...(personActions === 0 ? [] : [`${counted(personActions, "thing")} left for a person to do.`]),
    ],
  };
}

function headlineOf(
  { status, outcome, reason, entries, gaps }: VerdictSources,
  holding: number,
  meant: number,
): { readonly tone: Tone; readonly headline: string; readonly said: readonly string[] } {
  const because = reason === null ? [] : [reason];
  const concluded = entries.findLast((it) => it.type === "status-changed" && textOf(it, "outcome") !== null);
  // Whoever is refused is still there, but not back.
  const finding = entries.findLast(
    (it) => it.type === "watch-finding" && textOf(it, "kind") !== "revoked-credential-used",
  );
  if (finding !== undefined && concluded !== undefined && finding.seq > concluded.seq) {
    return {
      tone: "bad",
      headline: "The attacker is back",
      said: ["The watch found activity after the containment; see what it found below."],
    };
  }
  switch (outcome) {
    case "contained":
      return {
        tone: "good",
        headline: "Contained",
        said: [`Every one of ${counted(meant, "planned step")} was made and confirmed by fresh reads.`],
      };
    case "contained-with-gaps":
      return {
        tone: "warning",
        headline: "Contained, with gaps",
        // While it is watched, the reason is the account of it, what the last look found included.
        said:
          status === "watching" && reason !== null
            ? because
            : [
                `${holding} of ${counted(meant, "planned step")} are confirmed.`,
                ...(gaps.length === 0 ? [] : [`${counted(gaps.length, "gap")}: ${namesOf(gaps)}.`]),
              ],
      };
    case "planned":
      return { tone: "neutral", headline: "Planned, nothing cut", said: because };
    case "observed":
      return { tone: "neutral", headline: "Observed, nothing cut", said: because };
    case "rejected":
      return { tone: "bad", headline: "Not contained", said: ["No step was approved, so nothing was cut."] };
    case "refused":
      return { tone: "warning", headline: "Nobody to act on", said: because };
    case "failed":
      return { tone: "bad", headline: "Failed", said: because };
    case "restored":
      return {
        tone: "neutral",
        headline: "Put back",
        said: ["What could be undone was put back on request."],
      };
    default:
      return status === "awaiting-decision"
        ? { tone: "warning", headline: "Waits for a decision", said: because }
        : { tone: "warning", headline: "Not finished", said: [`The case is ${status}.`, ...because] };
  }
}

const MOST_NAMED = 5;

function namesOf(gaps: readonly string[]): string {
  const named = gaps.slice(0, MOST_NAMED).join("; ");
  return gaps.length > MOST_NAMED ? `${named} and ${gaps.length - MOST_NAMED} more` : named;
}

/** The latest end of what is known; null when nothing but a person's action ends it. */
export function lastUntil(exposure: readonly ResidualExposure[]): string | null {
  if (exposure.some(({ until }) => until === null)) return null;
  return (
    exposure
      .flatMap(({ until }) => (until === null ? [] : [until]))
      .toSorted()
      .at(-1) ?? null
  );
}

function exposureSentence({ exposure, exposureKnown }: VerdictSources): string {
  if (!exposureKnown) return "Until when issued tokens still work has not been worked out yet.";
  if (exposure.length === 0) {
    return "No token that the logs show was still good when the last cut was confirmed.";
  }
  const until = lastUntil(exposure);
  return until === null
    ? "Something already issued works until a person ends it; see below."
    : `Tokens already issued may still work in places until ${shownTime(until)}.`;
}
