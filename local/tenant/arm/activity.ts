import type { AccessDecision } from "../authorization/decide.ts";
import { type ActivityFacts, activityRow } from "../logs/rows/activity.ts";
import { latest } from "../state/azure/history.ts";
import type { ActivityEvent } from "../state/azure/model.ts";
import { findRoleAssignment } from "../state/azure/role-assignments.ts";
import { appendRow } from "../state/logs.ts";
import { type Asked, clientName } from "./access.ts";
import type { ArmAnswer, ArmCall } from "./call.ts";

const STATUS_TEXT: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "NoContent",
  400: "BadRequest",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  412: "PreconditionFailed",
  429: "TooManyRequests",
};

export function statusText(status: number): string {
  return STATUS_TEXT[status] ?? String(status);
}

/** Notes a write, delete or action, as it began and as it ended, in the activity log and in AzureActivity. */
export function noteActivity(
  call: ArmCall,
  asked: Asked & { readonly resourceId: string },
  decision: AccessDecision,
  answer: ArmAnswer,
): void {
  const { tenant, caller, request } = call;
  const correlationId = request.headers["x-ms-correlation-request-id"] ?? request.id;
  const common = {
    at: call.nowInMs,
    correlationId,
    operationId: tenant.random.guid(),
    operation: asked.action,
    resourceId: asked.resourceId,
    caller: clientName(caller),
    callerIpAddress: request.clientAddress,
    claims: caller.claims,
    authorization: { action: asked.action, scope: asked.resourceId, ...evidenceOf(call, decision) },
    method: request.method,
  };
  const requestBody = loggedBody(call, asked.action);
  note(call, {
    ...common,
    eventDataId: tenant.random.guid(),
    status: "Start",
    httpStatus: 0,
    ...(requestBody === undefined ? {} : { properties: { requestbody: requestBody } }),
  });
  note(call, {
    ...common,
    eventDataId: tenant.random.guid(),
    status: answer.status === 202 ? "Accept" : answer.status < 400 ? "Success" : "Failure",
    httpStatus: answer.status,
    httpStatusText: statusText(answer.status),
    properties: {
      statusCode: statusText(answer.status),
      serviceRequestId: request.id,
      ...(answer.status >= 400 && answer.body !== undefined
        ? { statusMessage: JSON.stringify(answer.body) }
        : {}),
    },
  });
}

function note(call: ArmCall, facts: ActivityFacts): void {
  const event: ActivityEvent = { facts, tenantId: call.tenant.id };
  call.azure.activity.push(event);
  appendRow(call.tenant, "AzureActivity", activityRow(facts));
}

/** Only bodies that cannot hold a secret: Azure logs the one of a role assignment, which is where it matters. */
function loggedBody(call: ArmCall, action: string): string | undefined {
  return /^Microsoft\.Authorization\//i.test(action) && Object.keys(call.body).length > 0
    ? JSON.stringify(call.body)
    : undefined;
}

function evidenceOf(
  call: ArmCall,
  decision: AccessDecision,
): Pick<ActivityFacts["authorization"], "evidence"> {
  if (!decision.allowed) return {};
  const assignment = findRoleAssignment(call.azure, decision.assignmentId);
  const role = latest(call.azure.roleDefinitions, decision.roleDefinition);
  if (!assignment) return {};
  return {
    evidence: {
      role: role?.roleName,
      roleAssignmentScope: assignment.scope,
      roleAssignmentId: assignment.name,
      roleDefinitionId: assignment.roleDefinition,
      principalId: assignment.principalId,
      principalType: assignment.principalType,
    },
  };
}
