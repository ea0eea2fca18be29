import { noteForbiddenDecision, postClose, postDecision, postRestore } from "../src/api/ask-case.ts";
import { postCase } from "../src/api/cases.ts";
import { getExport } from "../src/api/export.ts";
import { postIncident } from "../src/api/incidents.ts";
import { getCase, getPlan, getRecord, getScope, listCases } from "../src/api/read-case.ts";
import { getReport } from "../src/api/report.ts";
import { registerRoute } from "./register.ts";

registerRoute({ name: "post-incident", method: "POST", path: "incidents", role: "Case.Open" }, postIncident);
registerRoute({ name: "post-case", method: "POST", path: "cases", role: "Case.Open" }, postCase);
registerRoute({ name: "list-cases", method: "GET", path: "cases", role: "Case.Read" }, listCases);
registerRoute({ name: "get-case", method: "GET", path: "cases/{id}", role: "Case.Read" }, getCase);
registerRoute({ name: "get-scope", method: "GET", path: "cases/{id}/scope", role: "Case.Read" }, getScope);
registerRoute({ name: "get-plan", method: "GET", path: "cases/{id}/plan", role: "Case.Read" }, getPlan);
registerRoute({ name: "get-record", method: "GET", path: "cases/{id}/record", role: "Case.Read" }, getRecord);
registerRoute(
  {
    name: "get-report",
    method: "GET",
    path: "cases/{id}/{report:regex(^report(\\.[a-z]+)?$)}",
    role: "Case.Read",
  },
  getReport,
);
registerRoute(
  { name: "export-case", method: "GET", path: "cases/{id}/export", role: "Case.Read" },
  getExport,
);
registerRoute(
  {
    name: "decide",
    method: "POST",
    path: "cases/{id}/decision",
    role: "Case.Decide",
    whenForbidden: noteForbiddenDecision,
  },
  postDecision,
);
registerRoute(
  { name: "restore", method: "POST", path: "cases/{id}/restore", role: "Case.Restore" },
  postRestore,
);
registerRoute({ name: "close", method: "POST", path: "cases/{id}/close", role: "Case.Decide" }, postClose);
