import { ALERTS } from "./alerts.ts";
import type { IntakeResult } from "./intake.ts";
import { parseBody } from "./parse-body.ts";
import { type Reading, readingOf } from "./reading.ts";

const MOST_KEYS_SAID = 30;

/** Reads a body as any sender may have sent it: claims, a refusal with its reason, or what was looked for and found. */
export function readAlert(text: string, now: Date): IntakeResult {
  const parsed = parseBody(text);
  if (parsed.kind === "refused") return parsed;
  const body = readingOf(parsed.value);
  const alert = ALERTS.find((it) => it.recognises(body));
  if (alert === undefined) {
    return {
      kind: "unrecognised",
      lookedFor: ALERTS.map(({ name, knownBy }) => `${name}: ${knownBy}`),
      // Keys only, and not many: a body may hold secrets.
      found: keysOf(body),
    };
  }
  const result = alert.read(body, now);
  if (
    result.kind === "cases" &&
    result.intakes.every((it) => it.subjects.length + it.resourceIds.length === 0)
  ) {
    return { kind: "refused", code: "NO_SUBJECT", reason: `The ${alert.name} names nobody and nothing.` };
  }
  return result;
}

/** Of a list those of its first member. */
function keysOf(body: Reading): readonly string[] {
  const [first] = body.items();
  if (first === undefined) return [Array.isArray(body.raw()) ? "an empty list" : "no object"];
  const within = Array.isArray(body.raw()) ? "[0]." : "";
  const keys = first.members().slice(0, MOST_KEYS_SAID);
  return keys.map(([key]) => `${within}${key.slice(0, 80)}`);
}
