import { z } from "zod";
import type { Application } from "../state/directory.ts";
import { KeyList, PasswordList } from "./credentials.ts";

const Lock = z.strictObject({
  isEnabled: z.boolean(),
  allProperties: z.boolean().nullable().optional(),
  credentialsWithUsageVerify: z.boolean().nullable().optional(),
  credentialsWithUsageSign: z.boolean().nullable().optional(),
  tokenEncryptionKeyId: z.boolean().nullable().optional(),
  identifierUris: z.boolean().nullable().optional(),
});

const AppRoleBody = z.object({
  id: z.guid(),
  value: z.string().nullable().optional(),
  displayName: z.string(),
  description: z.string(),
  isEnabled: z.boolean().default(true),
  allowedMemberTypes: z.array(z.string()),
});

/** What of an application can be set. */
export const ApplicationSettings = z.strictObject({
  "@odata.type": z.string().optional(),
  displayName: z.string().min(1).max(256).optional(),
  description: z.string().nullable().optional(),
  notes: z.string().nullable().optional(),
  isDisabled: z.boolean().nullable().optional(),
  signInAudience: z
    .enum([
      "AzureADMyOrg",
      "AzureADMultipleOrgs",
      "AzureADandPersonalMicrosoftAccount",
      "PersonalMicrosoftAccount",
    ])
    .optional(),
  identifierUris: z.array(z.string()).optional(),
  tags: z.array(z.string()).optional(),
  appRoles: z.array(AppRoleBody).optional(),
  requiredResourceAccess: z.array(z.unknown()).optional(),
  servicePrincipalLockConfiguration: Lock.nullable().optional(),
  tokenEncryptionKeyId: z.guid().nullable().optional(),
  keyCredentials: KeyList.optional(),
  passwordCredentials: PasswordList.optional(),
  // Kept and shown as given; nothing here acts on them.
  web: z.record(z.string(), z.unknown()).optional(),
  spa: z.record(z.string(), z.unknown()).optional(),
  publicClient: z.record(z.string(), z.unknown()).optional(),
  api: z.record(z.string(), z.unknown()).optional(),
  info: z.record(z.string(), z.unknown()).optional(),
  optionalClaims: z.record(z.string(), z.unknown()).nullable().optional(),
  groupMembershipClaims: z.string().nullable().optional(),
  isFallbackPublicClient: z.boolean().nullable().optional(),
  serviceManagementReference: z.string().nullable().optional(),
});
export type ApplicationSettings = z.infer<typeof ApplicationSettings>;

const KEPT = [
  "web",
  "spa",
  "publicClient",
  "api",
  "info",
  "optionalClaims",
  "groupMembershipClaims",
  "isFallbackPublicClient",
  "serviceManagementReference",
] as const;

/** The application with the settings applied; credentials aside. */
export function applySettings(before: Application, settings: ApplicationSettings): Application {
  const other: Record<string, unknown> = { ...before.other };
  for (const name of KEPT) if (settings[name] !== undefined) other[name] = settings[name];
  return {
    ...before,
    displayName: settings.displayName ?? before.displayName,
    description: settings.description === undefined ? before.description : settings.description,
    notes: settings.notes === undefined ? before.notes : settings.notes,
    isDisabled: settings.isDisabled === undefined ? before.isDisabled : settings.isDisabled,
    signInAudience: settings.signInAudience ?? before.signInAudience,
    identifierUris: settings.identifierUris ?? before.identifierUris,
    tags: settings.tags ?? before.tags,
    appRoles:
      settings.appRoles?.map((role) => ({ ...role, value: role.value ?? null, origin: "Application" })) ??
      before.appRoles,
    requiredResourceAccess: settings.requiredResourceAccess ?? before.requiredResourceAccess,
    servicePrincipalLockConfiguration:
      settings.servicePrincipalLockConfiguration === undefined
        ? before.servicePrincipalLockConfiguration
        : settings.servicePrincipalLockConfiguration === null
          ? null
          : { ...settings.servicePrincipalLockConfiguration },
    tokenEncryptionKeyId:
      settings.tokenEncryptionKeyId === undefined
        ? before.tokenEncryptionKeyId
        : settings.tokenEncryptionKeyId,
    other,
  };
}
