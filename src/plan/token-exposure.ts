import type { ResidualExposure } from "../case/outcome.ts";
import { type Principal, principalKey } from "../case/principal.ts";
import { shutting } from "../steps/shutting.ts";
import type { Activity } from "../case/activity.ts";
import type { RoleAssignment } from "../case/grant.ts";
import type { Scope, ScopedPrincipal } from "../case/scope.ts";

/** Whether a kind of step on a target took. */
export type IsDone = (kind: string, target: object) => boolean;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Access tokens of applications and users live 60 to 90 minutes, at random (Entra, "access tokens"). */
const TOKEN_IN_MS = 90 * MINUTE;
/** The platform caches tokens of managed identities for about a day; through a federated credential they live as long. */
const IDENTITY_TOKEN_IN_MS = 24 * HOUR;
/** A client that opts into continuous access evaluation gets day-long tokens, which only a disabled principal ends early. */
const EVALUATED_TOKEN_IN_MS = 24 * HOUR;
/** Role assignment changes take up to ten minutes to be honoured. */
const ROLE_PROPAGATION_IN_MS = 10 * MINUTE;

export type Service = "azure-resource-manager" | "key-vault" | "microsoft-graph" | "storage" | "other";

const NAMES: Readonly<Record<Service, string>> = {
  "azure-resource-manager": "Azure Resource Manager",
  "key-vault": "Key Vault",
  "microsoft-graph": "Microsoft Graph",
  storage: "Storage",
  other: "other services",
};

const SERVICES: readonly Service[] = [
  "azure-resource-manager",
  "key-vault",
  "microsoft-graph",
  "storage",
  "other",
];

/** What bounds a token's use at a service, and why. */
interface Bound {
  readonly until: Date;
  readonly because: string;
}

/**
 * Until when tokens already issued to a principal may still work, service by service: from the sign-ins that were seen, its
 * kind, and which of its grants are gone. Where no sign-in is seen at all, the cut itself is taken as the last one.
 */
export function tokenExposure(
  scope: Scope,
  scoped: ScopedPrincipal,
  isDone: IsDone,
  cutAt: Date,
): readonly ResidualExposure[] {
  const { principal } = scoped;
  const key = principalKey(principal);
  const signIns = scope.activity.filter(
    (it) => it.principalKey === key && it.outcome === "success" && it.source.endsWith("sign-in"),
  );
  return SERVICES.flatMap((service): ResidualExposure[] => {
    const last = signIns
      .filter(({ target }) => serviceOf(target) === service)
      .map(({ at }) => at)
      .toSorted()
      .at(-1);
    // With sign-ins seen, a service without any had none; without, any may have had one up to the cut.
    if (last === undefined && (signIns.length > 0 || service === "other")) return [];
    const issuedAt = last === undefined ? cutAt : new Date(last);
    const { until, because } = boundOf(scoped, service, isDone, { issuedAt, cutAt });
    if (until <= cutAt) return [];
    return [
      {
        what: `a token issued ${issuedAt.toISOString()}${last === undefined ? " at the latest" : ""} to ${principal.displayName}`,
        where: NAMES[service],
        principalKey: key,
        until: until.toISOString(),
        because,
      },
    ];
  });
}

function boundOf(
  scoped: ScopedPrincipal,
  service: Service,
  isDone: IsDone,
  { issuedAt, cutAt }: { readonly issuedAt: Date; readonly cutAt: Date },
): Bound {
  const { principal } = scoped;
  const expiry = (lifeInMs: number) => new Date(issuedAt.getTime() + lifeInMs);
  const isIdentity =
    principal.kind === "user-assigned-identity" || principal.kind === "system-assigned-identity";
  const ends: Bound = isIdentity
    ? {
        until: expiry(IDENTITY_TOKEN_IN_MS),
        because:
          "Tokens of managed identities are good for about a day and cannot be called back; what it holds through groups or as app roles stays in them.",
      }
    : service === "microsoft-graph" && !isShut(principal, isDone) && principal.kind === "application"
      ? {
          until: expiry(EVALUATED_TOKEN_IN_MS),
          because:
            "A client that opts into continuous access evaluation holds a token for a day, and only disabling the principal ends it early.",
        }
      : {
          until: expiry(TOKEN_IN_MS),
          because:
            stillHeld(scoped, service, isDone) ??
            (service === "microsoft-graph"
              ? "Its permissions are in the token. Continuous access evaluation ends it within 15 minutes, but only for a client that opted into it, which an attacker's need not."
              : "Nothing calls an issued token back here; it ends by itself."),
        };
  if (!isAskedEachTime(scoped, service, isDone)) return ends;
  const rolesGone = new Date(cutAt.getTime() + ROLE_PROPAGATION_IN_MS);
  return rolesGone < ends.until
    ? {
        until: rolesGone,
        because: "What it held is gone and is asked for at each request; the change takes up to ten minutes.",
      }
    : ends;
}

/** Whether the principal itself was shut, so that nobody gets a new token and an evaluated one ends. */
export function isShut(principal: Principal, isDone: IsDone): boolean {
  return shutting(principal).some(({ kind, target }) => isDone(kind, target));
}

/**
 * Whether everything the principal may do at a service is looked up at each request, and has been taken away: direct role
 * assignments and access policies. What comes through a group or an app role is in the token.
 */
function isAskedEachTime(
  { roleAssignments, vaultPolicies }: ScopedPrincipal,
  service: Service,
  isDone: IsDone,
): boolean {
  if (service === "microsoft-graph" || service === "other") return false;
  const active = roleAssignments.filter((it) => it.assignment === "active");
  const policies = service === "key-vault" ? vaultPolicies : [];
  return (
    active.every((it) => it.throughGroupId === null && isGone(it, isDone) && !isSlow(it, service)) &&
    policies.every(
      ({ vaultId, objectId, applicationId, throughGroupId }) =>
        throughGroupId === null && isDone("remove-vault-access-policy", { vaultId, objectId, applicationId }),
    )
  );
}

/** What keeps a token useful until it ends: a role or policy that is still there. Null where none is. */
function stillHeld(
  { roleAssignments, vaultPolicies }: ScopedPrincipal,
  service: Service,
  isDone: IsDone,
): string | null {
  if (service === "microsoft-graph" || service === "other") return null;
  const role = roleAssignments.find(
    (it) => it.assignment === "active" && it.throughGroupId === null && !isGone(it, isDone),
  );
  const policy =
    service === "key-vault" &&
    vaultPolicies.some(
      ({ vaultId, objectId, applicationId }) =>
        !isDone("remove-vault-access-policy", { vaultId, objectId, applicationId }),
    );
  if (role === undefined && !policy) return null;
  const held = role === undefined ? "an access policy" : (role.roleName ?? "a role");
  return `It still holds ${held}, which was not removed; the token ends by itself.`;
}

function isGone({ id, principalId }: RoleAssignment, isDone: IsDone): boolean {
  return isDone("remove-role-assignment", { assignmentId: id, principalId });
}

/** A built-in role with data actions on a management group takes hours to go from data planes, not minutes. */
function isSlow({ scope, permissions }: RoleAssignment, service: Service): boolean {
  return (
    service !== "azure-resource-manager" &&
    /\/managementGroups\/[^/]+$/i.test(scope) &&
    (permissions === null || permissions.some(({ dataActions }) => dataActions.length > 0))
  );
}

/** Which service a sign-in was for, by the resource's name or id as sign-in logs write them. */
export function serviceOf(target: Activity["target"]): Service {
  const name = (target ?? "").toLowerCase();
  const has = (...parts: readonly string[]) => parts.some((part) => name.includes(part));
  if (has("key vault", "cfa8b339-82a2-471a-a3c9-0fc0be7a4093")) return "key-vault";
  if (has("microsoft graph", "00000003-0000-0000-c000-000000000000")) return "microsoft-graph";
  if (has("storage", "e406a681-f3d4-42a8-90b6-c2b029497af1")) return "storage";
  return has("service management", "resource manager", "797f4846-ba00-4fd7-ba43-dac1f8f63013")
    ? "azure-resource-manager"
    : "other";
}
