import { type Zippable, zipSync } from "fflate";
import { canonicalJson, sha256Hex } from "./canonical.ts";
import { isCheckpointKey, thumbprintOf } from "./checkpoint.ts";
import { linesOf } from "./lines.ts";
import { MANIFEST_FILE, type Manifest } from "./manifest.ts";
import { parseLine } from "./parse-line.ts";

interface ExportDocument {
  /** As it is called beside the record: `scope.json`, `plan-….json`, `report.html`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface ExportContents {
  readonly caseId: string;
  /** The record as given out: it ends with a checkpoint. */
  readonly record: Uint8Array;
  readonly documents: readonly ExportDocument[];
}

// Archives carry times; one that is always the same keeps equal contents equal bytes. The format begins in 1980.
const NO_TIME = new Date(1980, 0, 1);

/**
 * One archive of a case for legal hold: the record, what stands beside it, its public keys and checkpoints, and a manifest
 * with hashes. The same contents give the same bytes. Limits: held in memory; a broken record is exported as it is.
 */
export async function exportCase(contents: ExportContents): Promise<Uint8Array> {
  const { caseId, record, documents } = contents;
  const { notes, keys, entries, head } = await signaturesIn(record);
  const files = new Map<string, Uint8Array>([
    ["record.ndjson", record],
    ["checkpoints.txt", Buffer.from(notes.join("\n"))],
    ["public-key.json", Buffer.from(`${canonicalJson({ keys })}\n`)],
  ]);
  for (const { name, bytes } of documents) {
    if (!/^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/.test(name) || name === MANIFEST_FILE || files.has(name)) {
      throw new RangeError(`${JSON.stringify(name)} cannot be a document of an export`);
    }
    files.set(name, bytes);
  }
  const names = [...files.keys()].toSorted();
  const manifest: Manifest = {
    format: 1,
    caseId,
    entries,
    head,
    files: Object.fromEntries(
      names.map((name) => {
        const bytes = files.get(name) ?? new Uint8Array();
        return [name, { bytes: bytes.length, sha256: sha256Hex(bytes) }];
      }),
    ),
  };
  files.set(MANIFEST_FILE, Buffer.from(`${canonicalJson(manifest)}\n`));
  const zippable: Zippable = {};
  for (const name of [MANIFEST_FILE, ...names]) {
    zippable[name] = [files.get(name) ?? new Uint8Array(), { mtime: NO_TIME, os: 3 }];
  }
  return zipSync(zippable, { level: 9 });
}

async function signaturesIn(record: Uint8Array) {
  const notes: string[] = [];
  const keys = new Map<string, object>();
  let entries = 0;
  let head = "";
  for await (const { bytes } of linesOf([record])) {
    entries += 1;
    const parsed = parseLine(bytes);
    if (parsed.kind === "bad") continue;
    ({ hash: head } = parsed.entry);
    if (parsed.entry.type !== "checkpoint") continue;
    const { key, note } = parsed.entry.data;
    if (typeof note === "string") notes.push(note);
    if (isCheckpointKey(key)) {
      const kid = thumbprintOf(key);
      keys.set(kid, { ...key, kid, alg: "ES256", use: "sig" });
    }
  }
  return { notes, keys: [...keys.values()], entries, head };
}
