import { confirmServicePrincipalCompromised } from "./confirm-service-principal-compromised.ts";
import { confirmUserCompromised } from "./confirm-user-compromised.ts";
import { deactivateApplication } from "./deactivate-application.ts";
import { deleteApplicationFederatedCredential } from "./delete-application-federated-credential.ts";
import { deleteIdentityFederatedCredential } from "./delete-identity-federated-credential.ts";
import { deleteServicePrincipal } from "./delete-service-principal.ts";
import { detachManagedIdentity } from "./detach-managed-identity.ts";
import { disableBasicPublishing } from "./disable-basic-publishing.ts";
import { disableClusterLocalAccounts } from "./disable-cluster-local-accounts.ts";
import { disableSecretVersion } from "./disable-secret-version.ts";
import { disableServicePrincipal } from "./disable-service-principal.ts";
import { disableUser } from "./disable-user.ts";
import { regenerateStorageKey } from "./regenerate-storage-key.ts";
import { removeAppRoleAssignment } from "./remove-app-role-assignment.ts";
import { removeApplicationCertificate } from "./remove-application-certificate.ts";
import { removeApplicationPassword } from "./remove-application-password.ts";
import { removeDelegatedGrant } from "./remove-delegated-grant.ts";
import { removeDirectoryRole } from "./remove-directory-role.ts";
import { removeDirectoryRoleEligibility } from "./remove-directory-role-eligibility.ts";
import { removeGroupMembership } from "./remove-group-membership.ts";
import { removeOwner } from "./remove-owner.ts";
import { removeRoleAssignment } from "./remove-role-assignment.ts";
import { removeRoleEligibility } from "./remove-role-eligibility.ts";
import { removeServicePrincipalCertificate } from "./remove-service-principal-certificate.ts";
import { removeServicePrincipalPassword } from "./remove-service-principal-password.ts";
import { removeVaultAccessPolicy } from "./remove-vault-access-policy.ts";
import { resetPublishingCredentials } from "./reset-publishing-credentials.ts";
import { restrictClusterApiServer } from "./restrict-cluster-api-server.ts";
import { revokeUserDelegationKeys } from "./revoke-user-delegation-keys.ts";
import { revokeUserSessions } from "./revoke-user-sessions.ts";
import { rotateClusterCertificates } from "./rotate-cluster-certificates.ts";
import { rotateClusterSigningKeys } from "./rotate-cluster-signing-keys.ts";
import { rotateSecret } from "./rotate-secret.ts";
import type { Step } from "./step.ts";

/** Every step kind there is. Nothing else lists them. */
export const STEPS: readonly Step[] = [
  disableServicePrincipal,
  disableUser,
  revokeUserSessions,
  confirmUserCompromised,
  confirmServicePrincipalCompromised,
  removeOwner,
  deactivateApplication,
  removeRoleAssignment,
  removeRoleEligibility,
  removeVaultAccessPolicy,
  removeDirectoryRole,
  removeDirectoryRoleEligibility,
  removeAppRoleAssignment,
  removeDelegatedGrant,
  removeGroupMembership,
  deleteApplicationFederatedCredential,
  deleteIdentityFederatedCredential,
  removeApplicationPassword,
  removeApplicationCertificate,
  removeServicePrincipalPassword,
  removeServicePrincipalCertificate,
  regenerateStorageKey,
  revokeUserDelegationKeys,
  disableBasicPublishing,
  resetPublishingCredentials,
  disableSecretVersion,
  detachManagedIdentity,
  disableClusterLocalAccounts,
  restrictClusterApiServer,
  rotateClusterCertificates,
  rotateClusterSigningKeys,
  deleteServicePrincipal,
  rotateSecret,
];

const BY_KIND = new Map(STEPS.map((step) => [step.kind, step]));

/** The step of a kind. Throws for a kind that does not exist: a plan of ours never names one. */
export function stepNamed(kind: string): Step {
  const step = BY_KIND.get(kind);
  if (step === undefined) throw new TypeError(`there is no step kind ${JSON.stringify(kind)}`);
  return step;
}
