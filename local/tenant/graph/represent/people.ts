import type { Group, User } from "../../state/directory.ts";

type Json = Record<string, unknown>;

/** What is shown of a user when nothing is selected. */
export const USER_DEFAULTS = [
  "businessPhones",
  "displayName",
  "givenName",
  "jobTitle",
  "mail",
  "mobilePhone",
  "officeLocation",
  "preferredLanguage",
  "surname",
  "userPrincipalName",
  "id",
] as const;

export function userJson(user: User): Json {
  return {
    id: user.id,
    deletedDateTime: user.deletedDateTime,
    accountEnabled: user.accountEnabled,
    businessPhones: [],
    createdDateTime: user.createdDateTime,
    displayName: user.displayName,
    givenName: user.givenName,
    jobTitle: user.jobTitle,
    mail: user.mail,
    mobilePhone: null,
    officeLocation: null,
    onPremisesSyncEnabled: user.onPremisesSyncEnabled,
    preferredLanguage: null,
    refreshTokensValidFromDateTime: user.signInSessionsValidFromDateTime,
    signInSessionsValidFromDateTime: user.signInSessionsValidFromDateTime,
    surname: user.surname,
    userPrincipalName: user.userPrincipalName,
    userType: user.userType,
    ...user.other,
  };
}

export function groupJson(group: Group): Json {
  return {
    id: group.id,
    deletedDateTime: group.deletedDateTime,
    classification: null,
    createdDateTime: group.createdDateTime,
    creationOptions: [],
    description: group.description,
    displayName: group.displayName,
    expirationDateTime: null,
    groupTypes: group.groupTypes,
    isAssignableToRole: group.isAssignableToRole,
    mail: null,
    mailEnabled: group.mailEnabled,
    mailNickname: group.mailNickname,
    membershipRule: null,
    membershipRuleProcessingState: null,
    onPremisesSyncEnabled: null,
    proxyAddresses: [],
    renewedDateTime: group.createdDateTime,
    resourceBehaviorOptions: [],
    resourceProvisioningOptions: [],
    securityEnabled: group.securityEnabled,
    securityIdentifier: sidOf(group.id),
    theme: null,
    uniqueName: null,
    visibility: null,
  };
}

/** A cloud object's SID is its id, read as four little-endian numbers. */
function sidOf(id: string): string {
  const bytes = Buffer.from(id.replaceAll("-", ""), "hex");
  const guid = Buffer.from(
    [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((from) => bytes[from] ?? 0),
  );
  return `S-1-12-1-${[0, 4, 8, 12].map((from) => guid.readUInt32LE(from)).join("-")}`;
}
