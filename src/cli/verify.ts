import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import type { Verification, VerifyOptions } from "../record/finding.ts";
import { checkManifest, type ManifestFinding } from "../record/manifest.ts";
import { verifyFiles } from "../record/verify-files.ts";
import { readCheckpointKeys } from "./checkpoint-key-file.ts";
import { type Command, EXIT } from "./command.ts";

export const verifyCommand: Command = {
  name: "verify",
  usage: "verify <record.ndjson | case folder> [--key FILE]... [--head HASH]... [--case ID] [--json]",
  does: "checks a record offline: nothing edited, removed, added, reordered or cut, and signed by the key given",
  run,
};

async function run(args: readonly string[]): Promise<number> {
  let asked: Asked;
  try {
    asked = await parse(args);
  } catch (error) {
    process.stderr.write(
      `${error instanceof Error ? error.message : String(error)}\n\n  tourniquet ${verifyCommand.usage}\n`,
    );
    return EXIT.usage;
  }
  const verification = await verifyFiles(asked.files, asked.options);
  const documents = asked.folder === undefined ? [] : await checkManifest(asked.folder);
  process.stdout.write(
    asked.json
      ? `${JSON.stringify({ ...verification, documents })}\n`
      : `${describe(verification)}${describeDocuments(documents)}`,
  );
  return verification.kind === "intact" && documents.length === 0 ? EXIT.ok : EXIT.bad;
}

interface Asked {
  readonly files: readonly string[];
  readonly folder: string | undefined;
  readonly options: VerifyOptions;
  readonly json: boolean;
}

async function parse(args: readonly string[]): Promise<Asked> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      key: { type: "string", multiple: true },
      head: { type: "string", multiple: true },
      case: { type: "string" },
      json: { type: "boolean" },
    },
  });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new TypeError("name one record or one case folder");
  for (const head of values.head ?? []) {
    if (!/^[0-9a-f]{64}$/.test(head)) throw new TypeError(`${head} is no head: 64 hex digits, lower case`);
  }
  const isFolder = (await stat(path)).isDirectory();
  const files = await segmentsAt(isFolder ? join(path, "record.ndjson") : path);
  const keys = (await Promise.all((values.key ?? []).map(readCheckpointKeys))).flat();
  return {
    files,
    folder: isFolder ? path : undefined,
    options: {
      keys,
      heads: values.head ?? [],
      ...(values.case === undefined ? {} : { caseId: values.case }),
    },
    json: values.json ?? false,
  };
}

/** A record's first file and those it went on in, which stand beside it. */
async function segmentsAt(first: string): Promise<readonly string[]> {
  await stat(first);
  if (basename(first) !== "record.ndjson") return [first];
  const folder = dirname(first);
  const later = (await readdir(folder)).filter((name) => /^record-\d{4,}\.ndjson$/.test(name));
  return [
    first,
    ...later.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1)).map((name) => join(folder, name)),
  ];
}

function describe(verification: Verification): string {
  if (verification.kind === "broken") {
    const { code, line, from, to, detail } = verification.finding;
    const where = from === to ? `entry ${from}` : `entries ${from} to ${to}`;
    return `BROKEN  ${code}: ${where}, at line ${line}\n        ${detail}\n`;
  }
  const { caseId, entries, head, signedBy } = verification;
  const trust = signedBy.trusted
    ? "which is a key you gave"
    : "which the record itself carries: give --key, or --head from the incident, to know that it is the responder's";
  return [
    `INTACT  case ${caseId}, ${entries} entries`,
    `        head ${head}`,
    `        signed by ${signedBy.keyId} (thumbprint ${signedBy.thumbprint}), ${trust}`,
    "",
  ].join("\n");
}

function describeDocuments(findings: readonly ManifestFinding[]): string {
  return findings
    .map(({ file, code }) => `BROKEN  ${code}: ${JSON.stringify(file)} is not what the manifest names\n`)
    .join("");
}
