import { z } from "zod";

/** What is read of Graph's objects. Absent and null mean the same there, so both are let in. */

export const GraphPassword = z.object({
  keyId: z.string(),
  displayName: z.string().nullish(),
  hint: z.string().nullish(),
  startDateTime: z.string().nullish(),
  endDateTime: z.string().nullish(),
  customKeyIdentifier: z.string().nullish(),
});
export type GraphPassword = z.infer<typeof GraphPassword>;

export const GraphCertificate = z.object({
  keyId: z.string(),
  displayName: z.string().nullish(),
  type: z.string().nullish(),
  usage: z.string().nullish(),
  startDateTime: z.string().nullish(),
  endDateTime: z.string().nullish(),
  customKeyIdentifier: z.string().nullish(),
  key: z.string().nullish(),
});
export type GraphCertificate = z.infer<typeof GraphCertificate>;

export const GraphServicePrincipal = z.object({
  id: z.string(),
  appId: z.string(),
  displayName: z.string().nullish(),
  servicePrincipalType: z.string().nullish(),
  alternativeNames: z.array(z.string()).nullish(),
  appOwnerOrganizationId: z.string().nullish(),
  accountEnabled: z.boolean().nullish(),
  disabledByMicrosoftStatus: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
  passwordCredentials: z.array(GraphPassword).nullish(),
  keyCredentials: z.array(GraphCertificate).nullish(),
});
export type GraphServicePrincipal = z.infer<typeof GraphServicePrincipal>;

/** `keyCredentials` is there because only naming it in `$select` makes Graph answer the certificates' bytes. */
export const SERVICE_PRINCIPAL_FIELDS =
  "id,appId,displayName,servicePrincipalType,alternativeNames,appOwnerOrganizationId,accountEnabled,disabledByMicrosoftStatus,tags";

export const GraphApplication = z.object({
  id: z.string(),
  appId: z.string(),
  displayName: z.string().nullish(),
  isDisabled: z.boolean().nullish(),
  disabledByMicrosoftStatus: z.string().nullish(),
  signInAudience: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
  passwordCredentials: z.array(GraphPassword).nullish(),
  keyCredentials: z.array(GraphCertificate).nullish(),
  servicePrincipalLockConfiguration: z
    .object({
      isEnabled: z.boolean().nullish(),
      allProperties: z.boolean().nullish(),
      credentialsWithUsageSign: z.boolean().nullish(),
      credentialsWithUsageVerify: z.boolean().nullish(),
      tokenEncryptionKeyId: z.boolean().nullish(),
    })
    .nullish(),
});
export type GraphApplication = z.infer<typeof GraphApplication>;

export const APPLICATION_FIELDS = "id,appId,displayName,signInAudience,tags";

export const GraphUser = z.object({
  id: z.string(),
  displayName: z.string().nullish(),
  userPrincipalName: z.string().nullish(),
  accountEnabled: z.boolean().nullish(),
  onPremisesSyncEnabled: z.boolean().nullish(),
});
export type GraphUser = z.infer<typeof GraphUser>;

export const USER_FIELDS = "id,displayName,userPrincipalName,accountEnabled,onPremisesSyncEnabled";

/** Members of collections that mix kinds: owners, owned objects, members. */
export const GraphDirectoryObject = z.object({
  "@odata.type": z.string().nullish(),
  id: z.string(),
  displayName: z.string().nullish(),
  appId: z.string().nullish(),
});
export type GraphDirectoryObject = z.infer<typeof GraphDirectoryObject>;

export const GraphGroup = GraphDirectoryObject.extend({
  securityEnabled: z.boolean().nullish(),
  groupTypes: z.array(z.string()).nullish(),
  isAssignableToRole: z.boolean().nullish(),
  onPremisesSyncEnabled: z.boolean().nullish(),
});

export const GraphAppRoleAssignment = z.object({
  id: z.string(),
  principalId: z.string(),
  principalDisplayName: z.string().nullish(),
  resourceId: z.string(),
  resourceDisplayName: z.string().nullish(),
  appRoleId: z.string(),
  createdDateTime: z.string().nullish(),
});
export type GraphAppRoleAssignment = z.infer<typeof GraphAppRoleAssignment>;

export const GraphResourceRoles = z.object({
  id: z.string(),
  appRoles: z.array(z.object({ id: z.string(), value: z.string().nullish() })).nullish(),
});

export const GraphGrant = z.object({
  id: z.string(),
  clientId: z.string(),
  consentType: z.string(),
  principalId: z.string().nullish(),
  resourceId: z.string(),
  scope: z.string().nullish(),
});

export const GraphRoleAssignment = z.object({
  id: z.string(),
  principalId: z.string(),
  roleDefinitionId: z.string(),
  directoryScopeId: z.string().nullish(),
  endDateTime: z.string().nullish(),
  roleDefinition: z.object({ displayName: z.string().nullish() }).nullish(),
});
export type GraphRoleAssignment = z.infer<typeof GraphRoleAssignment>;

export const GraphFederatedCredential = z.object({
  id: z.string(),
  name: z.string(),
  issuer: z.string(),
  subject: z.string().nullish(),
  audiences: z.array(z.string()),
  description: z.string().nullish(),
  claimsMatchingExpression: z.object({ value: z.string(), languageVersion: z.number() }).nullish(),
});
export type GraphFederatedCredential = z.infer<typeof GraphFederatedCredential>;
