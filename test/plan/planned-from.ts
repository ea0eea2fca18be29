import { STEPS } from "../../src/steps/steps.ts";
import { assemblePlan, type PlanningInput } from "../../src/plan/assemble-plan.ts";
import { Policy } from "../../src/plan/policy.ts";
import type { Plan } from "../../src/case/plan.ts";
import type { Principal } from "../../src/case/principal.ts";
import type { RoleAssignment } from "../../src/case/grant.ts";
import type { Scope, ScopedPrincipal } from "../../src/case/scope.ts";
import { namedGuid } from "../../local/tenant/random.ts";

/** An id by name: equal names, equal ids. */
export const id = (name: string) => namedGuid("plan-test", name);

export const SUBSCRIPTION = `/subscriptions/${id("subscription")}`;
export const GROUP = `${SUBSCRIPTION}/resourceGroups/rg`;

const EVIDENCE = { usedBySuspiciousSignIn: false, lastUsed: null, planted: false, leaked: false };

export function aPrincipal(name: string, more: Partial<Principal> = {}): Principal {
  return {
    kind: "application",
    objectId: id(`${name}.sp`),
    appId: id(`${name}.app`),
    applicationObjectId: id(`${name}.application`),
    displayName: name,
    home: "here",
    homeTenantId: null,
    resourceId: null,
    userPrincipalName: null,
    tags: [],
    ...more,
  };
}

export function anIdentity(name: string): Principal {
  return aPrincipal(name, {
    kind: "user-assigned-identity",
    applicationObjectId: null,
    resourceId: `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`,
  });
}

export function aScoped(principal: Principal, more: Partial<ScopedPrincipal> = {}): ScopedPrincipal {
  return {
    principal,
    because: "An alert names it.",
    certainty: "named",
    signIn: {
      enabled: true,
      deactivated: false,
      disabledByMicrosoft: null,
      syncedFromOnPremises: false,
      propertyLock: null,
    },
    passwords: [],
    certificates: [],
    federated: [],
    owners: [],
    ownedObjects: [],
    groups: [],
    appRoles: [],
    appRolesOnIt: [],
    delegatedGrants: [],
    directoryRoles: [],
    roleAssignments: [],
    vaultPolicies: [],
    attachments: [],
    ...more,
  };
}

export function aPassword(
  holderId: string,
  name: string,
  holder: "application" | "service-principal" = "application",
): ScopedPrincipal["passwords"][number] {
  return {
    holder,
    holderId,
    keyId: id(`${holderId} ${name}`),
    displayName: name,
    hint: "abc",
    startDateTime: null,
    endDateTime: null,
    customKeyIdentifier: null,
    evidence: EVIDENCE,
  };
}

export function aCertificate(
  holderId: string,
  name: string,
  more: Partial<ScopedPrincipal["certificates"][number]> = {},
): ScopedPrincipal["certificates"][number] {
  return {
    holder: "service-principal",
    holderId,
    keyId: id(`${holderId} ${name}`),
    displayName: name,
    type: "AsymmetricX509Cert",
    usage: "Verify",
    startDateTime: null,
    endDateTime: null,
    customKeyIdentifier: name,
    key: "AAAA",
    thumbprint: name.toUpperCase(),
    evidence: EVIDENCE,
    ...more,
  };
}

export function aRole(
  principalId: string,
  scope: string,
  more: Partial<RoleAssignment> = {},
): RoleAssignment {
  return {
    id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${id(`${principalId} ${scope}`)}`,
    assignment: "active",
    scope,
    roleDefinitionId: `${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/${id("contributor")}`,
    roleName: "Contributor",
    permissions: null,
    principalId,
    principalType: "ServicePrincipal",
    condition: null,
    conditionVersion: null,
    description: null,
    delegatedManagedIdentityResourceId: null,
    createdOn: null,
    createdBy: null,
    throughGroupId: null,
    planted: false,
    ...more,
  };
}

export function aScope(principals: readonly ScopedPrincipal[], more: Partial<Scope> = {}): Scope {
  return {
    schema: 1,
    caseId: "case-1",
    takenAt: "2026-11-20T12:00:00.000Z",
    window: { from: "2026-11-17T12:00:00.000Z", to: "2026-11-20T12:00:00.000Z" },
    principals,
    reach: [],
    activity: [],
    planted: [],
    obstacles: [],
    limitations: [],
    ...more,
  };
}

/** Everything runs by itself unless told otherwise. */
export const PERMISSIVE = Policy.parse({
  version: 1,
  rules: [
    {
      name: "all",
      mode: "evict",
      steps: { reversible: "automatic", irreversible: "automatic" },
    },
  ],
  limits: { principalsPerHour: 1_000, rolesPerCase: 10_000 },
});

export type Planning = Partial<Omit<PlanningInput, "policy">> & { readonly policy?: object };

export function planFor(scope: Scope, { policy: changed, ...more }: Planning = {}): Plan {
  const policy = Policy.parse({ ...PERMISSIVE, ...changed });
  const rule = policy.rules[0];
  return assemblePlan({
    scope,
    policy,
    ruling: {
      rule: rule?.name ?? "none",
      mode: rule?.mode ?? "plan",
      quickCut: false,
      steps: rule?.steps ?? { reversible: "off", irreversible: "off", kinds: {} },
    },
    mode: "evict",
    protection: { ownIds: [], protectedMembers: [] },
    productionIds: [],
    principalsCutLately: 0,
    steps: STEPS,
    ...more,
  });
}

export const stepsOf = (plan: Plan) => plan.waves.flatMap((wave) => wave.steps);
