import { objectIn, textIn } from "../../state/azure/json.ts";
import type { JsonObject, Resource } from "../../state/azure/model.ts";
import { findResource, putResource, removeResource, resourcesBelow } from "../../state/azure/resources.ts";
import { type ArmAnswer, type ArmCall, inGroup, noContent, ok, type Route } from "../call.ts";
import { badRequest, providerError, resourceNotFound } from "../errors.ts";
import {
  MAX_INCIDENT_COMMENT_CHARACTERS,
  MAX_INCIDENT_COMMENTS,
  MAX_INCIDENT_TASK_CHARACTERS,
  MAX_INCIDENT_TASKS,
} from "../limits.ts";
import { page } from "../paging.ts";

export const INCIDENTS =
  "Microsoft.OperationalInsights/workspaces/{workspace}/providers/Microsoft.SecurityInsights/incidents";
export const COMMENT = "Microsoft.SecurityInsights/Incidents/Comments";
const TASK = "Microsoft.SecurityInsights/Incidents/Tasks";

/** The incident that a path is, or lies below. */
export function incidentOf(call: ArmCall): Resource | undefined {
  const id = /^.*\/Microsoft\.SecurityInsights\/incidents\/[^/]+/i.exec(call.path)?.[0] ?? call.path;
  return findResource(call.azure, id);
}

export function onIncident(handle: (call: ArmCall, incident: Resource) => ArmAnswer): Route["handle"] {
  return (call) => {
    const incident = incidentOf(call);
    return incident ? handle(call, incident) : notFound();
  };
}

function notFound(): ArmAnswer {
  return providerError(404, "NotFound", "Incident does not exist"); // guess: text not captured
}

/** Newest first. */
export function childrenOf(call: ArmCall, incident: Resource, type: string): Resource[] {
  return [...resourcesBelow(call.azure, incident.id, type)].toSorted(
    (left, right) => right.createdAt - left.createdAt,
  );
}

function wireChild(child: Resource): JsonObject {
  return {
    id: child.id,
    name: child.name,
    type: child.type,
    etag: child.etag ?? null,
    properties: child.properties,
  };
}

function writeChild(
  call: ArmCall,
  type: string,
  { properties, limit }: { readonly properties: JsonObject; readonly limit: number },
): ArmAnswer {
  const incident = incidentOf(call);
  if (!incident) return notFound();
  const before = findResource(call.azure, call.path);
  if (!before && childrenOf(call, incident, type).length >= limit) {
    return badRequest(`The incident already has the maximum of ${limit}.`); // guess: text not captured; the limit is documented
  }
  const at = new Date(call.nowInMs).toISOString();
  const child: Resource = {
    id: before?.id ?? call.path,
    type,
    name: before?.name ?? call.path.split("/").at(-1) ?? "",
    etag: `"${call.tenant.random.guid()}"`,
    properties: {
      ...before?.properties,
      ...properties,
      createdTimeUtc: before?.properties["createdTimeUtc"] ?? at,
      lastModifiedTimeUtc: at,
    },
    createdAt: before?.createdAt ?? call.nowInMs,
    createdBy: before?.createdBy ?? call.caller.objectId,
    changedAt: call.nowInMs,
  };
  putResource(call.azure, child, call.nowInMs);
  return { status: before ? 200 : 201, body: wireChild(child), from: "provider" };
}

function authorOf({ caller }: ArmCall): JsonObject {
  const name = caller.claims["app_displayname"];
  return {
    objectId: caller.objectId,
    email: null,
    name: typeof name === "string" ? name : null,
    userPrincipalName: null,
  };
}

function writeComment(call: ArmCall): ArmAnswer {
  const message = textIn(objectIn(call.body, "properties"), "message");
  if (message === "" || message.length > MAX_INCIDENT_COMMENT_CHARACTERS) {
    // guess: text not captured; the limit is documented.
    return badRequest(`A comment has between 1 and ${MAX_INCIDENT_COMMENT_CHARACTERS} characters.`);
  }
  return writeChild(call, COMMENT, {
    properties: { message, author: authorOf(call) },
    limit: MAX_INCIDENT_COMMENTS,
  });
}

function writeTask(call: ArmCall): ArmAnswer {
  const sent = objectIn(call.body, "properties");
  const [title = "", description = "", status = ""] = ["title", "description", "status"].map((key) =>
    textIn(sent, key),
  );
  if (title === "" || !["New", "Completed"].includes(status)) {
    return badRequest("A task has a title, and the status New or Completed."); // guess: text not captured
  }
  if (description.length > MAX_INCIDENT_TASK_CHARACTERS) {
    // guess: text not captured; the limit is documented.
    return badRequest(`A task's description has at most ${MAX_INCIDENT_TASK_CHARACTERS} characters.`);
  }
  return writeChild(call, TASK, {
    properties: { title, description, status, createdBy: authorOf(call), lastModifiedBy: authorOf(call) },
    limit: MAX_INCIDENT_TASKS,
  });
}

function childRoutes(path: string, type: string, put: Route["handle"]): Route[] {
  return [
    {
      method: "GET",
      template: inGroup(`${INCIDENTS}/{incident}/${path}`),
      handle: onIncident((call, incident) => page(call, childrenOf(call, incident, type).map(wireChild))),
    },
    {
      method: "GET",
      template: inGroup(`${INCIDENTS}/{incident}/${path}/{child}`),
      handle: (call) => {
        const child = findResource(call.azure, call.path);
        return child ? ok(wireChild(child)) : resourceNotFound(call.path);
      },
    },
    { method: "PUT", template: inGroup(`${INCIDENTS}/{incident}/${path}/{child}`), handle: put },
    {
      method: "DELETE",
      template: inGroup(`${INCIDENTS}/{incident}/${path}/{child}`),
      handle: (call) =>
        removeResource(call.azure, call.path, call.nowInMs).length > 0
          ? { status: 200, from: "provider" }
          : noContent(),
    },
  ];
}

/** What may be written beside an incident; the same GUID again is the same comment or task. */
export const incidentNoteRoutes: readonly Route[] = [
  ...childRoutes("comments", COMMENT, writeComment),
  ...childRoutes("tasks", TASK, writeTask),
];
