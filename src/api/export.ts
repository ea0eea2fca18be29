import type { HttpResponseInit } from "@azure/functions";
import { exportCase } from "../record/export.ts";
import { givenRecord } from "./given-record.ts";
import { caseOf, isCase } from "./read-case.ts";
import type { Visit } from "./route.ts";

/** `GET /cases/{id}/export`: record, documents, checkpoints, public keys and a manifest in one archive, for legal hold; sealed as `/record` is. */
export async function getExport(visit: Visit): Promise<HttpResponseInit> {
  const found = await caseOf(visit);
  if (!isCase(found)) return found;
  const { app } = visit;
  const { caseId } = found;
  const { bytes: record, headers } = await givenRecord(visit, caseId);
  const names = await app.documents.list(caseId);
  const read = await Promise.all(
    names.map(async (name) => ({ name, bytes: await app.documents.get(caseId, name) })),
  );
  const archive = await exportCase({
    caseId,
    record,
    documents: read.flatMap(({ name, bytes }) => (bytes === null ? [] : [{ name, bytes }])),
  });
  return {
    status: 200,
    headers: {
      "content-type": "application/zip",
      "cache-control": "no-store",
      ...headers,
      "content-disposition": `attachment; filename="${caseId}.zip"`,
    },
    body: archive,
  };
}
