import { z } from "zod";
import type { Json } from "./model.ts";

const JsonValue: z.ZodType<Json> = z.json();
const Properties = z.record(z.string(), JsonValue);
const Tags = z.record(z.string(), z.string());

/** Where something is: `prod`, `prod/rg-shop`, `prod/rg-shop/Microsoft.KeyVault/vaults/kv-shop`, `managementGroup/corp`, or an ARM id. */
const Scope = z.string().min(1);
/** `servicePrincipal.deploy`, `user.ada`, `group.ops`, `identity.id-shop`, or an object id. */
const Principal = z.string().min(1);

const Placed = {
  name: z.string().min(1),
  /** The first subscription of the file if left out. */
  subscription: z.string().optional(),
  resourceGroup: z.string().optional(),
  location: z.string().optional(),
  tags: Tags.optional(),
  createdAt: z.string().optional(),
};

const PermissionFields = {
  actions: z.array(z.string()).default([]),
  notActions: z.array(z.string()).default([]),
  dataActions: z.array(z.string()).default([]),
  notDataActions: z.array(z.string()).default([]),
};

const Condition = { condition: z.string().optional(), conditionVersion: z.string().optional() };

const Identity = z.strictObject({
  ...Placed,
  principalId: z.string().optional(),
  clientId: z.string().optional(),
  federatedCredentials: z
    .array(
      z.strictObject({
        name: z.string(),
        issuer: z.string(),
        subject: z.string(),
        audiences: z.array(z.string()).default(["api://AzureADTokenExchange"]),
      }),
    )
    .default([]),
});

const ResourceEntry = z.strictObject({
  ...Placed,
  /** `Microsoft.Web/sites/slots`; the name of a child is `parent/child`. */
  type: z.string().regex(/^[\w.]+(\/[\w]+)+$/),
  kind: z.string().optional(),
  sku: Properties.optional(),
  zones: z.array(z.string()).optional(),
  properties: Properties.default({}),
  identity: z
    .strictObject({ system: z.boolean().default(false), user: z.array(z.string()).default([]) })
    .optional(),
  /** Values of its keys by name; those left out are generated. */
  keys: Tags.optional(),
});

const RoleAssignmentEntry = z.strictObject({
  name: z.string().optional(),
  principal: Principal,
  principalType: z.enum(["User", "Group", "ServicePrincipal", "ForeignGroup", "Device"]).optional(),
  /** Role name or GUID, or the `name` of one in `roleDefinitions`. */
  role: z.string(),
  scope: Scope,
  ...Condition,
  description: z.string().optional(),
  createdAt: z.string().optional(),
  createdBy: Principal.optional(),
});

const ScheduleEntry = z.strictObject({
  name: z.string().optional(),
  kind: z.enum(["eligibility", "assignment"]),
  principal: Principal,
  principalType: z.enum(["User", "Group", "ServicePrincipal"]).optional(),
  role: z.string(),
  scope: Scope,
  assignmentType: z.enum(["Assigned", "Activated"]).optional(),
  start: z.string().default("-30d"),
  end: z.string().optional(),
  ...Condition,
});

const PrincipalRef = z.strictObject({ id: Principal, type: z.string() });

const DenyEntry = z.strictObject({
  name: z.string(),
  scope: Scope,
  ...PermissionFields,
  principals: z.array(PrincipalRef),
  excludePrincipals: z.array(PrincipalRef).default([]),
  doNotApplyToChildScopes: z.boolean().default(false),
  isSystemProtected: z.boolean().default(true),
  description: z.string().default(""),
});

const IncidentEntry = z.strictObject({
  name: z.string(),
  /** Name of the Log Analytics workspace resource. */
  workspace: z.string(),
  createdAt: z.string().default("-1h"),
  properties: Properties,
  /** `{ kind, properties }` each. */
  entities: z.array(z.strictObject({ kind: z.string(), properties: Properties })).default([]),
  alerts: z.array(Properties).default([]),
});

/** The `azure` section of a scenario file. Ids are derived from names unless given; `{{kind.name}}` may stand anywhere. */
export const AzureSection = z.strictObject({
  managementGroups: z
    .array(
      z.strictObject({ name: z.string(), displayName: z.string().optional(), parent: z.string().optional() }),
    )
    .default([]),
  subscriptions: z
    .array(
      z.strictObject({
        name: z.string(),
        id: z.string().optional(),
        managementGroup: z.string().optional(),
        state: z.enum(["Enabled", "Warned", "PastDue", "Disabled", "Deleted"]).default("Enabled"),
      }),
    )
    .default([]),
  resourceGroups: z
    .array(
      z.strictObject({
        name: z.string(),
        subscription: z.string().optional(),
        location: z.string().default("westeurope"),
        tags: Tags.default({}),
      }),
    )
    .default([]),
  identities: z.array(Identity).default([]),
  resources: z.array(ResourceEntry).default([]),
  roleDefinitions: z
    .array(
      z.strictObject({
        name: z.string(),
        roleName: z.string().optional(),
        description: z.string().default(""),
        ...PermissionFields,
        assignableScopes: z.array(Scope),
      }),
    )
    .default([]),
  roleAssignments: z.array(RoleAssignmentEntry).default([]),
  roleSchedules: z.array(ScheduleEntry).default([]),
  denyAssignments: z.array(DenyEntry).default([]),
  locks: z
    .array(
      z.strictObject({
        name: z.string(),
        scope: Scope,
        level: z.enum(["CanNotDelete", "ReadOnly"]),
        notes: z.string().optional(),
      }),
    )
    .default([]),
  incidents: z.array(IncidentEntry).default([]),
});

export type AzureSection = z.infer<typeof AzureSection>;
export type ResourceEntry = z.infer<typeof ResourceEntry>;
export type IdentityEntry = z.infer<typeof Identity>;
export type IncidentEntry = z.infer<typeof IncidentEntry>;
