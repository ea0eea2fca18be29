import { readFileSync } from "node:fs";
import { z } from "zod";
import { type Azure, azureAs } from "./azure/azure.ts";
import { VAULT_CLIENT } from "./azure/vault-challenge.ts";
import { TRIGGERS } from "./intake/triggers.ts";
import { parsePolicy, PLAN_ONLY, type Policy } from "./plan/policy.ts";
import type { CaseRecord } from "./record/case-record.ts";
import { checkImmutability, type Immutability } from "./record/immutability.ts";
import { keyVaultSigner } from "./record/key-vault-signer.ts";
import { openRecord } from "./record/open-record.ts";
import { openRotationLedger, type RotationLedger } from "./rotate/ledger.ts";
import { type PolicySetting, parseSettings, type Settings, SettingsError } from "./settings.ts";
import { STEPS } from "./steps/steps.ts";
import { type CaseDocuments, openCaseDocuments } from "./storage/case-documents.ts";
import { type CaseIndex, openCaseIndex } from "./storage/case-index.ts";
import { type CaseRequests, openCaseRequests } from "./storage/case-requests.ts";
import { type Claims, openClaims } from "./storage/claims.ts";
import { openStorage } from "./storage/open-storage.ts";
import { openWatchMemories, type WatchMemories } from "./storage/watch-memories.ts";

/** Everything the activities and routes work with, built once per process and given as an argument. */
export interface Tourniquet {
  readonly settings: Settings;
  /** Reads everything, changes nothing. */
  readonly reader: Azure;
  /** Makes the cuts and signs the record. */
  readonly actor: Azure;
  readonly policy: Policy;
  readonly claims: Claims;
  readonly cases: CaseIndex;
  readonly requests: CaseRequests;
  readonly documents: CaseDocuments;
  readonly rotations: RotationLedger;
  readonly watches: WatchMemories;
  record(caseId: string): CaseRecord;
  /** Whether the store itself would refuse to change a record, asked once a process. Never rejects. */
  immutability(): Promise<Immutability>;
  now(): Date;
}

let built: Promise<Tourniquet> | undefined;

/** The app as this process is configured. A failed start is not remembered: the next call tries again. */
export function tourniquet(): Promise<Tourniquet> {
  built ??= build(parseSettings(process.env)).catch((error: unknown) => {
    built = undefined;
    throw error;
  });
  return built;
}

async function build(settings: Settings): Promise<Tourniquet> {
  const now = () => new Date();
  const policy = readPolicy(settings.policy);
  const reader = azureAs(settings.readerClientId);
  const actor = azureAs(settings.actorClientId);
  const storage = openStorage(settings.storage, actor.credential);
  await storage.prepare();
  const signer = keyVaultSigner(settings.recordKeyUrl, actor.credential, VAULT_CLIENT);
  const records = new Map<string, CaseRecord>();
  let asked: Promise<Immutability> | undefined;
  return {
    settings,
    reader,
    actor,
    policy,
    claims: openClaims(storage.table("claims"), now),
    cases: openCaseIndex(storage.table("cases"), now),
    requests: openCaseRequests(storage.table("requests")),
    documents: openCaseDocuments(storage.container),
    rotations: openRotationLedger(storage.table("rotations"), now),
    watches: openWatchMemories(storage.table("watches")),
    record(caseId) {
      const known = records.get(caseId);
      if (known !== undefined) return known;
      // A handle holds the ids of what it has seen; a busy process must not keep every case it ever met.
      if (records.size >= 64) records.delete([...records.keys()][0] ?? "");
      const record = openRecord({ container: storage.container, caseId, sign: signer, clock: now });
      records.set(caseId, record);
      return record;
    },
    immutability() {
      const { recordContainerId } = settings;
      asked ??= checkImmutability({
        containerUrl: storage.container.url,
        ...(recordContainerId === null ? {} : { containerId: recordContainerId }),
        readArm: (path, apiVersion) => readOrThrow(reader, path, apiVersion),
      });
      return asked;
    },
    now,
  };
}

async function readOrThrow({ arm }: Azure, path: string, apiVersion: string): Promise<unknown> {
  const answer = await arm.get(path, apiVersion, z.unknown());
  if (answer.kind === "failed") throw new Error(answer.failure.code);
  return answer.value;
}

/** Throws a SettingsError with every problem: an app with half a policy must not run. */
export function readPolicy(setting: PolicySetting | null): Policy {
  if (setting === null) return PLAN_ONLY;
  const text = setting.kind === "text" ? setting.text : readFileSync(setting.path, "utf8");
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new SettingsError(["TOURNIQUET_POLICY: not JSON"]);
  }
  const parsed = parsePolicy(document, {
    stepKinds: STEPS.map(({ kind }) => kind),
    triggers: TRIGGERS,
  });
  if (parsed.kind === "refused")
    throw new SettingsError(parsed.problems.map((it) => `TOURNIQUET_POLICY: ${it}`));
  return parsed.policy;
}
