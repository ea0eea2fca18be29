import type { Home, Principal, PrincipalKind } from "../../case/principal.ts";
import type { GraphApplication, GraphServicePrincipal, GraphUser } from "../directory-objects.ts";
import { armIdOf } from "../identifiers.ts";

/** Owner tenants of Microsoft's own applications (merill/microsoft-info, MicrosoftApps.csv: 724 and 13 of them). */
const MICROSOFT_TENANTS: ReadonlySet<string> = new Set([
  "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
  "72f988bf-86f1-41af-91ab-2d7cd011db47",
]);

/** A service principal as a principal, or the type of one that Tourniquet does not know how to contain. */
export type Recognised =
  | { readonly kind: "principal"; readonly principal: Principal }
  | { readonly kind: "unsupported"; readonly type: string };

/**
 * What a service principal is. `application` is its application object where one was found here; without it, and without
 * knowing this tenant's id, an application owned by anyone but Microsoft counts as homed elsewhere.
 */
export function servicePrincipalAs(
  object: GraphServicePrincipal,
  application: GraphApplication | null,
  tenantId: string | null,
): Recognised {
  const type = object.servicePrincipalType ?? "Application";
  const kind = kindOf(object, type);
  if (kind === null) return { kind: "unsupported", type };
  const identity = kind === "system-assigned-identity" || kind === "user-assigned-identity";
  return {
    kind: "principal",
    principal: {
      kind,
      objectId: object.id,
      appId: object.appId,
      applicationObjectId: application?.id ?? null,
      displayName: object.displayName ?? "",
      // Managed identities carry no owner tenant that means anything: they belong to the resources of this tenant.
      home: identity ? "here" : homeOf(object.appOwnerOrganizationId ?? null, application, tenantId, kind),
      homeTenantId: object.appOwnerOrganizationId ?? (identity ? tenantId : null),
      resourceId: identity ? resourceOf(object) : null,
      userPrincipalName: null,
      tags: (object.tags ?? []).toSorted(),
    },
  };
}

/** An application that nobody made a service principal for here: its credentials can sign in elsewhere. */
export function applicationAs(application: GraphApplication, tenantId: string | null): Principal {
  return {
    kind: "application",
    objectId: null,
    appId: application.appId,
    applicationObjectId: application.id,
    displayName: application.displayName ?? "",
    home: "here",
    homeTenantId: tenantId,
    resourceId: null,
    userPrincipalName: null,
    tags: (application.tags ?? []).toSorted(),
  };
}

export function userAs(user: GraphUser, tenantId: string | null): Principal {
  return {
    kind: "user",
    objectId: user.id,
    appId: null,
    applicationObjectId: null,
    displayName: user.displayName ?? "",
    home: "here",
    homeTenantId: tenantId,
    resourceId: null,
    userPrincipalName: user.userPrincipalName ?? null,
    tags: [],
  };
}

function kindOf(object: GraphServicePrincipal, type: string): PrincipalKind | null {
  switch (type) {
    case "Application":
      return "application";
    case "ManagedIdentity":
      // `isExplicit=True` marks a user-assigned one; False, or nothing at all, a system-assigned one.
      return (object.alternativeNames ?? []).some((name) => name.toLowerCase() === "isexplicit=true")
        ? "user-assigned-identity"
        : "system-assigned-identity";
    case "Legacy":
      return "legacy";
    default:
      return null;
  }
}

function homeOf(
  owner: string | null,
  application: GraphApplication | null,
  tenantId: string | null,
  kind: PrincipalKind,
): Home {
  if (owner !== null && MICROSOFT_TENANTS.has(owner.toLowerCase())) return "microsoft";
  if (application !== null || kind === "legacy") return "here";
  if (owner === null) return "here";
  return owner.toLowerCase() === tenantId?.toLowerCase() ? "here" : "foreign";
}

function resourceOf(object: GraphServicePrincipal): string | null {
  for (const name of object.alternativeNames ?? []) {
    const id = armIdOf(name);
    if (id !== null) return id;
  }
  return null;
}
