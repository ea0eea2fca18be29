/** Entra's directory of one tenant: what other services and scenarios need of it. */
export {
  Directory,
  applicationByAppId,
  appRolesOf,
  directoryObjectKind,
  grantedAppRoles,
  heldDirectoryRoles,
  servicePrincipal,
  servicePrincipalByAppId,
  transitiveGroupIds,
  user,
} from "./directory/directory.ts";
export type * from "./directory/objects.ts";
export { GRAPH_APP_ID } from "./directory/first-party.ts";
export { loadDirectory } from "./directory/load.ts";
export { DirectorySection } from "./directory/section.ts";
export { addManagedIdentity, removeManagedIdentity } from "./directory/managed-identities.ts";
export { scenarioCertificate } from "./directory/credentials.ts";
