import type {
  AppRoleAssignment,
  Application,
  FederatedCredential,
  Group,
  OAuth2PermissionGrant,
  ServicePrincipal,
  User,
} from "../state/directory.ts";
import type { GraphCall } from "./call.ts";
import { applicationJson, principalJson } from "./represent/applications.ts";
import { federatedJson } from "./represent/credentials.ts";
import { USER_DEFAULTS, groupJson, userJson } from "./represent/people.ts";

export type Json = Record<string, unknown>;
export type Operator =
  | "eq"
  | "ne"
  | "ge"
  | "le"
  | "gt"
  | "lt"
  | "in"
  | "startswith"
  | "endswith"
  | "contains"
  | "any"
  | "not"
  | "count";

/** What Graph lets one ask of a kind of object. */
export interface Entity<T> {
  /** `application` in `microsoft.graph.application` */
  readonly type: string;
  /** As errors call it. */
  readonly resource: string;
  readonly json: (call: GraphCall, item: T) => Json;
  /** Objects of several types: a property that one lacks is left out of it, not refused. */
  readonly mixed?: boolean;
  /** Shown when nothing is selected; absent: everything. */
  readonly defaults?: readonly string[];
  /** Which operators `$filter` takes on which property. */
  readonly filter: Readonly<Record<string, readonly Operator[]>>;
  readonly search?: readonly string[];
  readonly orderBy?: readonly string[];
  /** When sorting needs `ConsistencyLevel: eventual` and `$count=true`; absent: never. */
  readonly advancedOrder?: "always" | "with-filter";
  readonly expand?: Readonly<Record<string, (call: GraphCall, item: T) => unknown>>;
}

const NAME: readonly Operator[] = ["eq", "ne", "not", "ge", "le", "in", "startswith"];
const EXACT: readonly Operator[] = ["eq", "ne", "not", "in"];
const TIME: readonly Operator[] = ["eq", "ne", "not", "ge", "le", "in"];
const LIST: readonly Operator[] = ["any", "eq", "not", "ge", "le", "startswith", "count"];

export const application: Entity<Application> = {
  type: "application",
  resource: "Application",
  json: applicationJson,
  filter: {
    // The resource page: "Supports $expand and $filter (startsWith, /$count eq 0, /$count ne 0)".
    federatedIdentityCredentials: ["count"],
    id: EXACT,
    appId: EXACT,
    displayName: NAME,
    createdDateTime: TIME,
    identifierUris: LIST,
    signInAudience: ["eq", "ne", "not"],
    tags: LIST,
    publisherDomain: ["eq", "ne", "ge", "le", "startswith"],
    isDisabled: ["eq", "ne", "not"],
    // keyCredentials: eq, not, ge, le; passwordCredentials cannot be filtered on at all.
    keyCredentials: ["any", "eq", "not", "ge", "le"],
  },
  search: ["displayName", "description"],
  orderBy: ["displayName", "createdDateTime"],
  advancedOrder: "always",
};

export const servicePrincipal: Entity<ServicePrincipal> = {
  type: "servicePrincipal",
  resource: "ServicePrincipal",
  json: principalJson,
  filter: {
    id: EXACT,
    appId: EXACT,
    displayName: NAME,
    appDisplayName: NAME,
    accountEnabled: EXACT,
    alternativeNames: LIST,
    appOwnerOrganizationId: ["eq", "ne", "not", "ge", "le"],
    servicePrincipalNames: LIST,
    servicePrincipalType: EXACT,
    tags: LIST,
    isDisabled: ["eq", "ne", "not"],
    keyCredentials: ["any", "eq", "not", "ge", "le"],
    createdDateTime: TIME,
  },
  search: ["displayName", "appDisplayName"],
  orderBy: ["displayName"],
  advancedOrder: "always",
};

export const user: Entity<User> = {
  type: "user",
  resource: "User",
  json: (_call, item) => userJson(item),
  defaults: USER_DEFAULTS,
  filter: {
    id: EXACT,
    displayName: NAME,
    userPrincipalName: [...NAME, "endswith"],
    mail: [...NAME, "endswith"],
    givenName: NAME,
    surname: NAME,
    jobTitle: NAME,
    accountEnabled: EXACT,
    userType: EXACT,
    onPremisesSyncEnabled: EXACT,
    createdDateTime: TIME,
  },
  search: ["displayName", "userPrincipalName", "mail"],
  orderBy: ["displayName", "userPrincipalName", "createdDateTime"],
  advancedOrder: "with-filter",
};

export const group: Entity<Group> = {
  type: "group",
  resource: "Group",
  json: (_call, item) => groupJson(item),
  filter: {
    id: EXACT,
    displayName: NAME,
    mailNickname: NAME,
    mailEnabled: EXACT,
    securityEnabled: EXACT,
    isAssignableToRole: EXACT,
    createdDateTime: TIME,
  },
  search: ["displayName", "description"],
  orderBy: ["displayName"],
  advancedOrder: "with-filter",
};

export const federatedCredential: Entity<FederatedCredential> = {
  type: "federatedIdentityCredential",
  resource: "FederatedIdentityCredential",
  json: (call, item) => federatedJson(item, call.version),
  filter: { name: ["eq"], issuer: ["eq"], subject: ["eq"] },
};

export const appRoleAssignment: Entity<AppRoleAssignment> = {
  type: "appRoleAssignment",
  resource: "AppRoleAssignment",
  json: (call, item) => {
    const principal =
      call.directory.servicePrincipals.get(item.principalId, call.asOf) ??
      call.directory.users.get(item.principalId, call.asOf) ??
      call.directory.groups.get(item.principalId, call.asOf);
    return {
      id: item.id,
      deletedDateTime: null,
      appRoleId: item.appRoleId,
      createdDateTime: item.createdDateTime,
      principalDisplayName: principal?.displayName ?? null,
      principalId: item.principalId,
      principalType: item.principalType,
      resourceDisplayName:
        call.directory.servicePrincipals.get(item.resourceId, call.asOf)?.displayName ?? null,
      resourceId: item.resourceId,
    };
  },
  filter: { resourceId: ["eq"], principalDisplayName: ["eq", "startswith"], principalId: ["eq"] },
};

export const grant: Entity<OAuth2PermissionGrant> = {
  type: "oAuth2PermissionGrant",
  resource: "OAuth2PermissionGrant",
  json: (_call, item) => ({
    clientId: item.clientId,
    consentType: item.consentType,
    id: item.id,
    principalId: item.principalId,
    resourceId: item.resourceId,
    scope: item.scope,
  }),
  filter: { clientId: ["eq"], consentType: ["eq"], principalId: ["eq"], resourceId: ["eq"] },
};
