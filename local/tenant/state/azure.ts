export * from "./azure/model.ts";
export {
  alternativeNamesOf,
  federatedCredentialsOf,
  identityByClientId,
  identityOfResource,
  managedIdentityPrincipals,
  type FederatedIdentityCredential,
  type ManagedIdentity,
} from "./azure/managed-identities.ts";
export { emptyAzure } from "./azure/empty.ts";
export { loadAzure } from "./azure/load.ts";
export { AzureSection } from "./azure/section.ts";
export { isAtOrBelow, parseResourceId, sameId } from "./azure/resource-id.ts";
export {
  allResources,
  findResource,
  preloadResource,
  putResource,
  removeResource,
  resourcesBelow,
  resourcesOfType,
} from "./azure/resources.ts";
export {
  allRoleAssignments,
  assignmentsOf,
  findRoleAssignment,
  putRoleAssignment,
  removeRoleAssignment,
} from "./azure/role-assignments.ts";
export { asOf, latest } from "./azure/history.ts";
