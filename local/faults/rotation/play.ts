import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { verifyRecord } from "../../../src/record/verify.ts";
import type { CallApi } from "../../run/api-client.ts";
import { OpenedSchema } from "../../run/case-seen.ts";
import type { CredentialsHeld } from "../../run/credentials-held.ts";
import type { House } from "../../run/house.ts";
import { follow, isSettled, patient } from "../whole-case/callers.ts";
import { effectsIn } from "../whole-case/effects.ts";
import { entriesOf } from "../whole-case/entries.ts";
import { wrongInEffects, wrongInRecord } from "../whole-case/judge.ts";
import { openStage } from "../whole-case/stage.ts";
import { filesWithValues, wrongInCredentials } from "./judge.ts";
import { type RotationMoment, weatherOf } from "./points.ts";
import { AGED, LEAKED, ROTATION_SCENARIO, VAULT } from "./scenario.ts";

export interface RotationPlayed {
  /** How both cases ended. */
  readonly end: string;
  readonly wrong: readonly string[];
  readonly met: ReadonlySet<RotationMoment>;
}

/**
 * An incident in which a suspect read a vault, and after it one secret rotated by name with an overlap, while things go
 * wrong at these moments, one after the other.
 */
export async function playRotations(
  policy: string,
  incident: readonly RotationMoment[],
  byName: readonly RotationMoment[],
): Promise<RotationPlayed> {
  const scenarioFolder = mkdtempSync(join(tmpdir(), "tourniquet-rotation-"));
  const scenario = join(scenarioFolder, "scenario.json");
  writeFileSync(scenario, JSON.stringify(ROTATION_SCENARIO), { mode: 0o600 });
  try {
    await using stage = await openStage({ scenario, policy, onWrite: () => ({ kind: "pass" }) });
    const { house, folder } = stage;
    const call = patient(stage.call);
    const met = new Set<RotationMoment>();
    const before = await credentialsOf(house);

    const first = await during(house, incident, met, async () => {
      const posted = await call("playbook", "POST", "/incidents", house.alert);
      return finished(call, OpenedSchema.parse(posted.body).caseId);
    });
    const second = await during(house, byName, met, async () => {
      const body = { subjects: [{ vault: VAULT, secret: AGED.name }], mode: "evict", reason: "It is old." };
      const posted = await call("responder", "POST", "/cases", { ...body, idempotencyKey: "aged" });
      return finished(call, OpenedSchema.parse(posted.body).caseId);
    });

    const after = await credentialsOf(house);
    const effects = effectsIn(folder);
    const wrongOnRecord: string[] = [];
    for (const { text, caseId } of [first, second]) {
      const verified = await verifyRecord(() => [Buffer.from(text)], { caseId });
      if (verified.kind !== "intact") wrongOnRecord.push(`the record is ${JSON.stringify(verified)}`);
      wrongOnRecord.push(...wrongInRecord(entriesOf(text)));
    }
    const both = [first, second].flatMap(({ text }) => entriesOf(text));
    const values = [before, after].flatMap(({ versions, keys, passwords }) =>
      [...versions, ...keys, ...passwords].map(({ value }) => value),
    );
    return {
      end: `incident ${first.outcome}, by name ${second.outcome}`,
      wrong: [
        ...wrongInCredentials([...LEAKED, AGED], before, after),
        ...wrongOnRecord,
        ...wrongInEffects(both, effects),
        ...filesWithValues(folder, values).map(
          (path) => `a secret value stands in ${path.slice(folder.length)}`,
        ),
      ],
      met,
    };
  } finally {
    rmSync(scenarioFolder, { recursive: true, force: true });
  }
}

async function finished(call: CallApi, caseId: string) {
  const { outcome } = await follow(call, caseId, isSettled);
  const { text } = await call("reader", "GET", `/cases/${caseId}/record`);
  return { caseId, outcome: outcome ?? "without outcome", text };
}

/** Does something while the moments come, each armed when the one before it is over. */
async function during<T>(
  house: House,
  moments: readonly RotationMoment[],
  met: Set<RotationMoment>,
  act: () => Promise<T>,
): Promise<T> {
  const state: { over: boolean; crash: Promise<void> } = { over: false, crash: Promise.resolve() };
  const inOrder = async () => {
    for (const moment of moments) {
      const { hit } = await house.weather(weatherOf(moment));
      const came = await Promise.race([hit.then(() => true), untilOver(state)]);
      if (!came) break;
      met.add(moment);
      if (moment.mishap === "host killed") state.crash = house.crash("host");
      else if (moment.mishap === "tenant killed") state.crash = house.crash("tenant");
      await state.crash;
      // Weather that lasts for more than one request is over by then.
      await wait(500);
    }
    await house.weather(null);
  };
  const mishaps = inOrder();
  const result = await act();
  state.over = true;
  await mishaps;
  return result;
}

async function untilOver(state: { readonly over: boolean }): Promise<boolean> {
  while (!state.over) await wait(100);
  return false;
}

async function credentialsOf(house: House): Promise<CredentialsHeld> {
  const seen = await house.ask("credentials");
  if (seen?.credentials === undefined) throw new Error("the tenant does not say what it holds");
  return seen.credentials;
}
