import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, sep } from "node:path";

/** What an export says of each of its files. */
export interface Manifest {
  readonly format: 1;
  readonly caseId: string;
  /** The record's head when it was exported. */
  readonly head: string;
  readonly entries: number;
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

export const MANIFEST_FILE = "manifest.json";

export interface ManifestFinding {
  readonly file: string;
  readonly code: "missing-file" | "changed-file" | "unlisted-file" | "unreadable-manifest";
}

/**
 * Checks an unpacked export against its manifest; a folder without one has nothing to check. Limits: the manifest is not
 * signed. What the record names by hash (snapshot, plan, report) is as good as the record, other files only as this list.
 */
export async function checkManifest(folder: string): Promise<readonly ManifestFinding[]> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, sep).length).replaceAll(sep, "/"));
  if (!names.includes(MANIFEST_FILE)) return [];
  const listed = listedFiles(await readFile(join(folder, MANIFEST_FILE), "utf8"));
  if (listed === undefined) return [{ file: MANIFEST_FILE, code: "unreadable-manifest" }];

  const findings: ManifestFinding[] = [];
  for (const [file, sha256] of listed) {
    if (!names.includes(file)) findings.push({ file, code: "missing-file" });
    else if ((await sha256OfFile(join(folder, file))) !== sha256)
      findings.push({ file, code: "changed-file" });
  }
  for (const file of names) {
    if (file !== MANIFEST_FILE && !listed.has(file)) findings.push({ file, code: "unlisted-file" });
  }
  return findings;
}

function listedFiles(text: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const manifest: unknown = JSON.parse(text);
    if (typeof manifest !== "object" || manifest === null || !("files" in manifest)) return undefined;
    const { files } = manifest;
    if (typeof files !== "object" || files === null) return undefined;
    const entries = Object.entries(files).map(([file, value]: [string, unknown]) => {
      const sha256: unknown =
        typeof value === "object" && value !== null && "sha256" in value ? value.sha256 : undefined;
      return [file, sha256] as const;
    });
    return new Map(entries);
  } catch {
    return undefined;
  }
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}
