import { createHash } from "node:crypto";
import { type ContainerClient, RestError } from "@azure/storage-blob";
import canonicalize from "canonicalize";
import type { DocumentReference } from "../record/entry.ts";

/** The documents beside a case's record: intake, scope, plans, reports. */
export interface CaseDocuments {
  /** Stores plain data as canonical JSON. The same document again is the same bytes. */
  putJson(caseId: string, name: string, value: object): Promise<DocumentReference>;
  put(caseId: string, name: string, bytes: Uint8Array, contentType: string): Promise<DocumentReference>;
  /** Null when there is no such document. */
  get(caseId: string, name: string): Promise<Uint8Array | null>;
  /** Names of all documents of a case but its record. */
  list(caseId: string): Promise<readonly string[]>;
  /** Our own document, whose hash the record holds. Throws when absent, changed, or not JSON. */
  getJson<T extends object>(caseId: string, reference: DocumentReference): Promise<T>;
  /** The same, but null when absent. */
  find<T extends object>(caseId: string, reference: DocumentReference): Promise<T | null>;
}

/** Thrown when a stored document is not what the record says it is. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
  readonly code: "DOCUMENT_MISSING" | "DOCUMENT_CHANGED";
  constructor(code: "DOCUMENT_MISSING" | "DOCUMENT_CHANGED", message: string) {
    super(message);
    this.code = code;
  }
}

const CASE_ID = /^[A-Za-z0-9._-]{1,100}$/;

export function openCaseDocuments(container: ContainerClient): CaseDocuments {
  const blob = (caseId: string, name: string) => {
    if (!CASE_ID.test(caseId)) throw new TypeError("not a case id");
    return container.getBlockBlobClient(`${caseId}/${name}`);
  };
  const put: CaseDocuments["put"] = async (caseId, name, bytes, contentType) => {
    await blob(caseId, name).uploadData(bytes, { blobHTTPHeaders: { blobContentType: contentType } });
    return { blob: name, sha256: sha256(bytes) };
  };
  const get: CaseDocuments["get"] = async (caseId, name) => {
    try {
      return await blob(caseId, name).downloadToBuffer();
    } catch (error) {
      if (error instanceof RestError && error.statusCode === 404) return null;
      throw error;
    }
  };
  const find = async <T extends object>(caseId: string, reference: DocumentReference): Promise<T | null> => {
    const bytes = await get(caseId, reference.blob);
    if (bytes === null) return null;
    if (sha256(bytes) !== reference.sha256) {
      throw new DocumentError(
        "DOCUMENT_CHANGED",
        `${reference.blob} of ${caseId} is not what the record says`,
      );
    }
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  };
  return {
    put,
    get,
    async list(caseId) {
      if (!CASE_ID.test(caseId)) throw new TypeError("not a case id");
      const names: string[] = [];
      for await (const { name } of container.listBlobsFlat({ prefix: `${caseId}/` })) {
        const own = name.slice(caseId.length + 1);
        if (!own.startsWith("record")) names.push(own);
      }
      return names.toSorted();
    },
    async putJson(caseId, name, value) {
      const text = canonicalize(value);
      if (text === undefined) throw new TypeError("not JSON: it has no canonical form");
      return put(caseId, name, Buffer.from(text), "application/json");
    },
    async getJson<T extends object>(caseId: string, reference: DocumentReference): Promise<T> {
      const document = await find<T>(caseId, reference);
      if (document === null) {
        throw new DocumentError("DOCUMENT_MISSING", `${reference.blob} of ${caseId} is missing`);
      }
      return document;
    },
    find,
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
