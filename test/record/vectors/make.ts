// Makes the vectors beside it anew, with a new key: `node test/record/vectors/make.ts`. Only for a change of the format.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { localCheckpointKey } from "../../../local/storage/checkpoint-key.ts";
import { lineOf, NO_HEAD } from "../../../src/record/chain.ts";
import { signCheckpoint } from "../../../src/record/checkpoint.ts";
import { judgeRecord } from "../../../src/record/judge.ts";
import { linesIn, rehashed, toRecord } from "../rehash.ts";

const key = localCheckpointKey({
  keyId: "https://records.vault.azure.net/keys/checkpoint/0123456789abcdef0123456789abcdef",
});
const thief = localCheckpointKey({ keyId: key.signing.keyId });
const put = (name: string, content: string | Uint8Array) =>
  writeFile(join(import.meta.dirname, name), content);

async function recordOf(caseId: string, signer = key.signer): Promise<Buffer> {
  const lines: string[] = [];
  let head = NO_HEAD;
  const place = (second: number) => ({
    seq: head.seq + 1,
    at: `2026-03-01T02:03:${String(second).padStart(2, "0")}.005Z`,
    caseId,
    prev: head.hash,
  });
  const actor = {
    kind: "system",
    component: "containment",
    identity: { name: "actor", objectId: "5d0c…é\u2028" },
  };
  const add = (made: { line: string; head: typeof head }) => {
    lines.push(made.line);
    ({ head } = made);
  };
  const caller = { kind: "caller", id: "9a1f", name: 'R. "Bob"\n\u0001\\ 😀', appRoles: ["Case.Open"] };
  const numbers = {
    "€": 1,
    "\r": 2,
    "😀": 3,
    "\ufb33": 4,
    "1": 5,
    small: 1e-7,
    large: 1e21,
    zero: -0,
    half: 0.5,
    most: 2 ** 53,
  };
  add(
    lineOf({
      ...place(1),
      actor: caller,
      type: "opened",
      id: "opened:1",
      data: { format: 1, mode: "evict", numbers },
    }),
  );
  const target = { applicationId: "0b7c1e2a-5f2f-4d55-9a3a-77ad33f1c0de", keyId: "k1" };
  const intent = { stepId: "s1", kind: "remove-application-password", target };
  add(lineOf({ ...place(2), actor, type: "intent", id: "intent:s1", data: intent }));
  const evidence = [
    { service: "graph", operation: "POST /applications/{id}/removePassword", status: 204, requestId: "r1" },
  ];
  add(
    lineOf({
      ...place(3),
      actor,
      type: "outcome",
      id: "outcome:s1",
      data: { stepId: "s1", result: "applied", evidence },
    }),
  );
  add(lineOf(await signCheckpoint(place(4), signer)));
  add(
    lineOf({
      ...place(5),
      actor,
      type: "closed",
      id: "closed:1",
      data: { reason: "contained", more: [true, false, null, [], {}] },
    }),
  );
  add(lineOf(await signCheckpoint(place(6), signer)));
  return Buffer.from(lines.join(""));
}

const record = await recordOf("case-1");
const lines = linesIn(record);
const { hash: head } = JSON.parse(lines[5] ?? "");
const other = linesIn(await recordOf("case-2"));
const spelled = (lines[1] ?? "").replace('"data":', '"data": ');
const vectors: { name: string; file: string; bytes: Uint8Array; heads?: string[] }[] = [
  { name: "a whole record", file: "intact.ndjson", bytes: record },
  {
    name: "a byte of an entry's data changed",
    file: "edited.ndjson",
    bytes: Buffer.from(record.toString().replace('"k1"', '"k2"')),
  },
  {
    name: "the same entry spelled with a blank",
    file: "non-canonical.ndjson",
    bytes: toRecord(lines.with(1, spelled)),
  },
  { name: "an entry taken out", file: "removed.ndjson", bytes: toRecord(lines.toSpliced(2, 1)) },
  {
    name: "an entry put in twice",
    file: "inserted.ndjson",
    bytes: toRecord(lines.toSpliced(4, 0, lines[1] ?? "")),
  },
  {
    name: "two entries that changed places",
    file: "reordered.ndjson",
    bytes: toRecord(lines.with(1, lines[2] ?? "").with(2, lines[1] ?? "")),
  },
  { name: "cut after an entry", file: "truncated.ndjson", bytes: toRecord(lines.slice(0, 5)) },
  {
    name: "cut within an entry",
    file: "truncated-within.ndjson",
    bytes: record.subarray(0, record.length - 9),
  },
  {
    name: "cut after a checkpoint: whole, as far as it goes",
    file: "cut-back.ndjson",
    bytes: toRecord(lines.slice(0, 4)),
  },
  {
    name: "cut after a checkpoint, with the head kept elsewhere",
    file: "cut-back.ndjson",
    bytes: toRecord(lines.slice(0, 4)),
    heads: [head],
  },
  {
    name: "an entry of another case from there on",
    file: "wrong-case.ndjson",
    bytes: toRecord([...lines.slice(0, 4), ...other.slice(4)]),
  },
  {
    name: "an entry changed and every hash made again",
    file: "rewritten.ndjson",
    bytes: toRecord(rehashed(lines, 1, (entry) => (entry["data"] = {}))),
  },
  { name: "signed by another key", file: "re-signed.ndjson", bytes: await recordOf("case-1", thief.signer) },
];

const published = [];
for (const { name, file, bytes, heads = [] } of vectors) {
  await put(file, bytes);
  const result = await judgeRecord([bytes], { caseId: "case-1", keys: [key.publicKey], heads });
  const args = ["--key", "key.json", "--case", "case-1", ...heads.flatMap((hash) => ["--head", hash])];
  if (result.kind === "intact") {
    published.push({ name, file, args, code: "intact", verdict: `intact ${result.entries} ${result.head}` });
    continue;
  }
  const { code, line } = result.finding;
  const coarse = ["removed", "inserted", "reordered"].includes(code) ? "out-of-place" : code;
  published.push({ name, file, args, code, verdict: `broken ${coarse} ${line}` });
}
await put("vectors.json", `${JSON.stringify(published, null, 2)}\n`);
await put("key.json", `${JSON.stringify(key.publicKey)}\n`);
