import { textIn, textsIn } from "./json.ts";
import { allResources, findResource, resourceByClientId, resourcesBelow } from "./resources.ts";
import type { AzureState, Resource } from "./model.ts";

export const USER_ASSIGNED_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities";
export const FEDERATED_CREDENTIAL = `${USER_ASSIGNED_IDENTITY}/federatedIdentityCredentials`;

export interface ManagedIdentity {
  readonly kind: "user-assigned" | "system-assigned";
  /** ARM id of the user-assigned identity, or of the resource whose own identity it is. Goes into tokens as `xms_mirid`. */
  readonly resourceId: string;
  readonly name: string;
  /** Object id of its service principal. */
  readonly principalId: string;
  readonly clientId: string;
}

export interface FederatedIdentityCredential {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
}

/** The managed identity with this client (application) id, of either kind. */
export function identityByClientId(state: AzureState, clientId: string): ManagedIdentity | undefined {
  const resource = resourceByClientId(state, clientId);
  return resource && (userAssigned(resource) ?? systemAssigned(resource));
}

/** Every identity attached to a resource, its own first. A reference to an identity that was deleted answers nothing. */
export function identityOfResource(state: AzureState, resourceId: string): ManagedIdentity[] {
  const resource = findResource(state, resourceId);
  if (!resource) return [];
  const own = systemAssigned(resource);
  const attached = (resource.identity?.userAssigned ?? []).flatMap((id) => {
    const identity = findResource(state, id);
    const found = identity && userAssigned(identity);
    return found ? [found] : [];
  });
  return own ? [own, ...attached] : attached;
}

export function federatedCredentialsOf(state: AzureState, clientId: string): FederatedIdentityCredential[] {
  const identity = resourceByClientId(state, clientId);
  if (!identity) return [];
  return [...resourcesBelow(state, identity.id, FEDERATED_CREDENTIAL)].map(({ id, name, properties }) => ({
    id,
    name,
    issuer: textIn(properties, "issuer"),
    subject: textIn(properties, "subject"),
    audiences: textsIn(properties, "audiences"),
  }));
}

/** The service principal each managed identity is in the directory: what a directory must hold for this state to be whole. */
export function managedIdentityPrincipals(state: AzureState): (ManagedIdentity & {
  readonly alternativeNames: readonly string[];
})[] {
  const found: (ManagedIdentity & { readonly alternativeNames: readonly string[] })[] = [];
  for (const resource of allResources(state)) {
    for (const identity of [userAssigned(resource), systemAssigned(resource)]) {
      if (identity) found.push({ ...identity, alternativeNames: alternativeNamesOf(identity) });
    }
  }
  return found;
}

/** `alternativeNames` of the service principal: the only thing in the directory that says which resource it is. */
function alternativeNamesOf(identity: ManagedIdentity): string[] {
  return [`isExplicit=${identity.kind === "user-assigned" ? "True" : "False"}`, identity.resourceId];
}

function userAssigned(resource: Resource): ManagedIdentity | undefined {
  if (resource.type.toLowerCase() !== USER_ASSIGNED_IDENTITY.toLowerCase()) return undefined;
  return {
    kind: "user-assigned",
    resourceId: resource.id,
    name: resource.name,
    principalId: textIn(resource.properties, "principalId"),
    clientId: textIn(resource.properties, "clientId"),
  };
}

function systemAssigned(resource: Resource): ManagedIdentity | undefined {
  const own = resource.identity?.systemAssigned;
  return own && { kind: "system-assigned", resourceId: resource.id, name: resource.name, ...own };
}
