import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "../../local/storage/azurite.ts";
import { localCheckpointKey } from "../../local/storage/checkpoint-key.ts";
import { canonicalJson } from "../../src/record/canonical.ts";
import { judgeRecord } from "../../src/record/judge.ts";
import { linesIn, rehashed, toRecord } from "./rehash.ts";
import { newContainer, sampleRecord } from "./sample.ts";

const python = join(import.meta.dirname, "verify.py");
const command = join(import.meta.dirname, "../../src/cli/tourniquet.ts");
const key = localCheckpointKey();
let azurite: Azurite;
let folder: string;
let record: Buffer;
let keyFile: string;

beforeAll(async () => {
  azurite = await startAzurite();
  folder = await mkdtemp(join(tmpdir(), "second-verifier-"));
  const container = await newContainer(azurite, "records");
  record = await sampleRecord(container, "case-a", key);
  keyFile = join(folder, "key.json");
  await writeFile(keyFile, JSON.stringify(key.publicKey));
});
afterAll(async () => {
  await azurite.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs many records through one Python process, since starting one costs more than verifying. */
async function inPython(records: readonly Uint8Array[], args: readonly string[]): Promise<string[]> {
  await Promise.all(records.map((bytes, n) => writeFile(join(folder, `r${n}.ndjson`), bytes)));
  const program = `
import importlib.util, sys
spec = importlib.util.spec_from_file_location("verify", ${JSON.stringify(python)})
v = importlib.util.module_from_spec(spec); spec.loader.exec_module(v)
for n in range(${records.length}): v.main([${JSON.stringify(folder)} + f"/r{n}.ndjson", *sys.argv[1:]])
`;
  const { stdout, stderr, status } = spawnSync("python3", ["-c", program, ...args], {
    encoding: "utf8",
    maxBuffer: 1e8,
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout.split("\n").slice(0, -1);
}

const OUT_OF_PLACE = new Set(["removed", "inserted", "reordered"]);

async function bothAgree(records: readonly Uint8Array[]): Promise<void> {
  const theirs = await inPython(records, ["--key", keyFile, "--case", "case-a"]);
  for (const [n, bytes] of records.entries()) {
    const ours = await judgeRecord([bytes], { caseId: "case-a", keys: [key.publicKey] });
    const [kind, code = "", line] = (theirs[n] ?? "").split(" ");
    if (ours.kind === "intact") {
      expect(theirs[n]).toBe(`intact ${ours.entries} ${ours.head}`);
      continue;
    }
    expect(kind).toBe("broken");
    if (code === "out-of-place") {
      expect(OUT_OF_PLACE.has(ours.finding.code) || ours.finding.code === "rewritten").toBe(true);
      continue;
    }
    expect(`${code} ${line}`).toBe(`${ours.finding.code} ${ours.finding.line}`);
  }
}

test("a verifier written from the specification alone comes to the same verdicts on tampered records", async () => {
  const lines = linesIn(record);
  const edits = fc.sample(fc.tuple(fc.nat(record.length - 1), fc.integer({ min: 1, max: 255 })), 250);
  const tampered: Buffer[] = [record];
  for (const [offset, flip] of edits) {
    const changed = Buffer.from(record);
    changed[offset] = (changed[offset] ?? 0) ^ flip;
    tampered.push(changed);
  }
  for (let n = 0; n < lines.length; n++) {
    tampered.push(toRecord(lines.slice(0, n)), toRecord(lines.toSpliced(n, 1)));
    tampered.push(toRecord(rehashed(lines, n, (entry) => (entry["at"] = "2020-01-01T00:00:00.000Z"))));
  }
  const thief = localCheckpointKey();
  tampered.push(await sampleRecord(await newContainer(azurite, "other"), "case-a", thief));
  await bothAgree(tampered);
});

test("what no writer would spell has the same name from both", async () => {
  const lines = linesIn(record);
  const odd = [
    "1.0",
    "1.5",
    "1e0",
    "-0",
    "0",
    "1e999",
    "1".repeat(400),
    "9007199254740993",
    "NaN",
    "true",
    '"1"',
  ];
  const withNumber = (member: string, spelling: string) =>
    toRecord([(lines[0] ?? "").replace(`"${member}":1`, `"${member}":${spelling}`), ...lines.slice(1)]);
  const last = lines.length - 1;
  const withKey = (other: object) =>
    toRecord(rehashed(lines, last, (entry) => (entry["data"] = { ...Object(entry["data"]), key: other })));
  const { kty, crv, x, y } = key.publicKey;
  await bothAgree([
    ...odd.flatMap((spelling) => [withNumber("seq", spelling), withNumber("format", spelling)]),
    ...[
      {},
      { kty, crv, x, y: 5 },
      { kty, crv, x: y, y: x },
      { kty, crv, x, y, d: "" },
      { kty, crv, x: `${x}=`, y },
    ].map(withKey),
    toRecord(rehashed(lines, last, (entry) => (entry["data"] = { key: key.publicKey, note: 1 }))),
  ]);
});

test("the anchor is known to both", async () => {
  const { hash } = JSON.parse(linesIn(record)[3] ?? "");
  expect(await inPython([record], ["--head", hash])).toEqual([expect.stringMatching(/^intact/)]);
  expect(await inPython([record], ["--head", "0".repeat(64)])).toEqual([
    expect.stringMatching(/^broken head-mismatch/),
  ]);
});

test("both spell every JSON value alike", async () => {
  const values = fc.sample(fc.jsonValue({ maxDepth: 4 }), 400).map((value) => canonicalJson(value));
  const numbers = fc
    .sample(fc.double({ noNaN: true, noDefaultInfinity: true }), 2000)
    .map((value) => canonicalJson(value));
  await writeFile(join(folder, "values.json"), JSON.stringify([...values, ...numbers]));
  const program = `
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("verify", ${JSON.stringify(python)})
v = importlib.util.module_from_spec(spec); spec.loader.exec_module(v)
print(json.dumps([t for t in json.load(open(sys.argv[1])) if v.canonical(json.loads(t)) != t]))
`;
  const { stdout } = spawnSync("python3", ["-c", program, join(folder, "values.json")], { encoding: "utf8" });
  expect(JSON.parse(stdout)).toEqual([]);
});

test("every published vector has the verdict it is published with, from both", async () => {
  const vectors = join(import.meta.dirname, "vectors");
  const expected: { name: string; file: string; args: string[]; code: string; verdict: string }[] =
    JSON.parse(await readFile(join(vectors, "vectors.json"), "utf8"));
  expect((await readdir(vectors)).filter((name) => name.endsWith(".ndjson")).toSorted()).toEqual(
    [...new Set(expected.map(({ file }) => file))].toSorted(),
  );
  for (const { name, file, args, code, verdict } of expected) {
    const theirs = spawnSync("python3", [python, file, ...args], { cwd: vectors, encoding: "utf8" });
    expect(theirs.stdout.trim(), name).toBe(verdict);
    const ours = spawnSync(process.execPath, [command, "verify", file, ...args, "--json"], {
      cwd: vectors,
      encoding: "utf8",
    });
    const verification = JSON.parse(ours.stdout);
    expect(verification.finding?.code ?? verification.kind, name).toBe(code);
    expect([ours.status, theirs.status], name).toEqual(code === "intact" ? [0, 0] : [1, 1]);
  }
});
