import { z } from "zod";
import { AUDIT_OPERATIONS } from "../../logs/rows/audit.ts";
import { GraphFault, badRequest, missingRiskPermission, notFound } from "../errors.ts";
import type { RiskDetection, RiskyPrincipal } from "../../state/directory.ts";
import { modified } from "../audit-events.ts";
import { bodyOf, noContent, parameter } from "../call.ts";
import type { GraphAnswer, GraphCall, Route } from "../call.ts";
import type { Entity } from "../entities.ts";
import { collection, single } from "../odata/collection.ts";
import { NEEDS, require } from "../permissions.ts";
import type { Need } from "../permissions.ts";

type Kind = RiskyPrincipal["kind"];

const risky = (kind: Kind): Entity<RiskyPrincipal> => ({
  type: kind === "user" ? "riskyUser" : "riskyServicePrincipal",
  resource: kind === "user" ? "RiskyUser" : "RiskyServicePrincipal",
  json: (call, it) => {
    const common = {
      id: it.id,
      isProcessing: false,
      riskLevel: it.riskLevel,
      riskState: it.riskState,
      riskDetail: it.riskDetail,
      riskLastUpdatedDateTime: it.riskLastUpdatedDateTime,
    };
    if (kind === "user") {
      const user = call.directory.users.get(it.id, call.asOf);
      return {
        ...common,
        isDeleted: user === undefined,
        userDisplayName: user?.displayName ?? null,
        userPrincipalName: user?.userPrincipalName ?? null,
      };
    }
    const principal = call.directory.servicePrincipals.get(it.id, call.asOf);
    return {
      ...common,
      appId: principal?.appId ?? null,
      displayName: principal?.displayName ?? null,
      isEnabled: principal?.accountEnabled ?? false,
      servicePrincipalType: principal?.servicePrincipalType ?? null,
    };
  },
  filter: {
    id: ["eq"],
    riskLevel: ["eq"],
    riskState: ["eq"],
    riskDetail: ["eq"],
    riskLastUpdatedDateTime: ["eq", "ge", "le", "gt", "lt"],
    ...(kind === "user" ? { userPrincipalName: ["eq"] } : { appId: ["eq"], servicePrincipalType: ["eq"] }),
  },
  orderBy: ["riskLastUpdatedDateTime"],
});

const detection = (kind: Kind): Entity<RiskDetection> => ({
  type: kind === "user" ? "riskDetection" : "servicePrincipalRiskDetection",
  resource: kind === "user" ? "RiskDetection" : "ServicePrincipalRiskDetection",
  json: (call, it) => {
    const principal = call.directory.servicePrincipals.get(it.principalId, call.asOf);
    const user = call.directory.users.get(it.principalId, call.asOf);
    return {
      id: it.id,
      requestId: null,
      correlationId: null,
      riskEventType: it.riskEventType,
      riskState: it.riskState,
      riskLevel: it.riskLevel,
      riskDetail: it.riskDetail,
      source: "IdentityProtection",
      detectionTimingType: "offline",
      activity: kind === "user" ? "signin" : "servicePrincipal",
      tokenIssuerType: "AzureAD",
      ipAddress: it.ipAddress,
      location: null,
      activityDateTime: it.activityDateTime,
      detectedDateTime: it.detectedDateTime,
      lastUpdatedDateTime: it.detectedDateTime,
      ...(kind === "user"
        ? {
            userId: it.principalId,
            userDisplayName: user?.displayName ?? null,
            userPrincipalName: user?.userPrincipalName ?? null,
          }
        : {
            servicePrincipalId: it.principalId,
            servicePrincipalDisplayName: principal?.displayName ?? null,
            appId: principal?.appId ?? null,
            keyIds: it.keyIds,
          }),
      additionalInfo: it.additionalInfo,
    };
  },
  filter: {
    id: ["eq"],
    riskEventType: ["eq"],
    riskLevel: ["eq"],
    riskState: ["eq"],
    detectedDateTime: ["eq", "ge", "le", "gt", "lt"],
    activityDateTime: ["eq", "ge", "le", "gt", "lt"],
    ...(kind === "user"
      ? { userId: ["eq"], userPrincipalName: ["eq"] }
      : { servicePrincipalId: ["eq"], appId: ["eq"] }),
  },
  orderBy: ["detectedDateTime"],
});

function requireRisk(call: GraphCall, need: Need): void {
  require(call, { ...need, refusal: missingRiskPermission });
}

interface Face {
  readonly kind: Kind;
  readonly path: string;
  readonly ids: "userIds" | "servicePrincipalIds";
  readonly read: Need;
  readonly write: Need;
}

const FACES: readonly Face[] = [
  {
    kind: "user",
    path: "riskyUsers",
    ids: "userIds",
    read: NEEDS.readRiskyUsers,
    write: NEEDS.writeRiskyUsers,
  },
  {
    kind: "servicePrincipal",
    path: "riskyServicePrincipals",
    ids: "servicePrincipalIds",
    read: NEEDS.readRiskyPrincipals,
    write: NEEDS.writeRiskyPrincipals,
  },
];

const MAX_IDS = 60;

/** Confirmed or dismissed by an administrator: only the risk changes; nobody is disabled by it. */
function settle(call: GraphCall, face: Face, compromised: boolean): GraphAnswer {
  requireRisk(call, face.write);
  const body = bodyOf(call, z.record(z.string(), z.array(z.guid())));
  const ids = (body[face.ids] ?? []).map((id) => id.toLowerCase());
  // guess: the texts here; the limit of 60 users is documented.
  if (ids.length === 0) throw badRequest(`${face.ids} must not be empty.`);
  if (ids.length > MAX_IDS) throw badRequest(`${face.ids} must not have more than ${MAX_IDS} items.`);
  for (const id of ids) {
    const user = face.kind === "user" ? call.directory.users.get(id, call.asOf) : undefined;
    const principal = face.kind === "user" ? undefined : call.directory.servicePrincipals.get(id, call.asOf);
    if (user === undefined && principal === undefined) throw notFound(id);
    // guess: the refusal; that managed identities are out of scope is documented.
    if (principal?.servicePrincipalType === "ManagedIdentity")
      throw new GraphFault(400, "BadRequest", "Managed identities are not in scope of identity protection.");
    const level = compromised ? "high" : "none";
    const state = compromised ? "confirmedCompromised" : "dismissed";
    const before = call.directory.riskyPrincipals.get(id);
    call.directory.riskyPrincipals.put(
      {
        id,
        kind: face.kind,
        riskLevel: level,
        riskState: state,
        riskDetail: compromised
          ? face.kind === "user"
            ? "adminConfirmedUserCompromised"
            : "adminConfirmedServicePrincipalCompromised"
          : face.kind === "user"
            ? "adminDismissedAllRiskForUser"
            : "adminDismissedAllRiskForServicePrincipal",
        riskLastUpdatedDateTime: new Date(call.now).toISOString(),
      },
      call.now,
    );
    call.audits.push({
      operationName: !compromised
        ? "Dismiss risk"
        : face.kind === "user"
          ? AUDIT_OPERATIONS.confirmUserCompromised
          : AUDIT_OPERATIONS.confirmServicePrincipalCompromised,
      category: "IdentityProtection",
      loggedByService: "Identity Protection",
      targets: [
        {
          id,
          displayName: user?.displayName ?? principal?.displayName,
          type: face.kind === "user" ? "User" : "ServicePrincipal",
          ...(user === undefined ? {} : { userPrincipalName: user.userPrincipalName }),
          modifiedProperties: [modified("RiskLevel", before?.riskLevel ?? "none", level)],
        },
      ],
    });
  }
  return noContent();
}

const ROOT = "/identityProtection";
const IDENTITY_PROTECTION = "identity-protection" as const;

export const riskRoutes: readonly Route[] = [
  ...FACES.flatMap((face): Route[] => [
    {
      method: "GET",
      path: `${ROOT}/${face.path}`,
      kind: IDENTITY_PROTECTION,
      handle: (call) => {
        requireRisk(call, face.read);
        return collection(call, risky(face.kind), {
          context: `identityProtection/${face.path}`,
          items: [...call.directory.riskyPrincipals.all(call.asOf)].filter(({ kind }) => kind === face.kind),
          idOf: ({ id }) => id,
        });
      },
    },
    {
      method: "GET",
      path: `${ROOT}/${face.path}/{id}`,
      kind: IDENTITY_PROTECTION,
      handle: (call) => {
        requireRisk(call, face.read);
        const found = call.directory.riskyPrincipals.get(parameter(call, "id").toLowerCase(), call.asOf);
        if (found?.kind !== face.kind) throw notFound(parameter(call, "id"));
        return single(call, risky(face.kind), found, `identityProtection/${face.path}`);
      },
    },
    {
      method: "POST",
      path: `${ROOT}/${face.path}/confirmCompromised`,
      kind: IDENTITY_PROTECTION,
      handle: (call) => settle(call, face, true),
    },
    {
      method: "POST",
      path: `${ROOT}/${face.path}/dismiss`,
      kind: IDENTITY_PROTECTION,
      handle: (call) => settle(call, face, false),
    },
  ]),
  ...(
    [
      ["user", "riskDetections"],
      ["servicePrincipal", "servicePrincipalRiskDetections"],
    ] as const
  ).map(([of, path]): Route => ({
    method: "GET",
    path: `${ROOT}/${path}`,
    kind: IDENTITY_PROTECTION,
    handle: (call) => {
      requireRisk(call, NEEDS.readRiskDetections);
      return collection(call, detection(of), {
        context: `identityProtection/${path}`,
        items: [...call.directory.riskDetections.all(call.asOf)].filter(({ kind }) => kind === of),
        idOf: ({ id }) => id,
      });
    },
  })),
];
