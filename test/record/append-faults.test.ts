import { BlobServiceClient, ContainerClient, ContainerSASPermissions } from "@azure/storage-blob";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { campaign } from "../../local/faults/record-append.ts";
import { type Azurite, startAzurite } from "../../local/storage/azurite.ts";
import { localCheckpointKey } from "../../local/storage/checkpoint-key.ts";
import { startStorageForwarder } from "../../local/storage/forwarder.ts";
import type { NewEntry } from "../../src/record/entry.ts";
import { openRecord } from "../../src/record/open-record.ts";
import { segmentName } from "../../src/record/segments.ts";
import { newContainer } from "./sample.ts";

const key = localCheckpointKey();
let azurite: Azurite;

beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

const intent: NewEntry = {
  id: "intent:1",
  type: "intent",
  actor: { kind: "system", component: "containment" },
  data: { stepId: "1", kind: "disable-user", target: { id: "u" } },
};

test("a writer killed, cut off or raced at any request loses no entry and doubles none", async () => {
  const result = await campaign.run({ seed: 5, points: 18, report: () => undefined });
  expect(result).toEqual({ points: 18, failures: [] });
});

describe("a store that does not take the entry stops the caller before the effect", () => {
  async function attempt(
    options: Parameters<typeof openRecord>[0],
  ): Promise<{ effects: number; error: unknown }> {
    const record = openRecord(options);
    let effects = 0;
    try {
      await record.append([intent]);
      effects += 1;
      return { effects, error: undefined };
    } catch (error) {
      return { effects, error };
    }
  }
  const common = { caseId: "case", sign: key.signer, clock: () => new Date() };

  test("read only by permission", async () => {
    const container = await newContainer(azurite, "read-only");
    const sas = await container.generateSasUrl({
      permissions: ContainerSASPermissions.parse("rl"),
      expiresOn: new Date(Date.now() + 3_600_000),
    });
    const { effects, error } = await attempt({ ...common, container: new ContainerClient(sas) });
    expect(effects).toBe(0);
    expect(error).toMatchObject({
      code: "STORE_READ_ONLY",
      azure: { status: 403, requestId: expect.any(String) },
    });
  });

  test("sealed", async () => {
    const container = await newContainer(azurite, "sealed");
    const blob = container.getAppendBlobClient(segmentName("case", 1));
    await blob.create();
    await blob.seal();
    expect(await attempt({ ...common, container })).toMatchObject({
      effects: 0,
      error: { code: "STORE_READ_ONLY" },
    });
  });

  test("no container", async () => {
    const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(
      "never-made",
    );
    expect(await attempt({ ...common, container })).toMatchObject({
      effects: 0,
      error: { code: "STORE_MISSING" },
    });
  });

  test("a record deleted under the writer's feet", async () => {
    const container = await newContainer(azurite, "deleted");
    const record = openRecord({ ...common, container });
    await record.append([intent]);
    await container.deleteBlob(segmentName("case", 1));
    await expect(record.append([{ ...intent, id: "intent:2" }])).rejects.toMatchObject({
      code: "STORE_MISSING",
    });
  });

  test("a record that was tampered with", async () => {
    const container = await newContainer(azurite, "tampered");
    const record = openRecord({ ...common, container });
    await record.append([intent]);
    const blob = container.getAppendBlobClient(segmentName("case", 1));
    await blob.appendBlock("{}\n", 3);
    await expect(record.append([{ ...intent, id: "intent:2" }])).rejects.toMatchObject({
      code: "RECORD_BROKEN",
    });
    expect(await attempt({ ...common, container })).toMatchObject({
      effects: 0,
      error: { code: "RECORD_BROKEN" },
    });
  });

  test.each([
    { status: 409, code: "BlockCountExceedsLimit", means: "STORE_FULL" },
    { status: 409, code: "BlobImmutableDueToPolicy", means: "STORE_READ_ONLY" },
    { status: 403, code: "AccountIsDisabled", means: "STORE_READ_ONLY" },
    { status: 403, code: "AuthorizationPermissionMismatch", means: "STORE_READ_ONLY" },
    { status: 503, code: "ServerBusy", means: "STORE_UNREACHABLE" },
    { status: 500, code: "OperationTimedOut", means: "STORE_UNREACHABLE" },
  ])("$code", async ({ status, code, means }) => {
    await newContainer(azurite, `answers-${code.toLowerCase()}`);
    await using forwarder = await startStorageForwarder(azurite.blobUrl);
    const container = BlobServiceClient.fromConnectionString(
      azurite.connectionString.replace(azurite.blobUrl, forwarder.url),
      { retryOptions: { maxTries: 2, retryDelayInMs: 5 } },
    ).getContainerClient(`answers-${code.toLowerCase()}`);
    forwarder.decide(({ method }) =>
      method === "PUT" ? { kind: "answer", status, code } : { kind: "pass" },
    );
    expect(await attempt({ ...common, container })).toMatchObject({
      effects: 0,
      error: { code: means, azure: { status, code } },
    });
    // Once the store takes writes again the same call goes through, once.
    forwarder.decide(() => ({ kind: "pass" }));
    expect(await attempt({ ...common, container })).toEqual({ effects: 1, error: undefined });
  });
});

test("a vault that cannot sign does not keep the entries out of the record", async () => {
  const container = await newContainer(azurite, "no-signature");
  const cause = new Error("the vault is throttling");
  const signing = { ...key.signing, sign: () => Promise.reject(cause) };
  const sign = { key: () => Promise.resolve(signing) };
  const record = openRecord({ container, caseId: "case", sign, clock: () => new Date() });
  const appended = await record.append([intent], { withCheckpoint: true });
  expect(appended).toMatchObject({ checkpoint: { kind: "failed", cause }, head: { seq: 1 } });
  await expect(record.checkpoint()).rejects.toBe(cause);
});

test("a signature that does not verify is never written", async () => {
  const container = await newContainer(azurite, "wrong-signature");
  const signing = { ...key.signing, publicKey: localCheckpointKey().publicKey };
  const sign = { key: () => Promise.resolve(signing) };
  const record = openRecord({ container, caseId: "case", sign, clock: () => new Date() });
  const appended = await record.append([intent], { withCheckpoint: true });
  expect(appended).toMatchObject({
    checkpoint: { kind: "failed", cause: { code: "CHECKPOINT_KEY_UNUSABLE" } },
    head: { seq: 1 },
  });
});

test("a wave costs one request, also when it goes on in a new blob", async () => {
  await newContainer(azurite, "counted");
  await using forwarder = await startStorageForwarder(azurite.blobUrl);
  const container = BlobServiceClient.fromConnectionString(
    azurite.connectionString.replace(azurite.blobUrl, forwarder.url),
  ).getContainerClient("counted");
  const record = openRecord({
    container,
    caseId: "case",
    sign: key.signer,
    clock: () => new Date(),
    blocksPerSegment: 3,
  });
  const costs: number[] = [];
  for (let n = 0; n < 7; n++) {
    const before = forwarder.requests;
    await record.append(
      [
        { ...intent, id: `intent:${n}` },
        { ...intent, id: `more:${n}` },
      ],
      { withCheckpoint: true },
    );
    costs.push(forwarder.requests - before);
  }
  // The first asks whether there is a record and makes it; each segment begun costs its making.
  expect(costs).toEqual([3, 1, 1, 2, 1, 1, 2]);
});
