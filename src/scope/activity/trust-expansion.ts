import type { LoggedEvent } from "./log-source.ts";

/** How an event widened what somebody can do, or what is seen of it. */
export type Expansion =
  | "role-assignment"
  | "application-credential"
  | "service-principal-credential"
  | "application-changed"
  | "federated-credential"
  | "owner"
  | "group-member"
  | "app-role"
  | "consent"
  | "directory-role"
  | "new-application"
  | "new-service-principal"
  | "new-user"
  | "vault-policy"
  | "diagnostics-deleted"
  | "cluster-credential"
  | "key-listing"
  | "publishing-credential"
  | "cluster-object";

// The names carry a hyphen in the documentation, an en dash and a closing blank in the real log: never compared whole.
const AUDIT: readonly (readonly [RegExp, Expansion])[] = [
  [/^update application\W+certificates and secrets management/i, "application-credential"],
  [/^create application\W+certificates and secrets management/i, "application-credential"],
  [/^add service principal credentials/i, "service-principal-credential"],
  // A federated credential on an application has no operation of its own.
  [/^update application$/i, "application-changed"],
  [/^add owner to (?:application|service principal)/i, "owner"],
  [/^add member to group/i, "group-member"],
  [/^add app role assignment/i, "app-role"],
  [/^(?:consent to application|add delegated permission grant)/i, "consent"],
  [/^add (?:eligible |scoped )?member to role/i, "directory-role"],
  [/^add application$/i, "new-application"],
  [/^add service principal$/i, "new-service-principal"],
  [/^(?:add user|invite external user)/i, "new-user"],
];

// Case differs by exporter.
const AZURE: readonly (readonly [RegExp, Expansion])[] = [
  [
    /^microsoft\.authorization\/(?:roleassignments|roleeligibilityschedulerequests|roleassignmentschedulerequests)\/write$/i,
    "role-assignment",
  ],
  [/^microsoft\.authorization\/elevateaccess\/action$/i, "role-assignment"],
  [/\/federatedidentitycredentials\/write$/i, "federated-credential"],
  [/^microsoft\.keyvault\/vaults\/(?:accesspolicies\/)?write$/i, "vault-policy"],
  [/\/diagnosticsettings\/delete$/i, "diagnostics-deleted"],
  [
    /\/(?:listclusteradmincredential|listclusterusercredential|accessprofiles\/listcredential|runcommand)\/action$/i,
    "cluster-credential",
  ],
  [/\/(?:listkeys|listaccountsas|listservicesas|listcredentials|regeneratekeys?)\/action$/i, "key-listing"],
  [/\/(?:publishxml|config\/list|newpassword)\/action$/i, "publishing-credential"],
];

/** What an event expanded; null for one that expanded nothing. Failed attempts count: they say what was wanted. */
export function trustExpansion({ activity }: LoggedEvent): Expansion | null {
  const find = (rules: readonly (readonly [RegExp, Expansion])[]) =>
    rules.find(([pattern]) => pattern.test(activity.operation))?.[1] ?? null;
  switch (activity.source) {
    case "directory-audit":
      return find(AUDIT);
    case "azure-activity":
      return find(AZURE);
    case "cluster-audit":
      return clusterExpansion(activity.operation);
    case "service-principal-sign-in":
    case "managed-identity-sign-in":
    case "user-sign-in":
    case "graph-activity":
    case "key-vault":
    case "storage":
      return null;
    default:
      return activity.source satisfies never;
  }
}

function clusterExpansion(operation: string): Expansion | null {
  const [verb = "", resource = ""] = operation.split(" ");
  // A shell in a pod is a `get` today and was a `create` before; it leaves no object behind.
  if (resource.includes("/") && resource !== "serviceaccounts/token") return null;
  return ["create", "patch", "update"].includes(verb) ? "cluster-object" : null;
}
