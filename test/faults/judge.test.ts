import { expect, test } from "vitest";
import type { Effect } from "../../local/faults/whole-case/effects.ts";
import type { Entry } from "../../local/faults/whole-case/entries.ts";
import { wrongIn } from "../../local/faults/whole-case/judge.ts";

const APPLICATION = "00000000-0000-4000-8000-000000000001";
const KEY = "00000000-0000-4000-8000-000000000002";
const AT = Date.parse("2026-11-20T12:00:00.000Z");

function entry(seconds: number, type: string, data: Entry["data"] = {}): Entry {
  return { seq: seconds, at: new Date(AT + seconds * 1_000).toISOString(), id: `e${seconds}`, type, data };
}
const STEP = { planDigest: "p", stepId: "s", attempt: 1 };
const intent = entry(1, "intent", {
  ...STEP,
  kind: "remove-application-password",
  target: { applicationId: APPLICATION, keyId: KEY },
});
const outcome = entry(3, "outcome", { ...STEP, result: "applied" });

function removal(seconds: number, keyId = KEY): Effect {
  const path = `graph.microsoft.com/v1.0/applications/${APPLICATION}/removepassword`;
  return { at: AT + seconds * 1_000, operation: `POST ${path}`, text: `${path} {"keyid":"${keyId}"}` };
}

test("an effect between its intent and its outcome is in order, however often it was made", () => {
  expect(wrongIn([intent, outcome], [removal(2), removal(2.5)])).toEqual([]);
});

test.for([
  ["before its intent", [removal(0.5)], /outside intent and outcome/],
  ["after its outcome", [removal(4)], /outside intent and outcome/],
  ["on what no step named", [removal(2, APPLICATION.replace("1", "9"))], /nothing on record intends/],
] as const)("an effect %s is found", ([, effects, said]) => {
  expect(wrongIn([intent, outcome], effects)).toEqual([expect.stringMatching(said)]);
});

test("what a crash could leave in a record is found", () => {
  expect(wrongIn([intent], [])).toEqual([expect.stringContaining("an intent without outcome")]);
  expect(wrongIn([outcome], [])).toEqual([expect.stringContaining("an outcome without intent")]);
  expect(wrongIn([intent, intent, outcome], [])).toEqual(["an entry stands twice"]);
  const answered = entry(5, "decision-made", { planDigest: "p" });
  expect(wrongIn([answered, { ...answered, id: "other" }], [])).toEqual(["a question was answered twice"]);
});
