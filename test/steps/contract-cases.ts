import type { ServiceName } from "../../local/tenant/service.ts";

/** What sets one kind apart in the contract that all of them keep. */
export interface ContractCase {
  /** The request that has the effect: where faults are put. */
  readonly effect: { readonly service: ServiceName; readonly operation: string };
  /** What in the world may differ after it; nothing else may. */
  readonly changes: RegExp;
  /** What may still differ once it is undone. Nothing unless given. */
  readonly remains?: RegExp;
  /** It is written without asking first, because each request more is time for the attacker; again does no harm. */
  readonly writtenBlindly?: boolean;
}

const graph = (operation: string) => ({ service: "graph" as const, operation });
const arm = (operation: string) => ({ service: "arm" as const, operation });

/** A cluster's property; with any write the stand-in also writes down what it only served until then. */
const written = (property: string) =>
  new RegExp(
    `^resource .*/managedClusters/aks (?:${property}|azurePortalFQDN|fqdn|nodeResourceGroup|oidcIssuerProfile|powerState)$`,
  );

/** By kind. A kind that is not here fails the contract. */
export const CONTRACT: Readonly<Record<string, ContractCase>> = {
  "disable-service-principal": {
    effect: graph("PATCH /servicePrincipals/{id}"),
    changes: /^servicePrincipal [^ ]+$/,
    writtenBlindly: true,
  },
  "disable-user": { effect: graph("PATCH /users/{id}"), changes: /^users /, writtenBlindly: true },
  "revoke-user-sessions": { effect: graph("POST /users/{id}/revokeSignInSessions"), changes: /^users / },
  "confirm-user-compromised": {
    effect: graph("POST /identityProtection/riskyUsers/confirmCompromised"),
    changes: /^riskyPrincipals /,
  },
  "confirm-service-principal-compromised": {
    effect: graph("POST /identityProtection/riskyServicePrincipals/confirmCompromised"),
    changes: /^riskyPrincipals /,
  },
  "remove-owner": { effect: graph("DELETE /applications/{id}/owners/{owner}/$ref"), changes: /^ownerships / },
  "deactivate-application": {
    effect: graph("PATCH /applications/{id}"),
    // The service principal mirrors it.
    changes: /^(?:application|servicePrincipal) [^ ]+$/,
    // What was never set is `false` then, which means the same.
    remains: /^(?:application|servicePrincipal) [^ ]+$/,
    writtenBlindly: true,
  },
  "remove-role-assignment": {
    effect: arm("DELETE /providers/Microsoft.Authorization/roleAssignments/{id}"),
    changes: /^role /,
  },
  "remove-role-eligibility": {
    effect: arm("PUT /providers/Microsoft.Authorization/roleEligibilityScheduleRequests/{id}"),
    changes: /^eligibility /,
  },
  "remove-vault-access-policy": {
    effect: arm("PUT /vaults/{vault}/accessPolicies/remove"),
    changes: /^access policy of .*kv-policies/,
  },
  "remove-directory-role": {
    effect: graph("DELETE /roleManagement/directory/roleAssignments/{id}"),
    changes: /^(?:roleAssignments|roleSchedules) /,
    // It begins anew when it is given back.
    remains: /^roleSchedules /,
  },
  "remove-directory-role-eligibility": {
    effect: graph("POST /roleManagement/directory/roleEligibilityScheduleRequests"),
    changes: /^roleSchedules /,
    // It begins anew when it is given back.
    remains: /^roleSchedules /,
  },
  "remove-app-role-assignment": {
    effect: graph("DELETE /servicePrincipals/{id}/appRoleAssignments/{assignment}"),
    changes: /^appRoleAssignments /,
    remains: /^appRoleAssignments /,
  },
  "remove-delegated-grant": { effect: graph("DELETE /oauth2PermissionGrants/{id}"), changes: /^grants / },
  "remove-group-membership": {
    effect: graph("DELETE /groups/{id}/members/{member}/$ref"),
    changes: /^memberships /,
  },
  "delete-application-federated-credential": {
    effect: graph("DELETE /applications/{id}/federatedIdentityCredentials/{credential}"),
    changes: /^federatedCredentials /,
    // Graph gives a new id.
    remains: /^federatedCredentials /,
  },
  "delete-identity-federated-credential": {
    effect: arm("DELETE /federatedIdentityCredentials/{name}"),
    changes: /^(?:resource|identity of) .*\/federatedIdentityCredentials\//,
    remains: /^resource .*\/federatedIdentityCredentials\//,
  },
  "remove-application-password": {
    effect: graph("POST /applications/{id}/removePassword"),
    changes: /^application [^ ]+ password /,
  },
  "remove-application-certificate": {
    effect: graph("PATCH /applications/{id}"),
    changes: /^application [^ ]+ certificate /,
  },
  "remove-service-principal-password": {
    effect: graph("POST /servicePrincipals/{id}/removePassword"),
    changes: /^servicePrincipal [^ ]+ password /,
  },
  "remove-service-principal-certificate": {
    effect: graph("PATCH /servicePrincipals/{id}"),
    changes: /^servicePrincipal [^ ]+ certificate /,
  },
  "regenerate-storage-key": {
    effect: arm("POST /storageAccounts/{account}/regenerateKey"),
    changes: /^key key1 of .*stshop/,
  },
  "revoke-user-delegation-keys": {
    effect: arm("POST /storageAccounts/{account}/revokeUserDelegationKeys"),
    changes: /^delegation keys of .*stshop/,
  },
  "disable-basic-publishing": {
    effect: arm("PUT /basicPublishingCredentialsPolicies/scm"),
    changes: /^(?:resource|identity of) .*\/sites\/web\/basicPublishingCredentialsPolicies\//,
    remains: /^(?:resource|identity of) .*\/sites\/web\/basicPublishingCredentialsPolicies\//,
  },
  "reset-publishing-credentials": {
    effect: arm("POST /sites/{site}/newpassword"),
    changes: /^key publishingPassword of .*\/sites\/web$/,
  },
  "disable-secret-version": {
    effect: { service: "key-vault", operation: "PATCH /secrets/{name}/{version}" },
    changes: /^secret kv-shop api-key /,
  },
  "detach-managed-identity": {
    effect: arm("PATCH /sites/{site}"),
    changes: /^identity of .*\/sites\/web$/,
  },
  "disable-cluster-local-accounts": {
    effect: arm("PUT /managedClusters/{cluster}"),
    changes: written("disableLocalAccounts"),
    remains: written("powerState"),
  },
  "restrict-cluster-api-server": {
    effect: arm("PUT /managedClusters/{cluster}"),
    changes: written("apiServerAccessProfile"),
    remains: written("powerState"),
  },
  "rotate-cluster-certificates": {
    effect: arm("POST /managedClusters/{cluster}/rotateClusterCertificates"),
    changes: /^key .* of .*\/managedclusters\/aks$/,
  },
  "rotate-cluster-signing-keys": {
    effect: arm("POST /managedClusters/{cluster}/rotateServiceAccountSigningKeys"),
    changes: /^key .* of .*\/managedclusters\/aks$/,
  },
  "delete-service-principal": {
    effect: graph("DELETE /servicePrincipals/{id}"),
    changes: /^(?:servicePrincipal|deletedItems) /,
  },
};
