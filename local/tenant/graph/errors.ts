/** A refusal as Graph words it. Texts are as served unless a comment says guess. */
export class GraphFault extends Error {
  readonly code: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly details: readonly unknown[] | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    more: { readonly headers?: Readonly<Record<string, string>>; readonly details?: readonly unknown[] } = {},
  ) {
    super(message);
    this.name = "GraphFault";
    this.status = status;
    this.code = code;
    this.headers = more.headers ?? {};
    this.details = more.details;
  }
}

export const notFound = (id: string) =>
  new GraphFault(
    404,
    "Request_ResourceNotFound",
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );

export const insufficientPrivileges = () =>
  new GraphFault(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");

export const missingReportPermission = (permissions: readonly string[]) =>
  new GraphFault(
    403,
    "Authentication_MSGraphPermissionMissing",
    `Calling principal does not have required MSGraph permissions ${permissions.join(", ")}`,
  );

/** PIM wraps its own error in a string, under a code that says nothing (microsoft-graph-docs#22292). */
export const missingScheduleScope = (permissions: readonly string[]) =>
  new GraphFault(
    403,
    "UnknownError",
    JSON.stringify({
      errorCode: "PermissionScopeNotGranted",
      message: `Authorization failed due to missing permission scope ${permissions.join(",")}.`,
      instanceAnnotations: [],
    }),
  );

/** guess: identity protection's refusal was not found as served. */
export const missingRiskPermission = () =>
  new GraphFault(
    403,
    "Forbidden",
    "Your account does not have access to this report or data. Please contact your global administrator to request access.",
  );

export const badRequest = (message: string) => new GraphFault(400, "Request_BadRequest", message);

export const invalidUri = (message: string) => new GraphFault(400, "BadRequest", message);

/** A delta link older than a week; code and text as Microsoft announced them in July 2020. */
export const syncStateNotFound = () =>
  new GraphFault(
    400,
    "syncStateNotFound",
    "The sync state generation is not found. The delta token is expired and data must be synchronized again.",
  );

export const unsupportedQuery = (message: string) => new GraphFault(400, "Request_UnsupportedQuery", message);

export const unsupportedFilter = (property: string, resource: string) =>
  unsupportedQuery(
    `Unsupported or invalid query filter clause specified for property '${property}' of resource '${resource}'.`,
  );

/** The stand-in's own: what Azure may well do and this does not. Never an empty or wrong answer instead. */
export const notModelled = (what: string) =>
  new GraphFault(400, "NotModelledByStandIn", `The stand-in tenant does not model ${what}.`);

export const methodNotAllowed = () =>
  new GraphFault(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.");

export const credentialNotUpdatable = (keyId: string) =>
  badRequest(`Update to existing credential with KeyId '${keyId}' is not allowed.`);

export const newPasswordsByActionOnly = () =>
  badRequest("New password credentials must be generated using service actions.");

/** guess: status and code; the text is what Vault matches on. */
export const noPasswordCredential = (keyId: string) =>
  badRequest(`No password credential found with keyId '${keyId}'.`);

export const lockedProperty = (property: string) =>
  // guess: the status; code and text are quoted in public threads.
  new GraphFault(400, "CannotUpdateLockedServicePrincipalProperty", `Property ${property} is invalid.`);

export const concurrencyViolation = () =>
  new GraphFault(
    409,
    "Directory_ConcurrencyViolation",
    "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.",
  );

export const federatedNameTaken = (name: string) =>
  new GraphFault(
    409,
    "Request_MultipleObjectsWithSameKeyValue",
    `FederatedIdentityCredential with name ${name} already exists.`,
  );

export const conflictingObject = () =>
  new GraphFault(
    409,
    "Request_MultipleObjectsWithSameKeyValue",
    "A conflicting object with one or more of the specified property values is present in the directory.",
    { details: [{ code: "ConflictingObjects" }] },
  );

export const grantExists = () =>
  new GraphFault(400, "Request_MultipleObjectsWithSameKeyValue", "EntitlementGrant entry already exists.");

export const linkExists = (link: "owners" | "members") =>
  badRequest(
    `One or more added object references already exist for the following modified properties: '${link}'.`,
  );

/** guess: code and text; only the limit of 20 is documented. */
export const tooManyFederatedCredentials = () =>
  new GraphFault(
    400,
    "Directory_QuotaExceeded",
    "The directory object quota limit for the Principal has been exceeded: no more than 20 federated identity credentials.",
  );

export const tooManyRequests = (
  identifier: string,
  category: string,
  headers: Readonly<Record<string, string>>,
) =>
  new GraphFault(
    429,
    "TooManyRequests",
    `Too many requests from Identifier:${identifier} under category:${category}. Please try again later.`,
    { headers },
  );

export const internalError = () =>
  new GraphFault(500, "InternalServerError", "Internal server error occurred.");
