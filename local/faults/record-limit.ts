import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import type { CaseRecord } from "../../src/record/case-record.ts";
import { NO_HEAD } from "../../src/record/chain.ts";
import { compose } from "../../src/record/compose.ts";
import type { NewEntry } from "../../src/record/entry.ts";
import { openRecord } from "../../src/record/open-record.ts";
import { RecordError } from "../../src/record/record-error.ts";
import { BLOCKS_PER_SEGMENT, segmentName } from "../../src/record/segments.ts";
import { verifyRecord } from "../../src/record/verify.ts";
import { startAzurite } from "../storage/azurite.ts";
import { localCheckpointKey } from "../storage/checkpoint-key.ts";
import type { Campaign, CampaignOptions, CampaignResult } from "./campaign.ts";

/** What an append blob takes, in Azure as in Azurite. */
const MOST_BLOCKS = 50_000;
const LANES = 24;
const CASE = "case-full";
const actor = { kind: "system", component: "containment" } as const;
const key = localCheckpointKey();

/** Fills a record's blob to the last block the store takes: it must go on in the next one, and never act unrecorded. */
export const campaign: Campaign = {
  name: "record-limit",
  describes: "a record as long as the store lets a blob be, block by block, and one block further",
  run,
};

async function run(options: CampaignOptions): Promise<CampaignResult> {
  const report = (line: string) => options.report(line);
  await using azurite = await startAzurite();
  const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(
    "full",
  );
  await container.create();
  const filled = BLOCKS_PER_SEGMENT - 1;
  await fill(container, filled, (blocks) => report(`${blocks} blocks written`));

  const failures: string[] = [];
  const expecting = (what: string, seen: unknown, expected: unknown) => {
    if (seen !== expected) failures.push(`${what}: ${String(seen)}, not ${String(expected)}`);
    report(`${what}: ${String(seen)}`);
  };

  // A writer that counts to more than the store takes: what it may never do is go on without its entry.
  const careless = open(container, MOST_BLOCKS + 1);
  const { taken, refusal } = await appendUntilRefused(careless, filled);
  expecting("blocks the store took", taken, MOST_BLOCKS);
  expecting("code of the refusal", refusal instanceof RecordError ? refusal.code : refusal, "STORE_FULL");
  const before = 1 + taken - filled;
  expecting("entries after the refusal", (await open(container).head()).seq, before);

  // The rule that is used: it finds the blob past its mark, and begins the next.
  const record = open(container);
  for (let n = 1; n <= 3; n++) await record.append([intent(MOST_BLOCKS + n)], { withCheckpoint: true });
  expecting("blocks of the first file", await blocksOf(container, 1), MOST_BLOCKS);
  expecting("blocks of the second file", await blocksOf(container, 2), 3);
  expecting("verdict", await verdictOn(record), `intact, ${before + 6} entries`);
  return { points: 2, failures };
}

function open(container: ContainerClient, blocksPerSegment?: number): CaseRecord {
  return openRecord({
    container,
    caseId: CASE,
    sign: key.signer,
    clock: () => new Date(),
    ...(blocksPerSegment === undefined ? {} : { blocksPerSegment }),
  });
}

/** How many blocks there are in the end, and what stopped it. */
async function appendUntilRefused(
  record: CaseRecord,
  filled: number,
): Promise<{ readonly taken: number; readonly refusal: unknown }> {
  for (let taken = filled; ; taken++) {
    if (taken > MOST_BLOCKS) return { taken, refusal: "none" };
    try {
      await record.append([intent(taken + 1)]);
    } catch (refusal) {
      return { taken, refusal };
    }
  }
}

function intent(n: number, target: object = { n }): NewEntry {
  const stepId = `step-${n}`;
  const data = { stepId, kind: "disable-user", target };
  return { id: `intent:${stepId}`, type: "intent", actor, data };
}

/**
 * One entry in as many blocks as wanted, the inside of one string byte by byte: the blocks are all alike, so that many
 * lanes can write them in any order.
 */
async function fill(
  container: ContainerClient,
  blocks: number,
  progress: (blocks: number) => void,
): Promise<void> {
  const filling = "x".repeat(blocks - 2);
  const { block } = await compose([intent(0, { filling })], {
    caseId: CASE,
    after: NO_HEAD,
    at: new Date().toISOString(),
  });
  const line = block.toString();
  const at = line.indexOf(filling);
  const blob = container.getAppendBlobClient(segmentName(CASE, 1));
  const append = (text: string) => blob.appendBlock(text, Buffer.byteLength(text));
  await blob.create();
  await append(line.slice(0, at));
  let left = filling.length;
  let written = 1;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      await append("x");
      written += 1;
      if (written % 10_000 === 0) progress(written);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  await append(line.slice(at + filling.length));
}

async function blocksOf(container: ContainerClient, segment: number): Promise<number | undefined> {
  const properties = await container.getAppendBlobClient(segmentName(CASE, segment)).getProperties();
  return properties.blobCommittedBlockCount;
}

async function verdictOn(record: CaseRecord): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of record.sealed()) chunks.push(chunk);
  const verification = await verifyRecord(() => chunks, { caseId: CASE, keys: [key.publicKey] });
  return verification.kind === "intact"
    ? `intact, ${verification.entries} entries`
    : `${verification.finding.code}: ${verification.finding.detail}`;
}
