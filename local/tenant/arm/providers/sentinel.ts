import { objectIn, textIn } from "../../state/azure/json.ts";
import type { JsonObject, Resource } from "../../state/azure/model.ts";
import { putResource, removeResource, resourcesBelow } from "../../state/azure/resources.ts";
import { namedGuid } from "../../random.ts";
import { type ArmAnswer, type ArmCall, inGroup, noContent, ok, type Route } from "../call.ts";
import { badRequest, notModelled, providerError } from "../errors.ts";
import { keyNamed } from "../keys.ts";
import { page, parameter } from "../paging.ts";
import {
  childrenOf,
  COMMENT,
  incidentNoteRoutes,
  incidentOf,
  INCIDENTS,
  onIncident,
} from "./incident-notes.ts";
import { actionRoute, resourceRoutes, unquoted } from "../resource-type.ts";

const WORKSPACE = "Microsoft.OperationalInsights/workspaces";
const INCIDENT = "Microsoft.SecurityInsights/Incidents";

const SEVERITIES = ["High", "Medium", "Low", "Informational"];
const STATUSES = ["New", "Active", "Closed"];

function wireIncident(call: ArmCall, incident: Resource): JsonObject {
  const details = call.azure.incidentDetails.get(incident.id.toLowerCase());
  const number = incident.properties["incidentNumber"];
  return {
    id: incident.id,
    name: incident.name,
    etag: incident.etag ?? null,
    type: INCIDENT,
    properties: {
      labels: [],
      owner: { objectId: null, email: null, assignedTo: null, userPrincipalName: null },
      relatedAnalyticRuleIds: [],
      incidentUrl: `https://portal.azure.com/#asset/Microsoft_Azure_Security_Insights/Incident${incident.id}`,
      providerName: "Azure Sentinel",
      providerIncidentId: typeof number === "number" ? String(number) : "",
      ...incident.properties,
      additionalData: {
        alertProductNames: [],
        tactics: [],
        ...objectIn(incident.properties, "additionalData"),
        alertsCount: details?.alerts.length ?? 0,
        bookmarksCount: 0,
        commentsCount: childrenOf(call, incident, COMMENT).length,
      },
    },
  };
}

/** A PUT replaces what may be written; number, times and product data are Sentinel's own. */
function writeIncident(call: ArmCall): ArmAnswer {
  const before = incidentOf(call);
  const sent = objectIn(call.body, "properties");
  const [title, severity, status] = ["title", "severity", "status"].map((key) => textIn(sent, key));
  if (!title || !SEVERITIES.includes(severity ?? "") || !STATUSES.includes(status ?? "")) {
    return badRequest("Title, severity and status are required and must be valid."); // guess: text not captured
  }
  if (status === "Closed" && textIn(sent, "classification") === "") {
    return badRequest("A classification is required when an incident is closed."); // guess: text not captured
  }
  const etag = call.request.headers["if-match"] ?? (textIn(call.body, "etag") || undefined);
  if (before && etag !== undefined && etag !== "*" && unquoted(etag) !== unquoted(before.etag ?? "")) {
    // guess: status and code from reports of clients, no capture.
    return providerError(
      409,
      "Conflict",
      `Newer instance of Microsoft.SecurityInsights/Incidents exists for Incident ID '${before.name}' (Etag does not match). Data was not saved.`,
    );
  }
  const at = new Date(call.nowInMs).toISOString();
  const { additionalData: _, incidentNumber: __, incidentUrl: ___, createdTimeUtc: ____, ...writable } = sent;
  const incident: Resource = {
    id: before?.id ?? call.path,
    type: INCIDENT,
    name: before?.name ?? call.path.split("/").at(-1) ?? "",
    etag: `"${call.tenant.random.guid()}"`,
    properties: {
      ...ownProperties(before),
      ...(before ? {} : { incidentNumber: nextNumber(call), createdTimeUtc: at }),
      ...writable,
      lastModifiedTimeUtc: at,
    },
    createdAt: before?.createdAt ?? call.nowInMs,
    createdBy: before?.createdBy ?? call.caller.objectId,
    changedAt: call.nowInMs,
  };
  putResource(call.azure, incident, call.nowInMs);
  return { status: before ? 200 : 201, body: wireIncident(call, incident), from: "provider" };
}

const OWN = [
  "incidentNumber",
  "createdTimeUtc",
  "firstActivityTimeUtc",
  "lastActivityTimeUtc",
  "additionalData",
  "relatedAnalyticRuleIds",
  "providerName",
  "providerIncidentId",
];

function ownProperties(before: Resource | undefined): JsonObject {
  return Object.fromEntries(Object.entries(before?.properties ?? {}).filter(([key]) => OWN.includes(key)));
}

function nextNumber(call: ArmCall): number {
  const workspace = call.path.split("/providers/Microsoft.SecurityInsights")[0] ?? call.path;
  const numbers = [...resourcesBelow(call.azure, workspace, INCIDENT)].map(({ properties }) =>
    Number(properties["incidentNumber"] ?? 0),
  );
  return Math.max(0, ...numbers) + 1;
}

function entities(call: ArmCall, incident: Resource): ArmAnswer {
  const held = call.azure.incidentDetails.get(incident.id.toLowerCase())?.entities ?? [];
  const workspace = incident.id.split(/\/providers\/Microsoft\.SecurityInsights\//i)[0] ?? "";
  const counts = new Map<string, number>();
  for (const { kind } of held) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return ok({
    entities: held.map(({ kind, properties }, index) => {
      const name = namedGuid(incident.name, "entity", String(index));
      return {
        id: `${workspace}/providers/Microsoft.SecurityInsights/Entities/${name}`,
        name,
        type: "Microsoft.SecurityInsights/Entities",
        kind,
        properties,
      };
    }),
    metaData: [...counts].map(([entityKind, count]) => ({ entityKind, count })),
  });
}

function alerts(call: ArmCall, incident: Resource): ArmAnswer {
  const held = call.azure.incidentDetails.get(incident.id.toLowerCase())?.alerts ?? [];
  const workspace = incident.id.split(/\/providers\/Microsoft\.SecurityInsights\//i)[0] ?? "";
  return ok({
    value: held.map((properties, index) => {
      const name = textIn(properties, "systemAlertId") || namedGuid(incident.name, "alert", String(index));
      return {
        id: `${workspace}/providers/Microsoft.SecurityInsights/Entities/${name}`,
        name,
        type: "Microsoft.SecurityInsights/Entities",
        kind: "SecurityAlert",
        properties,
      };
    }),
  });
}

function listIncidents(call: ArmCall): ArmAnswer {
  const workspace = call.path.split(/\/providers\/Microsoft\.SecurityInsights/i)[0] ?? call.path;
  if (parameter(call, "$filter") !== undefined) return notModelled("filters on incidents");
  const found = [...resourcesBelow(call.azure, workspace, INCIDENT)].toSorted(
    (left, right) => right.createdAt - left.createdAt,
  );
  return page(
    call,
    found.map((incident) => wireIncident(call, incident)),
  );
}

/** guess: reading by POST is taken to need what reading by GET needs; no list of operations names another right. */
const READ = "Microsoft.SecurityInsights/incidents/read";

export const sentinelRoutes: readonly Route[] = [
  { method: "GET", template: inGroup(INCIDENTS), handle: listIncidents },
  {
    method: "GET",
    template: inGroup(`${INCIDENTS}/{incident}`),
    handle: onIncident((call, incident) => ok(wireIncident(call, incident))),
  },
  { method: "PUT", template: inGroup(`${INCIDENTS}/{incident}`), handle: writeIncident },
  {
    method: "DELETE",
    template: inGroup(`${INCIDENTS}/{incident}`),
    handle: (call) =>
      removeResource(call.azure, call.path, call.nowInMs).length > 0
        ? { status: 200, from: "provider" }
        : noContent(),
  },
  {
    method: "POST",
    template: inGroup(`${INCIDENTS}/{incident}/entities`),
    action: READ,
    isQuery: true,
    handle: onIncident(entities),
  },
  {
    method: "POST",
    template: inGroup(`${INCIDENTS}/{incident}/alerts`),
    action: READ,
    isQuery: true,
    handle: onIncident(alerts),
  },
  {
    method: "POST",
    template: inGroup(`${INCIDENTS}/{incident}/bookmarks`),
    action: READ,
    isQuery: true,
    handle: onIncident(() => ok({ value: [] })),
  },
  ...incidentNoteRoutes,
  ...resourceRoutes({
    type: WORKSPACE,
    readOnly: ["customerId"],
    complete: ({ tenant }, { before, properties }) =>
      before ? properties : { ...properties, customerId: tenant.random.guid() },
  }),
  actionRoute(WORKSPACE, "sharedKeys", (call, workspace) =>
    ok({
      primarySharedKey: keyNamed(call, workspace, "primarySharedKey")?.value ?? null,
      secondarySharedKey: keyNamed(call, workspace, "secondarySharedKey")?.value ?? null,
    }),
  ),
];
