import type { Principal } from "../case/principal.ts";
import type { PropertyLock, SignInState } from "../case/scope.ts";
import {
  APPLICATION_FIELDS,
  GraphApplication,
  GraphServicePrincipal,
  GraphUser,
  SERVICE_PRINCIPAL_FIELDS,
  USER_FIELDS,
} from "./directory-objects.ts";
import { readOrAbsent } from "./gaps.ts";
import { principalLabel, type Reading } from "./reading.ts";

/** The principal's own objects, with credentials. */
export interface DirectoryObjects {
  readonly servicePrincipal: GraphServicePrincipal | null;
  readonly application: GraphApplication | null;
  readonly user: GraphUser | null;
}

// Certificates' bytes come only when keyCredentials is named (150 such reads a minute and tenant: for suspects only).
const CREDENTIALS = "passwordCredentials,keyCredentials";

export async function readDirectoryObjects(
  { directory, gaps }: Reading,
  principal: Principal,
): Promise<DirectoryObjects> {
  const label = principalLabel(principal);
  if (principal.kind === "user") {
    const read = await directory.get(`/users/${principal.objectId ?? ""}?$select=${USER_FIELDS}`, GraphUser);
    return {
      servicePrincipal: null,
      application: null,
      user: readOrAbsent(gaps, `sign-in state of ${label}`, read, null),
    };
  }
  const mayHaveApplication =
    principal.kind === "application" && principal.home !== "microsoft" && principal.appId !== null;
  const [servicePrincipal, application] = await Promise.all([
    principal.objectId === null
      ? null
      : directory.get(
          `/servicePrincipals/${principal.objectId}?$select=${SERVICE_PRINCIPAL_FIELDS},${CREDENTIALS}`,
          GraphServicePrincipal,
        ),
    mayHaveApplication
      ? directory.get(
          `/applications(appId='${principal.appId ?? ""}')?$select=${APPLICATION_FIELDS},isDisabled,disabledByMicrosoftStatus,servicePrincipalLockConfiguration,${CREDENTIALS}`,
          GraphApplication,
        )
      : null,
  ]);
  return {
    servicePrincipal:
      servicePrincipal === null
        ? null
        : readOrAbsent(gaps, `service principal of ${label}`, servicePrincipal, null),
    application:
      application === null ? null : readOrAbsent(gaps, `application object of ${label}`, application, null),
    user: null,
  };
}

export function signInState({ servicePrincipal, application, user }: DirectoryObjects): SignInState {
  return {
    enabled: servicePrincipal?.accountEnabled ?? user?.accountEnabled ?? null,
    deactivated: application === null ? null : (application.isDisabled ?? false),
    disabledByMicrosoft:
      servicePrincipal?.disabledByMicrosoftStatus ?? application?.disabledByMicrosoftStatus ?? null,
    syncedFromOnPremises: user?.onPremisesSyncEnabled ?? false,
    propertyLock: propertyLock(application),
  };
}

function propertyLock(application: GraphApplication | null): PropertyLock | null {
  const lock = application?.servicePrincipalLockConfiguration;
  if (lock == null) return null;
  return {
    enabled: lock.isEnabled ?? false,
    allProperties: lock.allProperties ?? false,
    credentialsWithUsageSign: lock.credentialsWithUsageSign ?? false,
    credentialsWithUsageVerify: lock.credentialsWithUsageVerify ?? false,
    tokenEncryptionKeyId: lock.tokenEncryptionKeyId ?? false,
  };
}
