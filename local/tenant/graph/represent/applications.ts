import { applicationByAppId } from "../../state/directory.ts";
import type { Application, PropertyLock, ServicePrincipal } from "../../state/directory.ts";
import type { GraphCall } from "../call.ts";
import { keyJson, passwordJson, platformKeys } from "./credentials.ts";

type Json = Record<string, unknown>;

/** Whether `$select` asks for `keyCredentials` by name, which alone brings the certificates. */
const asksForKeys = (call: GraphCall) => call.query.select?.includes("keyCredentials") === true;

export function applicationJson(call: GraphCall, application: Application): Json {
  return {
    id: application.id,
    deletedDateTime: application.deletedDateTime,
    appId: application.appId,
    applicationTemplateId: null,
    createdByAppId: null,
    createdDateTime: application.createdDateTime,
    disabledByMicrosoftStatus: application.disabledByMicrosoftStatus,
    displayName: application.displayName,
    description: application.description,
    groupMembershipClaims: null,
    identifierUris: application.identifierUris,
    isDeviceOnlyAuthSupported: null,
    isDisabled: application.isDisabled,
    isFallbackPublicClient: null,
    nativeAuthenticationApisEnabled: null,
    notes: application.notes,
    publisherDomain: call.tenant.domain,
    serviceManagementReference: null,
    signInAudience: application.signInAudience,
    tags: application.tags,
    tokenEncryptionKeyId: application.tokenEncryptionKeyId,
    uniqueName: null,
    samlMetadataUrl: null,
    defaultRedirectUri: null,
    certification: null,
    optionalClaims: null,
    servicePrincipalLockConfiguration: lockJson(application.servicePrincipalLockConfiguration),
    requestSignatureVerification: null,
    addIns: [],
    api: {
      acceptMappedClaims: null,
      knownClientApplications: [],
      requestedAccessTokenVersion: null,
      oauth2PermissionScopes: application.oauth2PermissionScopes,
      preAuthorizedApplications: [],
    },
    appRoles: application.appRoles,
    info: {
      logoUrl: null,
      marketingUrl: null,
      privacyStatementUrl: null,
      supportUrl: null,
      termsOfServiceUrl: null,
    },
    keyCredentials: application.keyCredentials.map((key) => keyJson(key, asksForKeys(call))),
    parentalControlSettings: { countriesBlockedForMinors: [], legalAgeGroupRule: "Allow" },
    passwordCredentials: application.passwordCredentials.map((password) => passwordJson(password)),
    publicClient: { redirectUris: [] },
    requiredResourceAccess: application.requiredResourceAccess,
    verifiedPublisher: { displayName: null, verifiedPublisherId: null, addedDateTime: null },
    web: {
      homePageUrl: null,
      logoutUrl: null,
      redirectUris: [],
      implicitGrantSettings: { enableAccessTokenIssuance: false, enableIdTokenIssuance: false },
      redirectUriSettings: [],
    },
    spa: { redirectUris: [] },
    ...application.other,
  };
}

function lockJson(lock: PropertyLock | null): Json | null {
  if (lock === null) return null;
  return {
    isEnabled: lock.isEnabled,
    allProperties: lock.allProperties ?? null,
    credentialsWithUsageVerify: lock.credentialsWithUsageVerify ?? null,
    credentialsWithUsageSign: lock.credentialsWithUsageSign ?? null,
    tokenEncryptionKeyId: lock.tokenEncryptionKeyId ?? null,
  };
}

/** What an application homed here says of itself, its principal says too. */
export function principalJson(call: GraphCall, principal: ServicePrincipal): Json {
  const home = applicationByAppId(call.directory, principal.appId, call.asOf);
  const keys =
    principal.servicePrincipalType === "ManagedIdentity"
      ? platformKeys(principal, call.now, asksForKeys(call))
      : principal.keyCredentials;
  return {
    id: principal.id,
    deletedDateTime: principal.deletedDateTime,
    accountEnabled: principal.accountEnabled,
    alternativeNames: principal.alternativeNames,
    appDescription: home?.description ?? null,
    appDisplayName: home?.displayName ?? principal.appDisplayName,
    appId: principal.appId,
    applicationTemplateId: null,
    appOwnerOrganizationId:
      principal.appOwnerOrganizationId === undefined ? call.tenant.id : principal.appOwnerOrganizationId,
    appRoleAssignmentRequired: principal.appRoleAssignmentRequired,
    createdByAppId: null,
    createdDateTime: principal.createdDateTime,
    description: principal.description,
    disabledByMicrosoftStatus: home?.disabledByMicrosoftStatus ?? principal.disabledByMicrosoftStatus,
    displayName: principal.displayName,
    homepage: null,
    isDisabled: home === undefined ? principal.isDisabled : home.isDisabled,
    loginUrl: null,
    logoutUrl: null,
    notes: principal.notes,
    notificationEmailAddresses: [],
    preferredSingleSignOnMode: principal.preferredSingleSignOnMode,
    preferredTokenSigningKeyThumbprint: null,
    replyUrls: [],
    servicePrincipalNames:
      home === undefined ? principal.servicePrincipalNames : [home.appId, ...home.identifierUris],
    servicePrincipalType: principal.servicePrincipalType,
    signInAudience: home?.signInAudience ?? principal.signInAudience,
    tags: principal.tags,
    tokenEncryptionKeyId: principal.tokenEncryptionKeyId,
    samlSingleSignOnSettings: null,
    addIns: [],
    appRoles: home?.appRoles ?? principal.appRoles,
    info: {
      logoUrl: null,
      marketingUrl: null,
      privacyStatementUrl: null,
      supportUrl: null,
      termsOfServiceUrl: null,
    },
    keyCredentials: keys.map((key) => keyJson(key, asksForKeys(call))),
    oauth2PermissionScopes: home?.oauth2PermissionScopes ?? principal.oauth2PermissionScopes,
    passwordCredentials: principal.passwordCredentials.map((password) => passwordJson(password)),
    resourceSpecificApplicationPermissions: [],
    verifiedPublisher: { displayName: null, verifiedPublisherId: null, addedDateTime: null },
    ...principal.other,
  };
}
