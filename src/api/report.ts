import type { HttpResponseInit } from "@azure/functions";
import { problem } from "./problem.ts";
import { caseOf, isCase } from "./read-case.ts";
import type { Visit } from "./route.ts";

const FORMS = [
  { extension: ".json", type: "application/json" },
  { extension: ".html", type: "text/html" },
  { extension: ".md", type: "text/markdown" },
] as const;

/** `GET /cases/{id}/report`: by extension, else by what the caller accepts, else JSON. */
export async function getReport(visit: Visit): Promise<HttpResponseInit> {
  const found = await caseOf(visit);
  if (!isCase(found)) return found;
  const { request, app } = visit;
  const extension = /\.[a-z]+$/.exec(request.params["report"] ?? "")?.[0];
  const accept = request.headers.get("accept") ?? "";
  const form =
    extension === undefined
      ? (FORMS.find(({ type }) => accept.includes(type)) ?? FORMS[0])
      : FORMS.find((it) => it.extension === extension);
  if (form === undefined) return problem(404, "NO_SUCH_FORM", "A report ends in .json, .html or .md.");
  const bytes = await app.documents.get(found.caseId, `report${form.extension}`);
  if (bytes === null) return problem(404, "NOT_YET", "No report has been written yet.");
  return {
    status: 200,
    headers: {
      "content-type": `${form.type}; charset=utf-8`,
      "cache-control": "no-store",
      // The page needs nothing from anywhere, and must not become a way to anything.
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
      "x-content-type-options": "nosniff",
    },
    body: bytes,
  };
}
