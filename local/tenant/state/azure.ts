export type * from "./azure/model.ts";
export {
  federatedCredentialsOf,
  identityByClientId,
  identityOfResource,
  managedIdentityPrincipals,
  type ManagedIdentity,
} from "./azure/managed-identities.ts";
export { emptyAzure } from "./azure/empty.ts";
export { loadAzure } from "./azure/load.ts";
export { AzureSection } from "./azure/section.ts";
export { sameId } from "./azure/resource-id.ts";
export { findResource, resourcesBelow, resourcesOfType } from "./azure/resources.ts";
export { allRoleAssignments, removeRoleAssignment } from "./azure/role-assignments.ts";
