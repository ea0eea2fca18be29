import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { BlobServiceClient } from "@azure/storage-blob";
import { verifyRecord } from "../../src/record/verify.ts";
import { startAzurite } from "../storage/azurite.ts";
import { localCheckpointKey } from "../storage/checkpoint-key.ts";
import { type Passage, startStorageForwarder, type StorageForwarder } from "../storage/forwarder.ts";
import type { Campaign, CampaignOptions, CampaignResult } from "./campaign.ts";
import { type AppenderOptions, doWork, openCampaignRecord, workOf } from "./record-append/appender.ts";

const CONTAINER = "faults";

/** What is done to the nth request of a writer. The killed ones are processes, ended with SIGKILL as the request is under way. */
type Fault = {
  readonly kind:
    | "killed, request lost"
    | "killed, answer lost"
    | "request lost"
    | "answer lost"
    | "server busy"
    | "race";
  readonly at: number;
};

/** Breaks the appender at every request it makes: its record must end whole, with every entry once, whatever happened. */
export const campaign: Campaign = {
  name: "record-append",
  describes:
    "kills, lost requests, lost answers, server errors and races at every request of a record's writer",
  run,
};

async function run(options: CampaignOptions): Promise<CampaignResult> {
  const { seed, points } = options;
  await using azurite = await startAzurite();
  await BlobServiceClient.fromConnectionString(azurite.connectionString).createContainer(CONTAINER);
  const keyPem = generateKeyPairSync("ec", { namedCurve: "P-256" })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();
  const store = { connectionString: azurite.connectionString, container: CONTAINER, keyPem };

  const faults = allFaults(await requestsOf({ ...store, caseId: "undisturbed" }, azurite.blobUrl));
  const chosen = points === undefined ? faults : sample(faults, points, seed);
  const failures: string[] = [];
  for (const [n, fault] of chosen.entries()) {
    const direct = { ...store, caseId: `case-${n}` };
    await using forwarder = await startStorageForwarder(azurite.blobUrl);
    const through = {
      ...direct,
      connectionString: store.connectionString.replace(azurite.blobUrl, forwarder.url),
    };
    const problem = await inflict(fault, forwarder, direct, through).then(
      () => whatIsWrong(direct),
      (error: unknown) => `the writer gave up: ${String(error)}`,
    );
    if (problem !== undefined) failures.push(`${fault.kind} at request ${fault.at}: ${problem}`);
  }
  options.report(
    `record-append: ${chosen.length} of ${faults.length} points, ${failures.length} ended wrong`,
  );
  return { points: chosen.length, failures };
}

async function inflict(
  fault: Fault,
  forwarder: StorageForwarder,
  options: AppenderOptions,
  through: AppenderOptions,
): Promise<void> {
  const atRequest = (passage: Passage, then?: () => void) =>
    forwarder.decide(({ n }) => {
      if (n !== fault.at) return { kind: "pass" };
      then?.();
      return passage;
    });
  switch (fault.kind) {
    case "killed, request lost":
    case "killed, answer lost": {
      const child = startProcess(through);
      atRequest({ kind: fault.kind === "killed, answer lost" ? "lose-response" : "lose-request" }, () =>
        child.kill("SIGKILL"),
      );
      await once(child, "close");
      // What the host does then: the same activity again, in a new process, knowing nothing of the first.
      return doWork(openCampaignRecord(options));
    }
    case "request lost":
      atRequest({ kind: "lose-request" });
      return doWork(openCampaignRecord(through));
    case "answer lost":
      atRequest({ kind: "lose-response" });
      return doWork(openCampaignRecord(through));
    case "server busy":
      atRequest({ kind: "answer", status: 503, code: "ServerBusy" });
      return doWork(openCampaignRecord(through));
    case "race":
      // Two writers of the same work, one of which loses an answer on the way.
      atRequest({ kind: "lose-response" });
      await Promise.all([doWork(openCampaignRecord(through)), doWork(openCampaignRecord(options))]);
      return;
    default:
      return fault.kind satisfies never;
  }
}

async function whatIsWrong(options: AppenderOptions): Promise<string | undefined> {
  const record = openCampaignRecord(options);
  const chunks: Uint8Array[] = [];
  for await (const chunk of record.sealed()) chunks.push(chunk);
  const { publicKey } = localCheckpointKey({ pem: options.keyPem });
  const verification = await verifyRecord(() => chunks, { caseId: options.caseId, keys: [publicKey] });
  if (verification.kind === "broken") return `${verification.finding.code}: ${verification.finding.detail}`;

  const ids: string[] = [];
  for await (const { id, type } of record.read()) if (type !== "checkpoint") ids.push(id);
  const expected = workOf(options.caseId).flatMap(({ entries }) => entries.map(({ id }) => id));
  const lost = expected.filter((id) => !ids.includes(id));
  if (lost.length > 0) return `${lost.length} entries lost`;
  if (ids.length !== expected.length) return `${ids.length - expected.length} entries doubled`;
  // Intent before outcome is the order they were asked for in.
  return ids.every((id, n) => id === expected[n]) ? undefined : "entries out of order";
}

async function requestsOf(options: AppenderOptions, blobUrl: string): Promise<number> {
  await using forwarder = await startStorageForwarder(blobUrl);
  const connectionString = options.connectionString.replace(blobUrl, forwarder.url);
  await doWork(openCampaignRecord({ ...options, connectionString }));
  return forwarder.requests;
}

function allFaults(requests: number): readonly Fault[] {
  const kinds = [
    "killed, request lost",
    "killed, answer lost",
    "request lost",
    "answer lost",
    "server busy",
    "race",
  ] as const;
  return Array.from({ length: requests }, (_, n) => kinds.map((kind) => ({ kind, at: n + 1 }))).flat();
}

function startProcess(options: AppenderOptions): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, "record-append/appender.ts")], {
    env: { ...process.env, APPENDER: JSON.stringify(options) },
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** Evenly over the list, starting where the seed says: a sample then holds every kind of fault. */
function sample<T>(all: readonly T[], count: number, seed: number): readonly T[] {
  const stride = Math.max(1, Math.floor(all.length / count));
  const step = stride % 2 === 0 ? stride + 1 : stride;
  const picked = Array.from(
    { length: Math.min(count, all.length) },
    (_, n) => all[(seed + n * step) % all.length],
  );
  return [...new Set(picked)].filter((it) => it !== undefined);
}
