import type { ScenarioNames } from "../../scenario/names.ts";
import type { Directory } from "./directory.ts";
import { certificateFrom, passwordFrom, samlTripleFrom } from "./credentials.ts";
import type { AppRole, KeyCredential, PasswordCredential, PermissionScope, PropertyLock } from "./objects.ts";
import type {
  ApplicationSpec,
  CertificateSpec,
  ForeignSpec,
  LockSpec,
  RoleSpec,
  SecretSpec,
} from "./section.ts";

export function loadApplication(directory: Directory, spec: ApplicationSpec, names: ScenarioNames): void {
  const { name } = spec;
  const id = names.guid("application", name);
  const appId = names.guid("appId", name);
  const displayName = spec.displayName ?? name;
  const appRoles = spec.appRoles.map((role) => appRoleFrom(role, name, names));
  const oauth2PermissionScopes = spec.scopes.map((value) => scopeFrom(value, name, names));
  const created = withoutFraction(names.at(spec.created));
  directory.applications.load({
    id,
    appId,
    displayName,
    description: spec.description,
    notes: null,
    createdDateTime: created,
    deletedDateTime: null,
    isDisabled: spec.isDisabled,
    disabledByMicrosoftStatus: spec.disabledByMicrosoftStatus,
    signInAudience: spec.signInAudience,
    identifierUris: spec.identifierUris,
    tags: spec.tags,
    appRoles,
    oauth2PermissionScopes,
    requiredResourceAccess: [],
    keyCredentials: spec.certificates.map((certificate) => certificateFrom(certificate, name, names)),
    passwordCredentials: spec.secrets.map((secret) => passwordFrom(secret, name, names)),
    servicePrincipalLockConfiguration: lockFrom(spec.propertyLock),
    tokenEncryptionKeyId: null,
    other: {},
  });
  for (const federated of spec.federated) {
    const credentialName = `${name}.${federated.name}`;
    directory.federatedCredentials.load({
      id:
        federated.id === undefined
          ? names.guid("federatedCredential", credentialName)
          : names.given("federatedCredential", credentialName, federated.id),
      applicationId: id,
      name: federated.name,
      issuer: federated.issuer,
      subject: federated.claimsMatchingExpression === undefined ? federated.subject : null,
      audiences: federated.audiences,
      description: federated.description,
      claimsMatchingExpression:
        federated.claimsMatchingExpression === undefined
          ? null
          : { value: federated.claimsMatchingExpression, languageVersion: 1 },
    });
  }
  if (spec.servicePrincipal === false) return;
  directory.servicePrincipals.load({
    id: names.guid("servicePrincipal", name),
    appId,
    displayName,
    appDisplayName: displayName,
    description: null,
    notes: null,
    accountEnabled: spec.servicePrincipal.accountEnabled,
    servicePrincipalType: "Application",
    alternativeNames: [],
    appOwnerOrganizationId: undefined,
    appRoleAssignmentRequired: spec.servicePrincipal.appRoleAssignmentRequired,
    appRoles: [],
    oauth2PermissionScopes: [],
    servicePrincipalNames: [appId, ...spec.identifierUris],
    createdDateTime: created,
    deletedDateTime: null,
    isDisabled: spec.isDisabled,
    disabledByMicrosoftStatus: spec.disabledByMicrosoftStatus,
    signInAudience: spec.signInAudience,
    tags: spec.servicePrincipal.tags,
    // Credentials of the principal itself are named `<name>.<credential>` under its own owner name, apart from the application's.
    ...credentialsFrom(spec.servicePrincipal, `${name}.servicePrincipal`, names),
    tokenEncryptionKeyId: null,
    preferredSingleSignOnMode: spec.servicePrincipal.samlSigning.length > 0 ? "saml" : null,
    foreignLock: null,
    other: {},
  });
}

export function loadForeignPrincipal(directory: Directory, spec: ForeignSpec, names: ScenarioNames): void {
  const { name } = spec;
  const appId = names.guid("appId", name);
  const displayName = spec.displayName ?? name;
  directory.servicePrincipals.load({
    id: names.guid("servicePrincipal", name),
    appId,
    displayName,
    appDisplayName: displayName,
    description: null,
    notes: null,
    accountEnabled: spec.accountEnabled,
    servicePrincipalType: spec.type,
    alternativeNames: [],
    appOwnerOrganizationId: spec.ownerTenant,
    appRoleAssignmentRequired: false,
    appRoles: spec.appRoles.map((role) => appRoleFrom(role, name, names)),
    oauth2PermissionScopes: [],
    servicePrincipalNames: [appId],
    createdDateTime: withoutFraction(names.at(spec.created)),
    deletedDateTime: null,
    isDisabled: null,
    disabledByMicrosoftStatus: spec.disabledByMicrosoftStatus,
    signInAudience: "AzureADMultipleOrgs",
    tags: spec.tags,
    ...credentialsFrom(spec, `${name}.servicePrincipal`, names),
    tokenEncryptionKeyId: null,
    preferredSingleSignOnMode: spec.samlSigning.length > 0 ? "saml" : null,
    foreignLock: lockFrom(spec.propertyLock),
    other: {},
  });
}

interface CredentialSpecs {
  readonly secrets: readonly SecretSpec[];
  readonly certificates: readonly CertificateSpec[];
  readonly samlSigning: readonly Omit<CertificateSpec, "usage">[];
}

function credentialsFrom(spec: CredentialSpecs, owner: string, names: ScenarioNames) {
  const triples = spec.samlSigning.map((certificate) => samlTripleFrom(certificate, owner, names));
  const keyCredentials: KeyCredential[] = [
    ...spec.certificates.map((certificate) => certificateFrom(certificate, owner, names)),
    ...triples.flatMap(({ keys }) => keys),
  ];
  const passwordCredentials: PasswordCredential[] = [
    ...spec.secrets.map((secret) => passwordFrom(secret, owner, names)),
    ...triples.map(({ password }) => password),
  ];
  return { keyCredentials, passwordCredentials };
}

function appRoleFrom(role: RoleSpec, application: string, names: ScenarioNames): AppRole {
  const name = `${application}.${role.value}`;
  return {
    id: role.id === undefined ? names.guid("appRole", name) : names.given("appRole", name, role.id),
    value: role.value,
    displayName: role.displayName ?? role.value,
    description: role.displayName ?? role.value,
    isEnabled: true,
    origin: "Application",
    allowedMemberTypes: role.allowedMemberTypes,
  };
}

function scopeFrom(value: string, application: string, names: ScenarioNames): PermissionScope {
  return {
    id: names.guid("scope", `${application}.${value}`),
    value,
    type: "Admin",
    isEnabled: true,
    adminConsentDisplayName: value,
    adminConsentDescription: value,
    userConsentDisplayName: null,
    userConsentDescription: null,
  };
}

function lockFrom(spec: LockSpec | null): PropertyLock | null {
  if (spec === null) return null;
  return {
    isEnabled: spec.isEnabled,
    allProperties: spec.allProperties ?? null,
    credentialsWithUsageVerify: spec.credentialsWithUsageVerify ?? null,
    credentialsWithUsageSign: spec.credentialsWithUsageSign ?? null,
    tokenEncryptionKeyId: spec.tokenEncryptionKeyId ?? null,
  };
}

/** Creation times are served without a fraction. */
function withoutFraction(iso: string): string {
  return iso.replace(/\.\d+Z$/, "Z");
}
