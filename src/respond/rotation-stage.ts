import { z } from "zod";
import type { Permission, PlannedStep } from "../case/plan.ts";
import { guardIds, isAtOrBelow, type Protection, type Refused } from "../plan/guardrails.ts";
import type { Policy } from "../plan/policy.ts";
import type { NewEntry } from "../record/entry.ts";
import { giveUp, letGo, performStages } from "../rotate/rotate.ts";
import type { Ending, Rotation, RotationState } from "../rotate/rotation.ts";
import type { Details, RotationWork } from "../rotate/work.ts";
import { evidenceOf } from "../steps/answers.ts";
import { vaultUriOf } from "../steps/rotate-secret.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { CaseRef } from "./activities.ts";
import { confirmationEntry, entryIdOf, intentEntry, outcomeEntry } from "./journal.ts";
import { currentProtection } from "./protection.ts";
import type { GiveUpInput, StageDone, StageInput } from "./rotation-activities.ts";
import { plannedRotations } from "./rotation-plan.ts";
import { resourcesTagged } from "./tagged-resources.ts";

const Target = z.object({
  vaultId: z.string(),
  secretName: z.string(),
  mode: z.enum(["incident", "hygiene"]),
  overlapInHours: z.number(),
});

/** Takes one rotation as far as it goes without waiting: every effect's intent is recorded before it, what came of it after. */
export async function rotateStage(app: Tourniquet, input: StageInput): Promise<StageDone> {
  const { step, wave, work, journal } = await workOf(app, input);
  if (input.state.stage === "identify") {
    if (await app.record(input.caseId).has(outcomeId(input))) {
      await letGo(work, input.state);
      return { kind: "over" };
    }
    journal.add([intentEntry(input.planDigest, step, wave, 1)]);
    const refused = work.guard(step.touches);
    if (refused !== null) {
      await journal.end(step, { outcome: { kind: "refused", ...refused }, proof: null });
      return { kind: "over" };
    }
  }
  const result = await performStages(work, input.state);
  switch (result.kind) {
    case "go-on":
      await journal.flush();
      return result;
    case "failed":
      journal.note("failed", {
        code: result.failure.code,
        status: result.failure.status,
        azureCode: result.failure.azureCode,
        requestId: result.failure.requestId,
        retryable: result.failure.retryable,
      });
      await journal.flush();
      return result;
    case "over":
      await journal.end(step, result.ending);
      await letGo(work, result.state);
      return { kind: "over" };
    default:
      return result satisfies never;
  }
}

export async function giveUpRotation(app: Tourniquet, input: GiveUpInput): Promise<CaseRef> {
  const { step, work, journal } = await workOf(app, input);
  await journal.end(step, await giveUp(work, input.state, input.failure));
  return { caseId: input.caseId };
}

async function workOf(app: Tourniquet, input: StageInput) {
  const { stepId } = input;
  const planned = await plannedRotations(app, input);
  const found = planned.steps.get(stepId);
  if (found === undefined) throw new TypeError(`the plan has no rotation ${stepId}`);
  const { step, wave } = found;
  const target = Target.parse(step.target);
  const vaultName = target.vaultId.split("/").at(-1) ?? "";
  const rotation: Rotation = {
    id: stepId,
    campaign: input.caseId,
    vaultId: target.vaultId,
    vaultUri: vaultUriOf(target.vaultId),
    secretName: target.secretName,
    mode: target.mode,
    overlapInMs: target.overlapInHours * 3_600_000,
  };
  const journal = openJournal(app, input, rotation);
  const sparing = await sparedIn(app);
  const work: RotationWork = {
    azure: app.actor,
    tenantId: app.settings.tenantId,
    rotation,
    ledger: app.rotations,
    suspects: planned.suspects,
    consumers: planned.consumers.of(vaultName, target.secretName),
    siteIds: planned.siteIds,
    signIn: app.policy.verification.signIn,
    journal,
    guard: (ids) => guardWith(app.policy, sparing, ids, step.permission),
  };
  return { step, wave, work, journal };
}

const PROTECTION_KEPT_IN_MS = 30_000;
interface Spared {
  readonly protection: Protection;
  readonly byTag: readonly string[];
  readonly productionIds: readonly string[];
}
const spared = new WeakMap<Tourniquet, { readonly at: number; readonly reading: Promise<Spared> }>();

/** Read again after half a minute: two thousand rotations must not each ask who is protected. */
function sparedIn(app: Tourniquet): Promise<Spared> {
  const now = app.now().getTime();
  const kept = spared.get(app);
  if (kept !== undefined && now - kept.at < PROTECTION_KEPT_IN_MS) return kept.reading;
  const reading = Promise.all([
    currentProtection(app),
    resourcesTagged(app, "protected"),
    resourcesTagged(app, "production"),
  ]).then(([protection, byTag, productionIds]) => ({ protection, byTag, productionIds }));
  spared.set(app, { at: now, reading });
  reading.catch(() => spared.delete(app));
  return reading;
}

/**
 * Nothing is renewed at a resource that the policy spares, by its id or by a tag it carries; nor, without a person's
 * decision, at one of production that turned out to be the issuer.
 */
function guardWith(
  policy: Policy,
  { protection, byTag, productionIds }: Spared,
  ids: readonly string[],
  permission: Permission,
): Refused | null {
  const tagged = ids.find((id) => isAtOrBelow(byTag, id));
  if (tagged !== undefined)
    return { guardrail: "protected-tag", reason: `${tagged} carries a protected tag` };
  const refused = guardIds(ids, policy, protection);
  if (refused !== null || permission !== "automatic") return refused;
  const production = ids.find((id) => isAtOrBelow(productionIds, id));
  return production === undefined
    ? null
    : {
        guardrail: "production",
        reason: `${production} carries a production tag and nobody was asked; tag the secret with ProviderAddress and rotate it by name, which asks`,
      };
}

function outcomeId({ planDigest, stepId }: StageInput): string {
  return entryIdOf(planDigest, stepId, "outcome", 1);
}

/** Writes a stage's intents at once and everything else with the next of them, so that a stage costs few appends. */
function openJournal(app: Tourniquet, input: StageInput, rotation: Rotation) {
  const { caseId, planDigest, stepId, call } = input;
  const record = app.record(caseId);
  let { state } = input;
  let waiting: NewEntry[] = [];
  const entry = (phase: "intent" | "came", effect: string, details: Details): NewEntry => {
    return {
      // By what it says: a call that runs again after a crash does less than the first time, and counts otherwise.
      id: entryIdOf(planDigest, stepId, state.stage, call, phase, effect, JSON.stringify(details)),
      type: "rotation-stage",
      actor: { kind: "system", component: "rotate", identity: { name: "actor" } },
      data: {
        rotationId: stepId,
        provider: state.found?.provider ?? "not known yet",
        stage: state.stage,
        phase,
        effect,
        planDigest,
        secret: secretOf(rotation, state),
        details,
      },
    };
  };
  const flush = async (more: readonly NewEntry[] = [], withCheckpoint = false) => {
    const due = [...waiting, ...more];
    waiting = [];
    if (due.length > 0) await record.append(due, { withCheckpoint });
  };
  return {
    enter(entered: RotationState) {
      state = entered;
    },
    add(entries: readonly NewEntry[]) {
      waiting.push(...entries);
    },
    intend: (effect: string, details: Details = {}) => flush([entry("intent", effect, details)]),
    note(effect: string, details: Details = {}) {
      waiting.push(entry("came", effect, details));
    },
    flush: () => flush(),
    /** How it ended: the step's outcome, and whether what was to be proved holds. */
    end(step: PlannedStep, { outcome, proof }: Ending) {
      const entries = [outcomeEntry(planDigest, step, 1, outcome)];
      if (proof !== null) {
        const evidence = evidenceOf(null, app.now());
        entries.push(
          confirmationEntry(
            planDigest,
            step,
            1,
            proof.holds ? { kind: "confirmed", evidence } : { kind: "not-yet", seen: proof.saw, evidence },
          ),
        );
      }
      return flush(entries);
    },
  };
}

function secretOf({ vaultId, secretName }: Rotation, { newVersion, oldVersion }: RotationState) {
  const version = newVersion ?? oldVersion;
  return {
    vault: vaultId.split("/").at(-1) ?? vaultId,
    name: secretName,
    ...(version === null ? {} : { version }),
  };
}
