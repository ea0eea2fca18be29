import type { HttpResponseInit } from "@azure/functions";
import { currentReport, REPORT_FORMS } from "../respond/publish.ts";
import { problem } from "./problem.ts";
import { caseOf, isCase } from "./read-case.ts";
import type { Visit } from "./route.ts";

const FORMS = [
  { name: "report.json", type: "application/json" },
  { name: "report.html", type: "text/html" },
  { name: "report.md", type: "text/markdown" },
] as const;

/**
 * `GET /cases/{id}/report`: by extension, else by what the caller accepts, else JSON. Written from the record as it
 * stands, so that it tells of a case that still runs too; at the same head it is the same bytes as the stored one.
 */
export async function getReport(visit: Visit): Promise<HttpResponseInit> {
  const found = await caseOf(visit);
  if (!isCase(found)) return found;
  const { request, app } = visit;
  const asked = request.params["report"] ?? "report";
  const accept = request.headers.get("accept") ?? "";
  const form =
    asked === "report"
      ? (FORMS.find(({ type }) => accept.includes(type)) ?? FORMS[0])
      : FORMS.find(({ name }) => name === asked);
  if (form === undefined) return problem(404, "NO_SUCH_FORM", "A report ends in .json, .html or .md.");
  const report = await currentReport(app, found);
  if (report.record.entries === 0) return problem(404, "NOT_YET", "Nothing is on record yet.");
  const written = REPORT_FORMS.find(({ name }) => name === form.name);
  if (written === undefined) return problem(404, "NO_SUCH_FORM", "A report ends in .json, .html or .md.");
  return {
    status: 200,
    headers: {
      "content-type": `${form.type}; charset=utf-8`,
      "cache-control": "no-store",
      "x-record-head": report.record.head,
      // The page needs nothing from anywhere, and must not become a way to anything.
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
      "x-content-type-options": "nosniff",
    },
    body: written.write(report),
  };
}
