import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "../../local/storage/azurite.ts";
import { type CaseDocuments, openCaseDocuments } from "../../src/storage/case-documents.ts";

let azurite: Azurite;
let container: ContainerClient;
let documents: CaseDocuments;
beforeAll(async () => {
  azurite = await startAzurite();
  container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient("cases");
  await container.create();
  documents = openCaseDocuments(container);
});
afterAll(() => azurite.stop());

test("the same document is the same bytes and hash, whatever order its members came in", async () => {
  const one = await documents.putJson("case-a", "scope.json", { b: [1, { d: 4, c: "é" }], a: null });
  const other = await documents.putJson("case-a", "scope.json", { a: null, b: [1, { c: "é", d: 4 }] });
  expect(other).toEqual(one);
  expect(await documents.getJson("case-a", one)).toEqual({ a: null, b: [1, { c: "é", d: 4 }] });
  expect(String(await documents.get("case-a", "scope.json"))).toBe('{"a":null,"b":[1,{"c":"é","d":4}]}');
});

test("a document that was changed or is gone is told from the one the record names", async () => {
  const plan = await documents.putJson("case-b", "plan.json", { waves: [] });
  await documents.put("case-b", "plan.json", Buffer.from('{"waves":[1]}'), "application/json");
  await expect(documents.getJson("case-b", plan)).rejects.toMatchObject({ code: "DOCUMENT_CHANGED" });
  await container.deleteBlob("case-b/plan.json");
  await expect(documents.getJson("case-b", plan)).rejects.toMatchObject({ code: "DOCUMENT_MISSING" });
  expect(await documents.get("case-b", "plan.json")).toBeNull();
});

test("a case lists its own documents, its record aside, and no case reaches into another's folder", async () => {
  for (const name of ["scope.json", "report.html", "plan-1.json"]) {
    await documents.put("case-c", name, Buffer.from("x"), "text/plain");
  }
  await documents.put("case-cc", "scope.json", Buffer.from("x"), "text/plain");
  for (const name of ["record.ndjson", "record-0002.ndjson"]) {
    await container.getAppendBlobClient(`case-c/${name}`).create();
  }
  expect(await documents.list("case-c")).toEqual(["plan-1.json", "report.html", "scope.json"]);
  for (const caseId of ["", "../case-c", "case-c/", "a b"]) {
    await expect(documents.list(caseId), caseId).rejects.toThrow(TypeError);
    await expect(documents.get(caseId, "scope.json"), caseId).rejects.toThrow(TypeError);
  }
});

test("what has no JSON is not stored as a document", async () => {
  await expect(documents.putJson("case-d", "bad.json", () => 1)).rejects.toThrow(TypeError);
  expect(await documents.list("case-d")).toEqual([]);
});
