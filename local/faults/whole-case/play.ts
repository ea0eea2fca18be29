import { createHash } from "node:crypto";
import { verifyRecord } from "../../../src/record/verify.ts";
import type { AccessFact } from "../../run/access-facts.ts";
import { OpenedSchema } from "../../run/case-seen.ts";
import type { House } from "../../run/house.ts";
import { follow, isSettled, patient } from "./callers.ts";
import { effectsIn } from "./effects.ts";
import { type Entry, entriesOf, typesAppended } from "./entries.ts";
import { wrongIn } from "./judge.ts";
import type { Moment, PhaseCounts } from "./moment.ts";
import { openMishaps } from "./mishaps.ts";
import { openStage } from "./stage.ts";

/** The watch of the campaign's policy looks every three seconds. */
const WATCHED_FOR_IN_MS = 5_000;

export interface Played {
  /** Everything that has to be as without faults: said in words, to compare and to show. */
  readonly end: Readonly<Record<string, string>>;
  /** Who may do what, in the beginning and when everything is put back. */
  readonly before: readonly AccessFact[];
  readonly restored: readonly AccessFact[];
  readonly wrong: readonly string[];
  /** For each moment what it met; null when it never came. */
  readonly met: ReadonlyMap<Moment, string>;
  readonly counts: PhaseCounts;
}

/** A whole case, from its alert through decision, watch and restore, while things go wrong at these moments. */
export async function play(scenario: string, policy: string, moments: readonly Moment[]): Promise<Played> {
  const mishaps = openMishaps(moments);
  await using stage = await openStage({
    scenario,
    policy,
    onWrite: ({ url, body }) => mishaps.onWrite(typesAppended(url, body)),
  });
  const { house, folder } = stage;
  const call = patient(stage.call);
  const before = await factsOf(house);
  const beforeDeciding = () => mishaps.phaseOver("decide", 0);
  await mishaps.begin(house);
  const posted = await call("playbook", "POST", "/incidents", house.alert);
  const { caseId } = OpenedSchema.parse(posted.body);
  const contained = await follow(call, caseId, isSettled, beforeDeciding);
  const cut = await factsOf(house);
  const isWatched = moments.length === 0 || moments.some(({ phase }) => phase === "watch");
  if (isWatched) await mishaps.phaseOver("watch", WATCHED_FOR_IN_MS);
  const asked = await call("responder", "POST", `/cases/${caseId}/restore`, { reason: "False alarm." });
  // The answer to the first may have been lost.
  if (asked.status !== 202 && !asked.text.includes("BEING_RESTORED"))
    throw new Error(`restoring was refused: ${asked.text}`);
  const restored = await follow(call, caseId, ({ outcome }) => outcome === "restored", beforeDeciding);
  await mishaps.end();
  const back = await factsOf(house);

  const { text } = await call("reader", "GET", `/cases/${caseId}/record`);
  const verified = await verifyRecord(() => [Buffer.from(text)], { caseId });
  const entries = entriesOf(text);
  const seen = await house.ask("seen");
  return {
    end: {
      contained: `${contained.status} ${contained.outcome ?? "without outcome"}`,
      restored: `${restored.status} ${restored.outcome ?? "without outcome"}`,
      "access when contained": digest(textOf(cut)),
      "access when restored": digest(textOf(back)),
      steps: digest(stepsIn(entries)),
    },
    before,
    restored: back,
    wrong: [
      ...(verified.kind === "intact" ? [] : [`the record is ${JSON.stringify(verified)}`]),
      ...wrongIn(entries, effectsIn(folder)),
      ...(seen?.refused ?? []).map((host) => `tried to reach ${host}`),
      ...(seen?.defects ?? []).map((it) => `defect of the stand-in: ${it}`),
    ],
    met: mishaps.met,
    counts: mishaps.counts(),
  };
}

async function factsOf(house: House): Promise<readonly AccessFact[]> {
  return (await house.ask("seen"))?.access ?? [];
}

function textOf(facts: readonly AccessFact[]): string {
  return facts.map(({ fact }) => fact).join("\n");
}

/** How each step stands at the end: what it came to, and whether reads agree. Made or found made is the same. */
function stepsIn(entries: readonly Entry[]): string {
  // By what they do: a step's id is made with the case's, which is another every time.
  const names = new Map<unknown, string>();
  const steps = new Map<string, { result: string; confirmed: string }>();
  for (const { type, data } of entries) {
    const { stepId, kind, target } = data;
    if (type === "intent" && !names.has(stepId))
      names.set(stepId, `${String(kind)} ${JSON.stringify(target)}`);
    const key = `${names.get(stepId) ?? String(stepId)} ${data["requestId"] === undefined ? "cut" : "restored"}`;
    const known = steps.get(key) ?? { result: "", confirmed: "" };
    const result = String(data["result"]);
    if (type === "outcome" || type === "restore") {
      steps.set(key, { ...known, result: result === "already-so" ? "applied" : result });
    }
    if (type === "confirmed" || type === "not-confirmed") steps.set(key, { ...known, confirmed: type });
  }
  return [...steps]
    .map(([key, it]) => `${key} ${it.result} ${it.confirmed}`)
    .toSorted()
    .join("\n");
}

/** Short, to compare and to print. */
function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
