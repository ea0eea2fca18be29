import { namedGuid } from "../../random.ts";
import { GRAPH_APP_ROLES, GRAPH_SCOPES } from "./graph-permissions.ts";
import type { PermissionScope, ServicePrincipal } from "./objects.ts";

/** The two tenants that own Microsoft's own applications. */
const MICROSOFT_TENANTS = [
  "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
  "72f988bf-86f1-41af-91ab-2d7cd011db47",
] as const;

export const GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000";

const [OWNER] = MICROSOFT_TENANTS;

/** Microsoft's own applications that every tenant here has: what tokens are for, and what permissions are granted on. */
const RESOURCES: readonly (readonly [displayName: string, appId: string, names: readonly string[]])[] = [
  ["Microsoft Graph", GRAPH_APP_ID, ["https://graph.microsoft.com", "https://graph.microsoft.com/"]],
  [
    "Windows Azure Service Management API",
    "797f4846-ba00-4fd7-ba43-dac1f8f63013",
    ["https://management.azure.com/", "https://management.core.windows.net/"],
  ],
  ["Azure Key Vault", "cfa8b339-82a2-471a-a3c9-0fc0be7a4093", ["https://vault.azure.net"]],
  ["Azure Storage", "e406a681-f3d4-42a8-90b6-c2b029497af1", ["https://storage.azure.com"]],
  ["Log Analytics API", "ca7f3f0b-7d91-482c-8e09-c5d840d0eac5", ["https://api.loganalytics.io"]],
  ["Azure Monitor Control Service", "e933bd07-d2ee-4f1d-933c-3752b819567b", ["https://monitor.azure.com"]],
  ["Azure Kubernetes Service AAD Server", "6dae42f8-4368-4678-94ff-3960e28e3630", []],
  ["Microsoft Azure CLI", "04b07795-8ddb-461a-bbee-02f9e1bf7b46", []],
  ["Azure DevOps", "499b84ac-1321-427f-aa17-267ca6975798", ["https://app.vssps.visualstudio.com"]],
  ["Office 365 Exchange Online", "00000002-0000-0ff1-ce00-000000000000", ["https://outlook.office365.com"]],
];

function impersonation(appId: string): PermissionScope {
  return {
    id: namedGuid("first-party", appId, "user_impersonation"),
    value: "user_impersonation",
    type: "User",
    isEnabled: true,
    adminConsentDisplayName: "Access as the signed-in user",
    adminConsentDescription: "Access as the signed-in user",
    userConsentDisplayName: null,
    userConsentDescription: null,
  };
}

export function firstPartyPrincipals(idOf: (appId: string) => string): ServicePrincipal[] {
  return RESOURCES.map(([displayName, appId, names]) => ({
    id: idOf(appId),
    appId,
    displayName,
    appDisplayName: displayName,
    description: null,
    notes: null,
    accountEnabled: true,
    servicePrincipalType: "Application",
    alternativeNames: [],
    appOwnerOrganizationId: OWNER,
    appRoleAssignmentRequired: false,
    appRoles:
      appId === GRAPH_APP_ID
        ? GRAPH_APP_ROLES.map(([value, id, name]) => ({
            id,
            value,
            displayName: name,
            description: name,
            isEnabled: true,
            origin: "Application",
            allowedMemberTypes: ["Application"],
          }))
        : [],
    oauth2PermissionScopes:
      appId === GRAPH_APP_ID
        ? GRAPH_SCOPES.map(([value, id, name]) => ({
            id,
            value,
            type: value.endsWith(".All") ? "Admin" : "User",
            isEnabled: true,
            adminConsentDisplayName: name,
            adminConsentDescription: name,
            userConsentDisplayName: null,
            userConsentDescription: null,
          }))
        : [impersonation(appId)],
    servicePrincipalNames: [appId, ...names],
    createdDateTime: "2019-03-01T00:00:00Z",
    deletedDateTime: null,
    isDisabled: null,
    disabledByMicrosoftStatus: null,
    signInAudience: "AzureADMultipleOrgs",
    tags: [],
    keyCredentials: [],
    passwordCredentials: [],
    tokenEncryptionKeyId: null,
    preferredSingleSignOnMode: null,
    foreignLock: { isEnabled: true, allProperties: true },
    other: {},
  }));
}
