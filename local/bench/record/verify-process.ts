import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readCheckpointKeys } from "../../../src/cli/checkpoint-key-file.ts";
import { verifyFiles } from "../../../src/record/verify-files.ts";

// A process of its own, so that the memory measured is the verifier's: `verify-process.ts RECORD KEY ROUNDS`.

export interface VerifyFigures {
  readonly hashInMs: readonly number[];
  readonly verifyInMs: readonly number[];
  /** Of all threads together: what a machine busy with other things changes least. */
  readonly hashCpuInMs: readonly number[];
  readonly verifyCpuInMs: readonly number[];
  /** The most memory the process ever held. */
  readonly memoryInMb: number;
}

const [path = "", keyFile = "", rounds = "1"] = process.argv.slice(2);
const keys = await readCheckpointKeys(keyFile);
const [hashInMs, verifyInMs, hashCpuInMs, verifyCpuInMs]: [number[], number[], number[], number[]] = [
  [],
  [],
  [],
  [],
];
// In turns, so that whatever else the machine does slows both alike.
for (let round = 0; round < Number(rounds); round++) {
  await timed(hashFile, hashInMs, hashCpuInMs);
  await timed(verify, verifyInMs, verifyCpuInMs);
}
const memoryInMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(
  JSON.stringify({ hashInMs, verifyInMs, hashCpuInMs, verifyCpuInMs, memoryInMb } satisfies VerifyFigures),
);

async function hashFile(): Promise<void> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  hash.digest("hex");
}

async function verify(): Promise<void> {
  const result = await verifyFiles([path], { keys });
  if (result.kind !== "intact") throw new Error(`the bench's own record is broken: ${result.finding.detail}`);
}

async function timed(work: () => Promise<void>, wallInMs: number[], cpuInMs: number[]): Promise<void> {
  const started = performance.now();
  const cpu = process.cpuUsage();
  await work();
  wallInMs.push(performance.now() - started);
  const { user, system } = process.cpuUsage(cpu);
  cpuInMs.push((user + system) / 1000);
}
