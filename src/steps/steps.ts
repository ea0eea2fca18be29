import { deactivateApplication } from "./deactivate-application.ts";
import { deleteApplicationFederatedCredential } from "./delete-application-federated-credential.ts";
import { deleteIdentityFederatedCredential } from "./delete-identity-federated-credential.ts";
import { disableServicePrincipal } from "./disable-service-principal.ts";
import { disableUser } from "./disable-user.ts";
import { removeAppRoleAssignment } from "./remove-app-role-assignment.ts";
import { removeApplicationCertificate } from "./remove-application-certificate.ts";
import { removeApplicationPassword } from "./remove-application-password.ts";
import { removeDelegatedGrant } from "./remove-delegated-grant.ts";
import { removeDirectoryRole } from "./remove-directory-role.ts";
import { removeGroupMembership } from "./remove-group-membership.ts";
import { removeOwner } from "./remove-owner.ts";
import { removeRoleAssignment } from "./remove-role-assignment.ts";
import { removeServicePrincipalCertificate } from "./remove-service-principal-certificate.ts";
import { removeServicePrincipalPassword } from "./remove-service-principal-password.ts";
import type { Step } from "./step.ts";

/** Every step kind there is. Nothing else lists them. */
export const STEPS: readonly Step[] = [
  disableServicePrincipal,
  disableUser,
  removeOwner,
  deactivateApplication,
  removeRoleAssignment,
  removeDirectoryRole,
  removeAppRoleAssignment,
  removeDelegatedGrant,
  removeGroupMembership,
  deleteApplicationFederatedCredential,
  deleteIdentityFederatedCredential,
  removeApplicationPassword,
  removeApplicationCertificate,
  removeServicePrincipalPassword,
  removeServicePrincipalCertificate,
];

const BY_KIND = new Map(STEPS.map((step) => [step.kind, step]));

/** The step of a kind. Throws for a kind that does not exist: a plan of ours never names one. */
export function stepNamed(kind: string): Step {
  const step = BY_KIND.get(kind);
  if (step === undefined) throw new TypeError(`there is no step kind ${JSON.stringify(kind)}`);
  return step;
}
