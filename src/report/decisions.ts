import type { RecordedEntry } from "../record/entry.ts";
import { actorName, ofType, textOf } from "./entry-reading.ts";

export interface Decision {
  readonly at: string;
  readonly who: string;
  readonly what: string;
  readonly planDigest: string | null;
  readonly comment: string | null;
}

/** Who let something happen, or did not: policy, people, and those who were not allowed to. */
export function decisionsOf(entries: readonly RecordedEntry[]): readonly Decision[] {
  return ofType(
    entries,
    "quick-cut",
    "decision-asked",
    "decision-made",
    "decision-refused",
    "decision-expired",
    "restore-asked",
    "closed",
  ).map((entry) => ({
    at: entry.at,
    who: actorName(entry.actor),
    what: whatOf(entry),
    planDigest: textOf(entry, "planDigest"),
    comment: textOf(entry, "comment") ?? textOf(entry, "why") ?? textOf(entry, "reason"),
  }));
}

function whatOf(entry: RecordedEntry): string {
  switch (entry.type) {
    case "quick-cut":
      return "disabled sign-in at once";
    case "decision-asked":
      return `asked for a decision until ${textOf(entry, "deadline") ?? ""}`;
    case "decision-made":
      return textOf(entry, "decision") === "approve" ? "approved the plan" : "rejected the plan";
    case "decision-refused":
      return `tried to decide and was refused (${textOf(entry, "code") ?? ""})`;
    case "decision-expired":
      return "let the deadline pass without a decision";
    case "restore-asked":
      return "asked to put steps back";
    default:
      return "closed the case";
  }
}
