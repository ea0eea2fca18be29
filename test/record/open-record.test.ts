import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "vitest";
import { localCheckpointKey } from "../../local/storage/checkpoint-key.ts";
import { type Azurite, startAzurite } from "../../local/storage/azurite.ts";
import type { NewEntry } from "../../src/record/entry.ts";
import { openRecord } from "../../src/record/open-record.ts";
import { segmentName } from "../../src/record/segments.ts";
import { verifyRecord } from "../../src/record/verify.ts";

let azurite: Azurite;
let container: ContainerClient;
const key = localCheckpointKey();

beforeAll(async () => {
  azurite = await startAzurite();
  container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient("records");
  await container.create();
});
afterAll(() => azurite.stop());

function intent(step: string, target: Readonly<Record<string, unknown>> = {}): NewEntry {
  return {
    id: `intent:${step}`,
    type: "intent",
    actor: { kind: "system", component: "containment", identity: { name: "actor" } },
    data: {
      stepId: step,
      kind: "disable-service-principal",
      target: { id: "0b7c1e2a-5f2f-4d55-9a3a-77ad33f1c0de", ...target },
    },
  };
}

function recordOf(caseId: string, blocksPerSegment?: number) {
  return openRecord({
    container,
    caseId,
    sign: key.signer,
    clock: () => new Date(),
    ...(blocksPerSegment === undefined ? {} : { blocksPerSegment }),
  });
}

async function verified(caseId: string, blocksPerSegment?: number) {
  const chunks: Uint8Array[] = [];
  for await (const chunk of recordOf(caseId, blocksPerSegment).sealed()) chunks.push(chunk);
  return verifyRecord(() => chunks, { caseId, keys: [key.publicKey] });
}

test("what was appended is stored once, in order, signed, and verifies", async () => {
  const record = recordOf("plain");
  const first = await record.append([intent("a"), intent("b")]);
  const second = await record.append([intent("b"), intent("c")], { withCheckpoint: true });
  expect(first.entries.map(({ seq, added }) => [seq, added])).toEqual([
    [1, true],
    [2, true],
  ]);
  expect(second.entries.map(({ seq, added }) => [seq, added])).toEqual([
    [2, false],
    [3, true],
  ]);
  expect(second).toMatchObject({ checkpoint: { kind: "signed" }, head: { seq: 4 } });
  expect(await verified("plain")).toEqual({
    kind: "intact",
    caseId: "plain",
    entries: 4,
    head: second.head.hash,
    signedBy: { keyId: key.signing.keyId, thumbprint: expect.any(String), trusted: true },
  });
});

test("what many want written at the same time goes in together, each in its own order", async () => {
  const record = recordOf("together");
  await record.append([intent("first")]);
  const appended = await Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      record.append([intent(`own-${n}-a`), intent("shared"), intent(`own-${n}-b`)], {
        withCheckpoint: n % 50 === 0,
      }),
    ),
  );
  expect(appended.filter(({ entries }) => entries[1]?.added === true)).toHaveLength(1);
  for (const { entries } of appended) {
    const [a, , b] = entries.map(({ seq }) => seq);
    expect((b ?? 0) - (a ?? 0)).toBe(entries[1]?.added === true ? 2 : 1);
    expect(entries[0]?.added).toBe(true);
  }
  expect(appended.map(({ checkpoint }) => checkpoint?.kind).filter((it) => it !== undefined)).toEqual(
    Array.from({ length: 4 }, () => "signed"),
  );
  const { blobCommittedBlockCount } = await container
    .getAppendBlobClient(segmentName("together", 1))
    .getProperties();
  expect(blobCommittedBlockCount).toBeLessThan(10);
  expect(await verified("together")).toMatchObject({ kind: "intact" });
});

test("an entry that cannot be written keeps nobody else's from being written", async () => {
  const record = recordOf("spoilt");
  await record.append([intent("first")]);
  const ended = await Promise.allSettled([
    record.append([intent("before")]),
    record.append([intent("large", { text: "x".repeat(5_000_000) })]),
    record.append([intent("odd", { when: new Date() })]),
    record.append([intent("after")]),
  ]);
  expect(ended.map((it) => (it.status === "rejected" ? it.reason.code : it.status))).toEqual([
    "fulfilled",
    "ENTRY_TOO_LARGE",
    "ENTRY_NOT_PLAIN",
    "fulfilled",
  ]);
  const ids: string[] = [];
  for await (const { id } of record.read()) ids.push(id);
  expect(ids).toEqual(["intent:first", "intent:before", "intent:after"]);
});

test("who only wanted the head signed is told that it is not, whoever else writes meanwhile", async () => {
  const record = openRecord({
    container,
    caseId: "unsigned",
    sign: { key: () => Promise.reject(new Error("the vault is away")) },
    clock: () => new Date(),
  });
  await record.append([intent("first")]);
  const ended = await Promise.allSettled([record.append([intent("a")]), record.checkpoint()]);
  expect(ended.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
});

test("many writers at once lose nothing and double nothing", async () => {
  const writers = Array.from({ length: 4 }, () => recordOf("busy", 10));
  await Promise.all(
    writers.map(async (record, writer) => {
      for (let n = 0; n < 12; n++) await record.append([intent(`own-${writer}-${n}`), intent(`shared-${n}`)]);
    }),
  );
  const ids: string[] = [];
  for await (const entry of recordOf("busy", 10).read()) ids.push(entry.id);
  expect(ids.length).toBe(new Set(ids).size);
  expect(ids.length).toBe(4 * 12 + 12);
  expect(await verified("busy", 10)).toMatchObject({ kind: "intact", entries: 61 });
  const blobs: string[] = [];
  for await (const blob of container.listBlobsFlat({ prefix: "busy/" })) blobs.push(blob.name);
  expect(blobs.length).toBeGreaterThan(4);
  expect(blobs.slice(0, 3)).toEqual([
    "busy/record-0002.ndjson",
    "busy/record-0003.ndjson",
    "busy/record-0004.ndjson",
  ]);
});
