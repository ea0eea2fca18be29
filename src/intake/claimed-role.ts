import type { ClaimedRole } from "../case/subject.ts";
import type { Reading } from "./reading.ts";

const SUSPECTS = ["attacker", "compromised", "source"];
/** Who was there, or was done something to. */
const BYSTANDERS = ["contextual", "destination", "added", "edited", "created"];

/** What part a sender gives an entity or a piece of evidence: one word, several, or a list inside a string. */
export function claimedRole(places: readonly Reading[]): ClaimedRole {
  const words = new Set(
    places
      .flatMap((it) => [...it.items().map((item) => item.text() ?? ""), it.text() ?? ""])
      .flatMap((text) => text.toLowerCase().split(/[^a-z]+/)),
  );
  if (SUSPECTS.some((word) => words.has(word))) return "suspect";
  return BYSTANDERS.some((word) => words.has(word)) ? "bystander" : "unsaid";
}
