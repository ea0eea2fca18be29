import { BlobServiceClient } from "@azure/storage-blob";
import { entryId } from "../../../src/record/canonical.ts";
import type { CaseRecord } from "../../../src/record/case-record.ts";
import type { NewEntry } from "../../../src/record/entry.ts";
import { openRecord } from "../../../src/record/open-record.ts";
import { localCheckpointKey } from "../../storage/checkpoint-key.ts";

const WAVES = 3;
const STEPS = 3;
// Small, so that segments are begun in the middle of the work too.
const BLOCKS_PER_SEGMENT = 4;

export interface AppenderOptions {
  readonly connectionString: string;
  readonly container: string;
  readonly caseId: string;
  readonly keyPem: string;
}

/** The record as every writer of a campaign opens it. */
export function openCampaignRecord({
  connectionString,
  container,
  caseId,
  keyPem,
}: AppenderOptions): CaseRecord {
  const client = BlobServiceClient.fromConnectionString(connectionString, {
    // The client's own retries stay on, only faster: they are part of what must not double an entry.
    retryOptions: { maxTries: 3, retryDelayInMs: 10, maxRetryDelayInMs: 50 },
  });
  return openRecord({
    container: client.getContainerClient(container),
    caseId,
    sign: localCheckpointKey({ pem: keyPem }).signer,
    clock: () => new Date(),
    blocksPerSegment: BLOCKS_PER_SEGMENT,
  });
}

/** The work of one case: for each wave the intents, then the outcomes with a checkpoint. Doing it again adds nothing. */
export function workOf(
  caseId: string,
): { readonly entries: readonly NewEntry[]; readonly withCheckpoint: boolean }[] {
  const actor = { kind: "system", component: "containment" } as const;
  return Array.from({ length: WAVES }, (_, wave) => {
    const stepIds = Array.from({ length: STEPS }, (__, step) => entryId("step", caseId, wave, step));
    const intents = stepIds.map((stepId): NewEntry => {
      const data = { stepId, kind: "disable-service-principal", target: { wave } };
      return { id: `intent:${stepId}`, type: "intent", actor, data };
    });
    const outcomes = stepIds.map((stepId): NewEntry => {
      return {
        id: `outcome:${stepId}`,
        type: "outcome",
        actor,
        data: { stepId, result: "applied", evidence: [] },
      };
    });
    return [
      { entries: intents, withCheckpoint: false },
      { entries: outcomes, withCheckpoint: true },
    ];
  }).flat();
}

export async function doWork(record: CaseRecord): Promise<void> {
  for (const { entries, withCheckpoint } of workOf(record.caseId))
    await record.append(entries, { withCheckpoint });
}

// As a process of its own, to be killed: its options come as JSON on the environment.
if (import.meta.main) {
  const options: AppenderOptions = JSON.parse(process.env["APPENDER"] ?? "{}");
  await doWork(openCampaignRecord(options));
}
