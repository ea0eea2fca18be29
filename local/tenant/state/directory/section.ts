import { z } from "zod";

/**
 * The `directory` section of a scenario file. Things have names; whatever refers to one writes `kind.name`
 * (`servicePrincipal.deploy`, `user.alice`, `group.admins`, `application.deploy`, `identity.vm-agent`) or a GUID.
 * Times are offsets (`-30d`) or ISO. An application brings its service principal unless told not to.
 */
const Name = z.string().min(1);
const Id = z
  .guid()
  .transform((id) => id.toLowerCase())
  .optional();
const Time = z.string().min(2);
const Reference = z
  .string()
  .regex(/^(?:[a-zA-Z]+\..+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$/, {
    error: "neither kind.name nor a GUID",
  });

const Secret = z.strictObject({
  name: Name,
  keyId: Id,
  displayName: z.string().nullable().optional(),
  start: Time.default("-30d"),
  end: Time.default("+700d"),
  /** Otherwise `{{secret.keyId.<application>.<name>}}`. */
  secretText: z.string().optional(),
});

const Certificate = z.strictObject({
  name: Name,
  keyId: Id,
  displayName: z.string().nullable().optional(),
  usage: z.enum(["Verify", "Sign", "Encrypt"]).default("Verify"),
  start: Time.default("-30d"),
  end: Time.default("+335d"),
});

const Federated = z.strictObject({
  name: Name,
  id: Id,
  issuer: z.string(),
  subject: z.string().nullable().default(null),
  audiences: z.array(z.string()).default(["api://AzureADTokenExchange"]),
  description: z.string().nullable().default(null),
  claimsMatchingExpression: z.string().optional(),
});

const Role = z.strictObject({
  value: z.string(),
  id: Id,
  displayName: z.string().optional(),
  allowedMemberTypes: z.array(z.enum(["User", "Application"])).default(["Application"]),
});

const Lock = z.strictObject({
  isEnabled: z.boolean(),
  allProperties: z.boolean().nullable().optional(),
  credentialsWithUsageVerify: z.boolean().nullable().optional(),
  credentialsWithUsageSign: z.boolean().nullable().optional(),
  tokenEncryptionKeyId: z.boolean().nullable().optional(),
});

const PrincipalCredentials = {
  secrets: z.array(Secret).default([]),
  certificates: z.array(Certificate).default([]),
  /** SAML token signing: each is a triple that shares one customKeyIdentifier. */
  samlSigning: z.array(Certificate.omit({ usage: true })).default([]),
};

const OwnPrincipal = z.strictObject({
  id: Id,
  accountEnabled: z.boolean().default(true),
  appRoleAssignmentRequired: z.boolean().default(false),
  tags: z.array(z.string()).default(["WindowsAzureActiveDirectoryIntegratedApp"]),
  owners: z.array(Reference).default([]),
  ...PrincipalCredentials,
});

const Application = z.strictObject({
  name: Name,
  id: Id,
  appId: Id,
  displayName: z.string().optional(),
  description: z.string().nullable().default(null),
  created: Time.default("-400d"),
  signInAudience: z
    .enum([
      "AzureADMyOrg",
      "AzureADMultipleOrgs",
      "AzureADandPersonalMicrosoftAccount",
      "PersonalMicrosoftAccount",
    ])
    .default("AzureADMyOrg"),
  identifierUris: z.array(z.string()).default([]),
  tags: z.array(z.string()).default([]),
  isDisabled: z.boolean().nullable().default(null),
  disabledByMicrosoftStatus: z.string().nullable().default(null),
  secrets: z.array(Secret).default([]),
  certificates: z.array(Certificate).default([]),
  federated: z.array(Federated).default([]),
  owners: z.array(Reference).default([]),
  appRoles: z.array(Role).default([]),
  scopes: z.array(z.string()).default([]),
  propertyLock: Lock.nullable().default(null),
  servicePrincipal: z.union([z.literal(false), OwnPrincipal]).prefault({}),
});

/** A principal without an application object here: homed in another tenant, Microsoft's own, or legacy. */
const Foreign = z.strictObject({
  name: Name,
  id: Id,
  appId: Id,
  displayName: z.string().optional(),
  type: z.enum(["Application", "Legacy", "SocialIdp", "ServiceIdentity"]).default("Application"),
  /** The publisher's tenant. */
  ownerTenant: z.guid().nullable().default(null),
  accountEnabled: z.boolean().default(true),
  created: Time.default("-400d"),
  tags: z.array(z.string()).default([]),
  owners: z.array(Reference).default([]),
  appRoles: z.array(Role).default([]),
  propertyLock: Lock.nullable().default(null),
  disabledByMicrosoftStatus: z.string().nullable().default(null),
  ...PrincipalCredentials,
});

const User = z.strictObject({
  name: Name,
  id: Id,
  displayName: z.string().optional(),
  /** Without `@`, the tenant's domain is added. */
  userPrincipalName: z.string().optional(),
  mail: z.string().nullable().default(null),
  jobTitle: z.string().nullable().default(null),
  accountEnabled: z.boolean().default(true),
  guest: z.boolean().default(false),
  onPremisesSyncEnabled: z.boolean().nullable().default(null),
  created: Time.default("-900d"),
  password: z.string().nullable().default(null),
});

const Group = z.strictObject({
  name: Name,
  id: Id,
  displayName: z.string().optional(),
  description: z.string().nullable().default(null),
  isAssignableToRole: z.boolean().nullable().default(null),
  created: Time.default("-900d"),
  members: z.array(Reference).default([]),
  owners: z.array(Reference).default([]),
});

const RoleHolding = z.strictObject({
  principal: Reference,
  /** A built-in or custom role's display name, or its id. */
  role: z.string(),
  scope: z.string().default("/"),
});

export const DirectorySection = z.strictObject({
  users: z.array(User).default([]),
  groups: z.array(Group).default([]),
  applications: z.array(Application).default([]),
  servicePrincipals: z.array(Foreign).default([]),
  appRoleAssignments: z
    .array(
      z.strictObject({
        principal: Reference,
        /** `Microsoft Graph` or another of Microsoft's by display name, or a reference. */
        resource: z.string().default("Microsoft Graph"),
        roles: z.array(z.string()).min(1),
        created: Time.default("-300d"),
      }),
    )
    .default([]),
  delegatedGrants: z
    .array(
      z.strictObject({
        client: Reference,
        resource: z.string().default("Microsoft Graph"),
        /** Absent: consented for everybody. */
        principal: Reference.optional(),
        scopes: z.array(z.string()).min(1),
      }),
    )
    .default([]),
  roleDefinitions: z
    .array(
      z.strictObject({
        name: Name,
        id: Id,
        displayName: z.string().optional(),
        actions: z.array(z.string()),
      }),
    )
    .default([]),
  roleAssignments: z.array(RoleHolding).default([]),
  eligibleRoles: z
    .array(RoleHolding.extend({ start: Time.default("-90d"), end: Time.nullable().default(null) }))
    .default([]),
  /** Activated through PIM: held now, and ends by itself. */
  activatedRoles: z
    .array(RoleHolding.extend({ start: Time.default("-1h"), end: Time.default("+7h") }))
    .default([]),
  risky: z
    .array(
      z.strictObject({
        principal: Reference,
        level: z.enum(["low", "medium", "high"]).default("high"),
        state: z.enum(["atRisk", "confirmedCompromised", "remediated", "dismissed"]).default("atRisk"),
        at: Time.default("-1h"),
      }),
    )
    .default([]),
  riskDetections: z
    .array(
      z.strictObject({
        name: Name,
        principal: Reference,
        riskEventType: z.string(),
        level: z.enum(["low", "medium", "high"]).default("high"),
        keyIds: z.array(z.string()).default([]),
        ipAddress: z.string().nullable().default(null),
        at: Time.default("-1h"),
        additionalInfo: z.record(z.string(), z.unknown()).default({}),
      }),
    )
    .default([]),
});

export type DirectorySection = z.infer<typeof DirectorySection>;
export type SecretSpec = z.infer<typeof Secret>;
export type CertificateSpec = z.infer<typeof Certificate>;
export type ApplicationSpec = z.infer<typeof Application>;
export type ForeignSpec = z.infer<typeof Foreign>;
export type LockSpec = z.infer<typeof Lock>;
export type RoleSpec = z.infer<typeof Role>;
