import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "../../local/storage/azurite.ts";
import { localCheckpointKey } from "../../local/storage/checkpoint-key.ts";
import { exportCase } from "../../src/record/export.ts";
import { newContainer, sampleRecord } from "./sample.ts";

const command = join(import.meta.dirname, "../../src/cli/tourniquet.ts");
const key = localCheckpointKey();
const documents = [
  { name: "scope.json", bytes: Buffer.from("{}") },
  { name: "plan-5e5e.json", bytes: Buffer.from('{"waves":[]}') },
  { name: "report.html", bytes: Buffer.from("<!doctype html>") },
];
let azurite: Azurite;
let record: Buffer;
let folder: string;

beforeAll(async () => {
  azurite = await startAzurite();
  record = await sampleRecord(await newContainer(azurite, "records"), "case-a", key);
  folder = await mkdtemp(join(tmpdir(), "export-test-"));
});
afterAll(async () => {
  await azurite.stop();
  await rm(folder, { recursive: true, force: true });
});

async function unpacked(
  name: string,
  change: (files: Record<string, Uint8Array>) => void = () => undefined,
): Promise<string> {
  const files = unzipSync(await exportCase({ caseId: "case-a", record, documents }));
  change(files);
  const at = join(folder, name);
  for (const [file, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(at, file)), { recursive: true });
    await writeFile(join(at, file), bytes);
  }
  return at;
}

function verify(...args: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [command, "verify", ...args], {
    encoding: "utf8",
  });
  return { stdout, stderr, status };
}

test("the same case gives the same bytes, whatever order its documents came in", async () => {
  const one = await exportCase({ caseId: "case-a", record, documents });
  const other = await exportCase({ caseId: "case-a", record, documents: documents.toReversed() });
  expect(Buffer.from(one).equals(Buffer.from(other))).toBe(true);
});

test("an unpacked export verifies with the public key that came with it, or with one from elsewhere", async () => {
  const at = await unpacked("whole");
  const keyFile = join(folder, "key.json");
  await writeFile(keyFile, JSON.stringify(key.publicKey));
  expect(verify(at)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("which the record itself carries"),
  });
  expect(verify(at, "--key", join(at, "public-key.json"))).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("INTACT"),
  });
  expect(verify(at, "--key", keyFile, "--case", "case-a")).toMatchObject({ status: 0 });
  expect(verify(join(at, "record.ndjson"), "--key", keyFile)).toMatchObject({ status: 0 });
});

test("a file of an export changed, taken out or put in is named", async () => {
  const changed = await unpacked("changed", (files) => (files["scope.json"] = Buffer.from("{} ")));
  expect(verify(changed, "--json")).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('{"file":"scope.json","code":"changed-file"}'),
  });
  const missing = await unpacked("missing", (files) => delete files["report.html"]);
  expect(verify(missing)).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('missing-file: "report.html"'),
  });
  const added = await unpacked("added", (files) => (files["report.md"] = Buffer.from("x")));
  expect(verify(added)).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('unlisted-file: "report.md"'),
  });
});

test("a record cut back within an export is caught by the head kept elsewhere", async () => {
  const lines = record.toString().split("\n");
  const head: string = JSON.parse(lines.at(-2) ?? "").hash;
  const cut = lines.slice(0, lines.findIndex((line) => line.includes('"type":"checkpoint"')) + 1);
  const path = join(folder, "cut.ndjson");
  await writeFile(path, cut.map((line) => `${line}\n`).join(""));
  expect(verify(path)).toMatchObject({ status: 0 });
  expect(verify(path, "--head", head)).toMatchObject({
    status: 1,
    stdout: expect.stringContaining("BROKEN  head-mismatch"),
  });
});

test("what cannot be answered is no verdict", () => {
  expect(verify()).toMatchObject({ status: 2, stdout: "" });
  expect(verify(join(folder, "nothing-here"))).toMatchObject({ status: 2, stdout: "" });
  expect(verify(join(folder, "cut.ndjson"), "--head", "abc")).toMatchObject({ status: 2, stdout: "" });
  expect(verify(join(folder, "cut.ndjson"), "--key", join(folder, "cut.ndjson"))).toMatchObject({
    status: 2,
    stdout: "",
  });
});

test("a document whose name would leave the folder is refused", async () => {
  for (const name of ["../x", "/x", "a//b", "manifest.json", "record.ndjson", ".."]) {
    await expect(
      exportCase({ caseId: "case-a", record, documents: [{ name, bytes: Buffer.from("x") }] }),
    ).rejects.toThrow(RangeError);
  }
});
