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
