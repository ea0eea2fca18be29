import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import type { Azurite } from "../../local/storage/azurite.ts";
import type { LocalKey } from "../../local/storage/checkpoint-key.ts";
import type { CaseRecord } from "../../src/record/case-record.ts";
import type { NewEntry } from "../../src/record/entry.ts";
import { entryId } from "../../src/record/canonical.ts";
import { openRecord } from "../../src/record/open-record.ts";

const ACTOR = {
  kind: "system",
  component: "containment",
  identity: { name: "actor", objectId: "aaaa-01" },
} as const;

/** The entries of a case that was contained in waves, each wave intents and then outcomes. */
function waveOf(caseId: string, wave: number, steps: number): { intents: NewEntry[]; outcomes: NewEntry[] } {
  const intents: NewEntry[] = [];
  const outcomes: NewEntry[] = [];
  for (let step = 0; step < steps; step++) {
    const stepId = entryId("step", caseId, wave, step);
    const target = {
      applicationId: "0b7c1e2a-5f2f-4d55-9a3a-77ad33f1c0de",
      keyId: `key "${step}" – Ünïcode\n`,
    };
    intents.push({
      id: entryId("intent", stepId),
      type: "intent",
      actor: ACTOR,
      data: { stepId, kind: "remove-application-password", target, planDigest: "ab".repeat(32), wave },
    });
    outcomes.push({
      id: entryId("outcome", stepId),
      type: "outcome",
      actor: step % 3 === 0 ? { kind: "policy", rule: "contain-on-its-own" } : ACTOR,
      data: {
        stepId,
        result: "applied",
        tookInMs: 12.5,
        evidence: [
          {
            service: "graph",
            operation: "POST /applications/{id}/removePassword",
            status: 204,
            requestId: `r-${step}`,
          },
        ],
      },
    });
  }
  return { intents, outcomes };
}

/** Writes a real record into a store: opened, waves with checkpoints, closed. */
export async function writeRecord(record: CaseRecord, { waves = 3, steps = 3 } = {}): Promise<void> {
  const { caseId } = record;
  await record.append([
    {
      id: "opened",
      type: "opened",
      actor: { kind: "caller", id: "bbbb-02", name: "playbook", appRoles: ["Case.Open"] },
      data: {
        format: 1,
        mode: "evict",
        intake: "sentinel-incident",
        deliveredAs: caseId,
        subjects: [{ kind: "app-id", value: "x" }],
      },
    },
  ]);
  for (let wave = 1; wave <= waves; wave++) {
    const { intents, outcomes } = waveOf(caseId, wave, steps);
    await record.append(intents);
    await record.append(outcomes, { withCheckpoint: true });
  }
  await record.append([{ id: "closed", type: "closed", actor: ACTOR, data: { reason: "contained" } }], {
    withCheckpoint: true,
  });
}

export async function newContainer(azurite: Azurite, name: string): Promise<ContainerClient> {
  const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(name);
  await container.create();
  return container;
}

/** A real record as it is given out. */
export async function sampleRecord(
  container: ContainerClient,
  caseId: string,
  key: LocalKey,
  size?: { waves?: number; steps?: number },
): Promise<Buffer> {
  const record = openRecord({ container, caseId, sign: key.signer, clock: () => new Date() });
  await writeRecord(record, size);
  return bytesOf(record.sealed());
}

export async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
