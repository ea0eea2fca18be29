import { type Random, seededRandom } from "../../random.ts";
import type { Application, PasswordCredential, ServicePrincipal } from "../../state/directory.ts";
import { preloadRoleAssignment } from "../../state/azure/role-assignments.ts";
import { objectKey, vaultData } from "../../state/vaults.ts";
import type { TenantState } from "../../tenant.ts";
import type { Size } from "./size.ts";

const DAY_IN_MS = 86_400_000;
const READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const SECRETS_PER_VAULT = 5_000;
const NOTHING: readonly never[] = [];

/**
 * Adds a crowd: applications with their principals and a secret of every age, role assignments spread over them, and
 * vault secrets. Written straight into the state, sharing whatever is equal, because a hundred thousand scenario
 * entries would be parsed, held and copied first.
 */
export function generate(state: TenantState, size: Size, seed: string | number, nowInMs: number): void {
  const random = seededRandom(`${seed}:crowd`);
  const principals: string[] = [];
  for (let index = 0; index < size.apps; index++)
    principals.push(addApplication(state, random, index, nowInMs));
  if (principals.length === 0)
    principals.push(...[...state.directory.servicePrincipals.all()].map(({ id }) => id));
  addAssignments(state, random, size.assignments, principals, nowInMs);
  addSecrets(state, random, size.secrets, nowInMs);
}

function addApplication({ directory }: TenantState, random: Random, index: number, nowInMs: number): string {
  const ageInMs = random.integer(1_500) * DAY_IN_MS;
  const created = isoSeconds(nowInMs - ageInMs);
  const appId = random.guid();
  const displayName = `crowd-${index}`;
  const application: Application = {
    id: random.guid(),
    appId,
    displayName,
    description: null,
    notes: null,
    createdDateTime: created,
    deletedDateTime: null,
    isDisabled: null,
    disabledByMicrosoftStatus: null,
    signInAudience: "AzureADMyOrg",
    identifierUris: NOTHING,
    tags: NOTHING,
    appRoles: NOTHING,
    oauth2PermissionScopes: NOTHING,
    requiredResourceAccess: NOTHING,
    keyCredentials: NOTHING,
    passwordCredentials: [secretOf(random, nowInMs - Math.floor(ageInMs * random.next()))],
    servicePrincipalLockConfiguration: null,
    tokenEncryptionKeyId: null,
    other: EMPTY,
  };
  const principal: ServicePrincipal = {
    id: random.guid(),
    appId,
    displayName,
    appDisplayName: displayName,
    description: null,
    notes: null,
    accountEnabled: true,
    servicePrincipalType: "Application",
    alternativeNames: NOTHING,
    appOwnerOrganizationId: undefined,
    appRoleAssignmentRequired: false,
    appRoles: NOTHING,
    oauth2PermissionScopes: NOTHING,
    servicePrincipalNames: [appId],
    createdDateTime: created,
    deletedDateTime: null,
    isDisabled: null,
    disabledByMicrosoftStatus: null,
    signInAudience: "AzureADMyOrg",
    tags: NOTHING,
    keyCredentials: NOTHING,
    passwordCredentials: NOTHING,
    tokenEncryptionKeyId: null,
    preferredSingleSignOnMode: null,
    foreignLock: null,
    other: EMPTY,
  };
  directory.applications.load(application);
  directory.servicePrincipals.load(principal);
  return principal.id;
}

const EMPTY = {} as const;

/** Two years from its start, so that some have long expired, some end next week, and most are somewhere between. */
function secretOf(random: Random, startInMs: number): PasswordCredential {
  const secretText = random.hex(20);
  return {
    keyId: random.guid(),
    displayName: null,
    hint: secretText.slice(0, 3),
    startDateTime: isoSeconds(startInMs),
    endDateTime: isoSeconds(startInMs + 730 * DAY_IN_MS),
    customKeyIdentifier: null,
    secretText,
  };
}

function addAssignments(
  state: TenantState,
  random: Random,
  count: number,
  principals: readonly string[],
  nowInMs: number,
): void {
  const subscriptions = [...state.azure.subscriptions.values()].map(({ id }) => `/subscriptions/${id}`);
  const groups = [...state.azure.resourceGroups.current.values()].map(({ id }) => id);
  const scopes = [...subscriptions, ...groups];
  const createdOn = new Date(nowInMs - 200 * DAY_IN_MS).toISOString();
  for (let index = 0; index < count; index++) {
    const scope = scopes[index % scopes.length] ?? "/";
    const name = random.guid();
    preloadRoleAssignment(state.azure, {
      id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
      name,
      scope,
      roleDefinition: READER,
      principalId: principals[random.integer(principals.length)] ?? "",
      principalType: "ServicePrincipal",
      condition: null,
      conditionVersion: null,
      description: null,
      delegatedManagedIdentityResourceId: null,
      createdOn,
      updatedOn: createdOn,
      createdBy: "",
      updatedBy: "",
    });
  }
}

/** Into the scenario's own vaults, evenly, so that each of them is as big as vaults get. */
function addSecrets(state: TenantState, random: Random, count: number, nowInMs: number): void {
  const names = [...state.vaults.vaults.keys()].filter((name) => name !== "kv-tourniquet");
  if (names.length === 0) return;
  for (let index = 0; index < count; index++) {
    const vault = vaultData(state.vaults, names[Math.floor(index / SECRETS_PER_VAULT) % names.length] ?? "");
    const created = nowInMs - random.integer(900) * DAY_IN_MS;
    const name = `crowd-${index}`;
    vault.secrets.set(objectKey(name), {
      name,
      managed: false,
      versions: [
        { version: random.hex(32), value: random.hex(24), enabled: true, created, updated: created },
      ],
    });
  }
}

function isoSeconds(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}
