import { graphActivityRow } from "../logs/rows/graph-activity.ts";
import { auditRow } from "../logs/rows/audit.ts";
import type { AuditFacts, AuditInitiator, AuditTarget, ModifiedProperty } from "../logs/rows/audit.ts";
import type { Caller } from "../service.ts";
import { heldDirectoryRoles } from "../state/directory.ts";
import type { Application, KeyCredential, PasswordCredential, ServicePrincipal } from "../state/directory.ts";
import { appendRow } from "../state/logs.ts";
import type { Tenant } from "../tenant.ts";
import type { WireRequest } from "../wire.ts";
import type { GraphCall } from "./call.ts";

export type { AuditTarget, ModifiedProperty } from "../logs/rows/audit.ts";

/** One thing the directory's audit log will tell of a call. */
export type AuditEvent = Pick<
  AuditFacts,
  "operationName" | "category" | "operationType" | "targets" | "additionalDetails" | "loggedByService"
>;

export function applicationTarget(
  application: Application,
  modifiedProperties: readonly ModifiedProperty[],
): AuditTarget {
  return {
    id: application.id,
    displayName: application.displayName,
    type: "Application",
    modifiedProperties,
  };
}

export function principalTarget(
  principal: ServicePrincipal,
  modifiedProperties: readonly ModifiedProperty[],
): AuditTarget {
  return {
    id: principal.id,
    displayName: principal.displayName,
    type: "ServicePrincipal",
    modifiedProperties,
  };
}

/** Values are JSON in a string; a changed scalar is logged as an array of one. */
export function modified(displayName: string, before: unknown, after: unknown): ModifiedProperty {
  const text = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
  return { displayName, oldValue: text(before), newValue: text(after) };
}

interface Credentials {
  readonly keyCredentials: readonly KeyCredential[];
  readonly passwordCredentials: readonly PasswordCredential[];
}

/** How the log describes all credentials of an object: one text each, which detection rules compare before and after. */
function keyDescriptions(of: Credentials): string[] {
  return [
    ...of.keyCredentials.map(
      (key) =>
        `[KeyIdentifier=${key.keyId},KeyType=${key.type},KeyUsage=${key.usage},DisplayName=${key.displayName ?? ""}]`,
    ),
    ...of.passwordCredentials.map(
      (password) =>
        `[KeyIdentifier=${password.keyId},KeyType=Password,KeyUsage=Verify,DisplayName=${password.displayName ?? ""}]`,
    ),
  ];
}

export function credentialChange(before: Credentials, after: Credentials): ModifiedProperty[] {
  return [
    modified("KeyDescription", keyDescriptions(before), keyDescriptions(after)),
    modified("Included Updated Properties", undefined, "KeyDescription"),
  ];
}

function initiatorOf(tenant: Tenant, caller: Caller, request: WireRequest): AuditInitiator {
  const { directory } = tenant.state;
  if (caller.kind === "user") {
    const user = directory.users.get(caller.objectId);
    return {
      kind: "user",
      id: caller.objectId,
      userPrincipalName: user?.userPrincipalName ?? "",
      displayName: user?.displayName,
      ipAddress: request.clientAddress,
    };
  }
  return {
    kind: "app",
    servicePrincipalId: caller.objectId,
    appId: caller.appId,
    displayName: directory.servicePrincipals.get(caller.objectId)?.displayName ?? "",
  };
}

/** Writes what a successful call changed to AuditLogs. */
export function logAudits(call: GraphCall): void {
  for (const event of call.audits) {
    appendRow(
      call.tenant,
      "AuditLogs",
      auditRow({
        ...event,
        at: call.now,
        id: call.tenant.random.guid(),
        correlationId: correlationOf(call.request),
        tenantId: call.tenant.id,
        initiatedBy: initiatorOf(call.tenant, call.caller, call.request),
        additionalDetails: {
          "User-Agent": call.request.headers["user-agent"] ?? "",
          ...event.additionalDetails,
        },
      }),
    );
  }
}

function correlationOf(request: WireRequest): string {
  const given = request.headers["client-request-id"];
  return given !== undefined && /^[0-9a-f-]{36}$/i.test(given) ? given.toLowerCase() : request.id;
}

/** Every call that got past the token, refused or not, goes to MicrosoftGraphActivityLogs. */
export function logActivity(
  tenant: Tenant,
  request: WireRequest,
  caller: Caller,
  answer: { readonly status: number; readonly size: number; readonly operationId: string },
): void {
  const method = caller.claims["appidacr"];
  appendRow(
    tenant,
    "MicrosoftGraphActivityLogs",
    graphActivityRow({
      at: tenant.clock.now(),
      requestId: request.id,
      clientRequestId: request.headers["client-request-id"],
      operationId: answer.operationId,
      tenantId: tenant.id,
      appId: caller.appId,
      servicePrincipalId: caller.kind === "user" ? undefined : caller.objectId,
      userId: caller.kind === "user" ? caller.objectId : undefined,
      ipAddress: request.clientAddress,
      method: request.method,
      uri: request.url.href,
      statusCode: answer.status,
      tokenId: caller.tokenId,
      tokenIssuedAt: caller.issuedAt,
      roles: caller.roles,
      scopes: caller.scopes,
      clientAuthMethod: method === "1" ? 1 : method === "2" ? 2 : 0,
      apiVersion: request.url.pathname.startsWith("/beta") ? "beta" : "v1.0",
      userAgent: request.headers["user-agent"],
      responseSizeInBytes: answer.size,
      wids: heldDirectoryRoles(tenant.state.directory, caller.objectId),
    }),
  );
}
