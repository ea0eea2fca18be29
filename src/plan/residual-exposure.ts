import type { Activity, Scope, ScopedPrincipal } from "../case/scope.ts";
import type { ResidualExposure } from "../case/outcome.ts";
import type { Plan } from "../case/plan.ts";
import { principalKey } from "../case/principal.ts";

/** What of the plan holds: as far as exposure depends on it. */
export interface StepStanding {
  readonly result: string | null;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Access tokens of applications and users live 60 to 90 minutes, at random (Entra, "access tokens"). */
const APPLICATION_TOKEN_IN_MS = 90 * MINUTE;
/** Tokens of managed identities are cached by the platform for about a day and cannot be called back. */
const IDENTITY_TOKEN_IN_MS = 24 * HOUR;
/** Role assignment changes take up to ten minutes to be honoured. */
const ROLE_PROPAGATION_IN_MS = 10 * MINUTE;

type Service = "azure-resource-manager" | "key-vault" | "microsoft-graph" | "storage" | "other";

const NAMES: Readonly<Record<Service, string>> = {
  "azure-resource-manager": "Azure Resource Manager",
  "key-vault": "Key Vault",
  "microsoft-graph": "Microsoft Graph",
  storage: "Storage",
  other: "another service",
};

const SERVICES: readonly Service[] = [
  "azure-resource-manager",
  "key-vault",
  "microsoft-graph",
  "storage",
  "other",
];

/**
 * Until when tokens already issued may still work, per principal and service: from the sign-ins that were really seen,
 * what kind of identity it is, and which of its grants are gone. Pure. Limits: sign-ins that the logs do not show yet
 * cannot be counted, so where none is seen the cut itself is taken as the last sign-in.
 */
export function residualExposure(
  scope: Scope,
  plan: Plan,
  standing: (stepId: string) => StepStanding,
  cutAt: Date,
): readonly ResidualExposure[] {
  const done = new Set(
    plan.waves
      .flatMap((wave) => wave.steps)
      .filter(({ id }) => ["applied", "already-so"].includes(standing(id).result ?? ""))
      .map(({ kind, target }) => `${kind} ${JSON.stringify(target)}`),
  );
  return scope.principals.flatMap((scoped) => ofPrincipal(scope, scoped, done, cutAt));
}

function ofPrincipal(
  scope: Scope,
  scoped: ScopedPrincipal,
  done: ReadonlySet<string>,
  cutAt: Date,
): readonly ResidualExposure[] {
  const { principal } = scoped;
  const key = principalKey(principal);
  const isIdentity =
    principal.kind === "system-assigned-identity" || principal.kind === "user-assigned-identity";
  const lifeInMs = isIdentity ? IDENTITY_TOKEN_IN_MS : APPLICATION_TOKEN_IN_MS;
  const signIns = scope.activity.filter(
    (it) => it.principalKey === key && it.outcome === "success" && it.source.endsWith("sign-in"),
  );
  return SERVICES.flatMap((service): ResidualExposure[] => {
    const last = lastSignIn(signIns, service);
    if (last === null && service === "other") return [];
    // A sign-in just before the cut may not be in the logs yet.
    const issuedAt = last === null || signIns.length === 0 ? cutAt : new Date(last.at);
    if (last === null && signIns.length > 0) return [];
    const expiresAt = new Date(issuedAt.getTime() + lifeInMs);
    if (expiresAt <= cutAt) return [];
    const asked = cutByRoles(scoped, service, done);
    const rolesGoneAt = new Date(cutAt.getTime() + ROLE_PROPAGATION_IN_MS);
    const until = asked && rolesGoneAt < expiresAt ? rolesGoneAt : expiresAt;
    const token = `a token issued ${issuedAt.toISOString()}${last === null ? " at the latest" : ""}`;
    return [
      {
        what: `${token} to ${principal.displayName}`,
        where: NAMES[service],
        principalKey: key,
        until: until.toISOString(),
        because: asked
          ? "Role assignments are gone and are asked for at each request; the change takes up to ten minutes."
          : isIdentity
            ? "The platform caches tokens of managed identities for about a day, and roles held through groups or in the token stay in it."
            : "Nothing calls an issued token back here; it ends by itself.",
      },
    ];
  });
}

/** Services that ask Azure RBAC at every request are cut off by removing direct assignments; groups and app roles are in the token. */
function cutByRoles(
  { roleAssignments, vaultPolicies, groups }: ScopedPrincipal,
  service: Service,
  done: ReadonlySet<string>,
): boolean {
  if (service === "microsoft-graph" || service === "other") return false;
  const isGone = (kind: string, target: object) => done.has(`${kind} ${JSON.stringify(target)}`);
  const active = roleAssignments.filter((it) => it.assignment === "active");
  const throughGroups = active.some((it) => it.throughGroupId !== null) && groups.length > 0;
  const direct = active.filter((it) => it.throughGroupId === null);
  const allGone = direct.every((it) =>
    isGone("remove-role-assignment", { assignmentId: it.id, principalId: it.principalId }),
  );
  const policiesLeft = service === "key-vault" && vaultPolicies.length > 0;
  return allGone && !throughGroups && !policiesLeft;
}

function lastSignIn(signIns: readonly Activity[], service: Service): Activity | null {
  return (
    signIns
      .filter(({ target }) => serviceOf(target) === service)
      .toSorted((a, b) => (a.at < b.at ? 1 : -1))[0] ?? null
  );
}

/** Which service a sign-in was for, by the resource's name or id as sign-in logs write them. */
function serviceOf(target: string | null): Service {
  const name = (target ?? "").toLowerCase();
  if (name.includes("key vault") || name.includes("cfa8b339-82a2-471a-a3c9-0fc0be7a4093")) return "key-vault";
  if (name.includes("graph") || name.includes("00000003-0000-0000-c000-000000000000"))
    return "microsoft-graph";
  if (name.includes("storage") || name.includes("e406a681-f3d4-42a8-90b6-c2b029497af1")) return "storage";
  if (
    name.includes("service management") ||
    name.includes("resource manager") ||
    name.includes("797f4846-ba00-4fd7-ba43-dac1f8f63013")
  ) {
    return "azure-resource-manager";
  }
  return "other";
}
