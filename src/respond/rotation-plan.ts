import { z } from "zod";
import type { PlannedStep } from "../case/plan.ts";
import type { Scope } from "../case/scope.ts";
import type { SuspectSecret } from "../rotate/work.ts";
import type { Consumer } from "../scope/consumers/consumer.ts";
import { consumersBySecret, readConsumers } from "../scope/consumers/read-consumers.ts";
import type { DocumentReference } from "../record/entry.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { Batch, BatchInput, Prepared, RotationsRef } from "./rotation-activities.ts";
import { BY_SYSTEM, entryIdOf } from "./journal.ts";
import { type RotationBatch, rotationBatches } from "./rotation-batches.ts";
import { isPerformedHere, isSelected } from "./selection.ts";
import { existing, loadPlan } from "./stored-case.ts";

/** Who reads which secret, and the order of rotations: stored beside the case, read by every rotation of the plan. */
interface RotationsDocument {
  readonly batches: readonly RotationBatch[];
  readonly consumers: readonly Consumer[];
  /** Where copies of values are looked for. */
  readonly siteIds: readonly string[];
}

/** More reads of settings than this are not made for one plan: every site is asked once for each secret. */
const MOST_COPY_READS = 1_000;

/** Puts the rotations of a selection in batches, and looks up who reads the secrets. */
export async function prepareRotations(app: Tourniquet, input: RotationsRef): Promise<Prepared> {
  const { caseId, planDigest, selection } = input;
  const plan = await loadPlan(app, caseId, planDigest);
  const rotations = plan.waves
    .flatMap(({ steps }) => steps)
    .filter((step) => !isPerformedHere(step) && isSelected(step, selection));
  if (rotations.length === 0) return { leastInMs: [], sideBySide: false };
  const { consumers, unread, siteIds } = await readConsumers(app.reader);
  const bySecret = consumersBySecret(consumers);
  const taken = new Set(rotations.map(secretOf).flatMap((it) => bySecret.of(it.vaultName, it.secretName)));
  const looksForCopies = siteIds.length * rotations.length <= MOST_COPY_READS;
  const readSiteIds = looksForCopies ? siteIds : [];
  const document: RotationsDocument = {
    batches: rotationBatches(rotations, readSiteIds),
    consumers: [...taken],
    siteIds: readSiteIds,
  };
  const reference = await app.documents.putJson(caseId, nameOf(input), document);
  await app.record(caseId).append([
    {
      id: entryIdOf(planDigest, "rotations", selection),
      type: "rotation-stage",
      actor: BY_SYSTEM("rotate"),
      data: {
        rotationId: "all",
        provider: "none",
        stage: "prepare",
        planDigest,
        rotations: rotations.length,
        consumers: document.consumers.length,
        consumersUnread: unread.slice(0, 100).map(({ what, failure }) => ({ what, code: failure.code })),
        copiesLookedFor: looksForCopies,
        document: reference,
      },
    },
  ]);
  return {
    leastInMs: document.batches.map(({ leastInMs }) => leastInMs),
    sideBySide: rotations.every(({ target }) => target["mode"] === "hygiene"),
  };
}

export async function readRotationBatch(app: Tourniquet, input: BatchInput): Promise<Batch> {
  const { batches } = await rotationsOf(app, input);
  return { stepIds: batches[input.batch]?.stepIds ?? [] };
}

function secretOf({ target }: PlannedStep) {
  const { vaultId, secretName } = z.object({ vaultId: z.string(), secretName: z.string() }).parse(target);
  return { vaultName: vaultId.split("/").at(-1) ?? "", secretName };
}

function nameOf({ planDigest, selection }: RotationsRef): string {
  return `rotations-${planDigest.slice(0, 16)}-${selection}.json`;
}

async function rotationsOf(app: Tourniquet, input: RotationsRef): Promise<RotationsDocument> {
  const bytes = await app.documents.get(input.caseId, nameOf(input));
  if (bytes === null) throw new TypeError(`${input.caseId} has no rotations prepared`);
  return JSON.parse(Buffer.from(bytes).toString("utf8"));
}

/** What all rotations of a plan work from, read once a process: two thousand of them must not each parse the plan. */
export interface PlannedRotations {
  readonly steps: ReadonlyMap<string, { readonly step: PlannedStep; readonly wave: number }>;
  readonly suspects: readonly SuspectSecret[];
  readonly consumers: ReturnType<typeof consumersBySecret>;
  readonly siteIds: readonly string[];
}

const PLANS_KEPT = 4;
const known = new WeakMap<Tourniquet, Map<string, Promise<PlannedRotations>>>();

export function plannedRotations(app: Tourniquet, ref: RotationsRef): Promise<PlannedRotations> {
  const plans = known.get(app) ?? new Map<string, Promise<PlannedRotations>>();
  known.set(app, plans);
  const key = `${ref.caseId} ${ref.planDigest} ${ref.selection}`;
  const loading = plans.get(key) ?? load(app, ref);
  if (!plans.has(key)) {
    if (plans.size >= PLANS_KEPT) plans.delete([...plans.keys()][0] ?? "");
    plans.set(key, loading);
    loading.catch(() => plans.delete(key));
  }
  return loading;
}

async function load(app: Tourniquet, ref: RotationsRef): Promise<PlannedRotations> {
  const { caseId, planDigest } = ref;
  const plan = await loadPlan(app, caseId, planDigest);
  const summary = await existing(app, caseId);
  const { consumers, siteIds } = await rotationsOf(app, ref);
  return {
    steps: new Map(
      plan.waves.flatMap(({ steps }, wave) =>
        steps.filter((step) => !isPerformedHere(step)).map((step) => [step.id, { step, wave }]),
      ),
    ),
    suspects: await suspectsOf(app, caseId, summary.scope),
    consumers: consumersBySecret(consumers),
    siteIds,
  };
}

/** Client secrets of the principals the case is about: what of them is in a vault dies, and nothing new is made for them. */
async function suspectsOf(
  app: Tourniquet,
  caseId: string,
  reference: DocumentReference | null,
): Promise<readonly SuspectSecret[]> {
  if (reference === null) return [];
  const scope = await app.documents.getJson<Scope>(caseId, reference);
  return scope.principals.flatMap(({ passwords }) =>
    passwords.flatMap(({ holder, holderId, keyId, hint }) =>
      hint === null || hint === ""
        ? []
        : [
            {
              holder: `/${holder === "application" ? "applications" : "servicePrincipals"}/${holderId}`,
              keyId,
              hint,
            },
          ],
    ),
  );
}
