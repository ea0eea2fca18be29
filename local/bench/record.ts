import { execFile } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { BlobServiceClient } from "@azure/storage-blob";
import { NO_HEAD } from "../../src/record/chain.ts";
import type { CheckpointKey } from "../../src/record/checkpoint-signer.ts";
import { compose } from "../../src/record/compose.ts";
import { entryId } from "../../src/record/canonical.ts";
import type { NewEntry } from "../../src/record/entry.ts";
import { openRecord } from "../../src/record/open-record.ts";
import { startAzurite } from "../storage/azurite.ts";
import { localCheckpointKey } from "../storage/checkpoint-key.ts";
import { startStorageForwarder } from "../storage/forwarder.ts";
import type { Bench, BenchRow } from "./bench.ts";
import type { VerifyFigures } from "./record/verify-process.ts";

const STEPS_IN_WAVE = 25;
const WAVES = 40;
const ROUNDS = 5;

const ENTRIES = 1_000_000;

export const bench: Bench = {
  name: "record",
  describes:
    "appending waves to a record, and verifying a million entries against plain SHA-256 of the same file",
  run: async () => [...(await appendRows()), ...(await verifyRows(ENTRIES))],
};

async function appendRows(): Promise<readonly BenchRow[]> {
  await using azurite = await startAzurite();
  await using forwarder = await startStorageForwarder(azurite.blobUrl);
  const connection = azurite.connectionString.replace(azurite.blobUrl, forwarder.url);
  const container = BlobServiceClient.fromConnectionString(connection).getContainerClient("bench");
  await container.create();
  const record = openRecord({
    container,
    caseId: "bench",
    sign: localCheckpointKey().signer,
    clock: () => new Date(),
  });
  await record.append(wave("opening", 1));

  const times: number[] = [];
  const before = forwarder.requests;
  for (let n = 0; n < WAVES; n++) {
    const started = performance.now();
    await record.append(wave(`wave-${n}`, STEPS_IN_WAVE), { withCheckpoint: true });
    times.push(performance.now() - started);
  }
  const perWave = (forwarder.requests - before) / WAVES;

  const beforeOpen = forwarder.requests;
  const again = openRecord({
    container,
    caseId: "bench",
    sign: localCheckpointKey().signer,
    clock: () => new Date(),
  });
  await again.append(wave("late", 1));
  const note = `${STEPS_IN_WAVE} entries and a checkpoint, against Azurite`;
  return [
    { measure: "requests to append a wave", value: perWave, unit: "requests", note },
    { measure: "time to append a wave, median", value: median(times), unit: "ms", note },
    {
      measure: "requests for a new handle's first append to an existing record",
      value: forwarder.requests - beforeOpen,
      unit: "requests",
    },
  ];
}

async function verifyRows(entries: number): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "record-bench-"));
  try {
    const long = await verifyInProcess(folder, "long", entries);
    const short = await verifyInProcess(folder, "short", Math.ceil(entries / 10));
    const [hash, verify] = [Math.min(...long.hashInMs), Math.min(...long.verifyInMs)];
    const threads = `${availableParallelism()} threads`;
    return [
      {
        measure: "entries verified",
        value: entries,
        unit: "entries",
        note: `${(long.size / 1e6).toFixed(0)} MB`,
      },
      { measure: "SHA-256 of the file alone, best", value: long.size / 1e3 / hash, unit: "MB/s" },
      { measure: "verifying the record, best", value: long.size / 1e3 / verify, unit: "MB/s", note: threads },
      { measure: "entries verified a second", value: (entries / verify) * 1000, unit: "entries/s" },
      { measure: "verifying, as a share of SHA-256 alone", value: hash / verify, unit: "ratio" },
      {
        measure: "the same by processor time of all threads, times the threads",
        value: (Math.min(...long.hashCpuInMs) / Math.min(...long.verifyCpuInMs)) * availableParallelism(),
        unit: "ratio",
        note: "what is left of it when other work takes the cores is above",
      },
      { measure: "memory of the verifier, at most", value: long.memoryInMb, unit: "MB" },
      { measure: "memory, ten times the entries", value: long.memoryInMb / short.memoryInMb, unit: "ratio" },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function verifyInProcess(
  folder: string,
  name: string,
  entries: number,
): Promise<VerifyFigures & { size: number }> {
  const path = join(folder, `${name}.ndjson`);
  const keyFile = join(folder, `${name}.jwk.json`);
  await writeFile(keyFile, JSON.stringify(await writeLongRecord(path, entries)));
  const { size } = await stat(path);
  const program = join(import.meta.dirname, "record/verify-process.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [program, path, keyFile, String(ROUNDS)]);
  const figures: VerifyFigures = JSON.parse(stdout);
  return { ...figures, size };
}

/** A record as the appender would have written it, without a store: a million appends would measure the store. */
async function writeLongRecord(path: string, entries: number): Promise<CheckpointKey> {
  const { signer, publicKey } = localCheckpointKey();
  const file = createWriteStream(path);
  let after = NO_HEAD;
  for (let n = 0; after.seq < entries; n++) {
    const left = entries - after.seq;
    const batch = wave(`wave-${n}`, Math.min(STEPS_IN_WAVE * 4, left - 1));
    const { block, added } = await compose(batch, {
      caseId: "bench",
      after,
      at: "2026-03-01T02:03:04.005Z",
      signer,
    });
    after = added.at(-1)?.head ?? after;
    if (!file.write(block)) await once(file, "drain");
  }
  file.end();
  await once(file, "close");
  return publicKey;
}

function wave(name: string, steps: number): NewEntry[] {
  return Array.from({ length: steps }, (_, step): NewEntry => {
    const stepId = entryId("step", name, step);
    const actor = {
      kind: "system",
      component: "containment",
      identity: { name: "actor", objectId: IDS[0] },
    } as const;
    if (step % 2 === 0) {
      const target = { applicationId: IDS[1], keyId: IDS[2], displayName: "deploy" };
      const data = {
        stepId,
        kind: "remove-application-password",
        target,
        planDigest: "5e".repeat(32),
        wave: 2,
      };
      return { id: entryId("intent", stepId), type: "intent", actor, data };
    }
    const operation = "POST /applications/{id}/removePassword";
    const evidence = [
      { service: "graph", operation, status: 204, requestId: IDS[3], clientRequestId: IDS[4] },
    ];
    return {
      id: entryId("outcome", stepId),
      type: "outcome",
      actor,
      data: { stepId, result: "applied", evidence },
    };
  });
}

const IDS = [
  "0b7c1e2a-5f2f-4d55-9a3a-77ad33f1c0d0",
  "1c8d2f3b-602f-4e66-8b4b-88be4402d1e1",
  "2d9e304c-7130-4f77-9c5c-99cf5513e2f2",
  "3eaf415d-8241-4088-ad6d-aad06624f303",
  "4fb0526e-9352-4199-be7e-bbe177350414",
] as const;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
