/** What Key Vault answers when it does not do what was asked. Texts as served, but where a comment says guess. */
export interface VaultError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly inner?: string;
}

export class VaultRefusal extends Error {
  readonly error: VaultError;
  constructor(error: VaultError) {
    super(error.message);
    this.name = "VaultRefusal";
    this.error = error;
  }
}

/** `secret` or `key`, as messages name it. */
export type ObjectWord = "Secret" | "Key";

const RECOVERY_HELP =
  "If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182";

export const unauthorized = {
  missing: {
    status: 401,
    code: "Unauthorized",
    message: "AKV10000: Request is missing a Bearer or PoP token.",
  },
  // guess: [P] names the codes, their texts as served were not found.
  malformed: {
    status: 401,
    code: "Unauthorized",
    message:
      "AKV10001: Token validation failed. IDX12741: JWT must have three segments (JWS) or five segments (JWE).",
  },
  badSignature: {
    status: 401,
    code: "Unauthorized",
    message: "[TokenInvalid] Error validating token: 'S2S12005'.",
  },
  expired: {
    status: 401,
    code: "Unauthorized",
    message: "[TokenExpired] Error validating token: 'S2S12086'.",
  },
  revoked: {
    status: 401,
    code: "Unauthorized",
    message: "[TokenInvalid] Error validating token: 'S2S12005'.",
  },
  audience: (found: string): VaultError => ({
    status: 401,
    code: "Unauthorized",
    message: `AKV10022: Invalid audience. Expected https://vault.azure.net, found: ${found}.`,
  }),
  issuer: (expected: string, found: string): VaultError => ({
    status: 401,
    code: "Unauthorized",
    message: `AKV10032: Invalid issuer. Expected one of ${expected}, found ${found}.`,
  }),
} as const;

export function forbiddenByRbac(facts: {
  readonly caller: string;
  readonly action: string;
  readonly resource: string;
  readonly vault: string;
  readonly location: string;
  readonly denyAssignmentId: string | undefined;
}): VaultError {
  return {
    status: 403,
    code: "Forbidden",
    inner: "ForbiddenByRbac",
    message:
      "Caller is not authorized to perform action on resource.\r\n" +
      "If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\n" +
      `Caller: ${facts.caller}\r\nAction: '${facts.action}'\r\nResource: '${facts.resource.toLowerCase()}'\r\n` +
      "Assignment: (not found)\r\n" +
      `DenyAssignmentId: ${facts.denyAssignmentId === undefined ? "null" : `'${facts.denyAssignmentId}'`}\r\n` +
      // guess: the reason given when a deny assignment refuses was not found as served.
      `DecisionReason: '${facts.denyAssignmentId === undefined ? "DeniedWithNoValidRBAC" : "DeniedByDenyAssignment"}' \r\n` +
      `Vault: ${facts.vault};location=${facts.location}\r\n`,
  };
}

export function forbiddenByPolicy(facts: {
  readonly caller: string;
  readonly object: "secrets" | "keys";
  readonly permission: string;
  readonly vault: string;
  readonly location: string;
}): VaultError {
  return {
    status: 403,
    code: "Forbidden",
    inner: "AccessDenied",
    message:
      `The user, group or application '${facts.caller}' does not have ${facts.object} ${facts.permission} permission on ` +
      `key vault '${facts.vault};location=${facts.location}'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`,
  };
}

export function forbiddenByFirewall(address: string, vault: string, location: string): VaultError {
  return {
    status: 403,
    code: "Forbidden",
    inner: "ForbiddenByFirewall",
    message:
      "Client address is not authorized and caller is not a trusted service.\r\n" +
      `Client address: ${address} from unknown subnet\r\nVault: ${vault};location=${location}`,
  };
}

export function forbiddenByConnection(caller: string, vault: string, location: string): VaultError {
  return {
    status: 403,
    code: "Forbidden",
    inner: "ForbiddenByConnection",
    message:
      "Public network access is disabled and request is not from a trusted service nor via an approved private link.\r\n" +
      `Caller: ${caller}\r\nVault: ${vault};location=${location}`,
  };
}

export function purgeProtected(vault: string, location: string): VaultError {
  return {
    status: 403,
    code: "Forbidden",
    // guess: the text is as served, its inner code was not found.
    inner: "ForbiddenByPolicy",
    message:
      'Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will ' +
      `automatically purge it after the retention period has passed.\r\nVault: ${vault};location=${location}`,
  };
}

/** `get` on a disabled version; other operations by analogy. */
export function objectDisabled(word: ObjectWord, operation: string): VaultError {
  return {
    status: 403,
    code: "Forbidden",
    inner: `${word}Disabled`,
    message: `Operation ${operation} is not allowed on a disabled ${word.toLowerCase()}.`,
  };
}

/** guess: a key that is not yet or no longer valid refuses cryptography; the text was not found as served. */
export function keyOutsideItsDates(operation: string): VaultError {
  return {
    status: 403,
    code: "Forbidden",
    inner: "KeyNotYetValid",
    message: `Operation ${operation} is not allowed on a key outside of its validity period.`,
  };
}

/** The key is not for this: `key_ops` does not list it. The text is a guess. */
export function operationNotPermitted(operation: string): VaultError {
  return {
    status: 403,
    code: "Forbidden",
    inner: "KeyOperationForbidden",
    message: `Operation ${operation} is not permitted on this key.`,
  };
}

export function notFound(word: ObjectWord, name: string, version: string | undefined): VaultError {
  const article = word === "Secret" ? "A secret" : "A key";
  return {
    status: 404,
    code: `${word}NotFound`,
    message:
      `${article} with (name/id) ${version === undefined ? name : `${name}/${version}`} was not found in this key vault. ` +
      RECOVERY_HELP.replace("this secret", `this ${word.toLowerCase()}`),
  };
}

export function deletedNotFound(word: ObjectWord, name: string): VaultError {
  return { status: 404, code: `${word}NotFound`, message: `Deleted ${word} not found: ${name}` };
}

export function deletedButRecoverable(word: ObjectWord, name: string): VaultError {
  return {
    status: 409,
    code: "Conflict",
    inner: "ObjectIsDeletedButRecoverable",
    message: `${word} ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the ${word.toLowerCase()} can only be recovered or purged.`,
  };
}

export function existsAlready(word: ObjectWord, name: string): VaultError {
  return {
    status: 400,
    code: "MethodNotAllowed",
    inner: "RequestNotAllowedOnNonDeletedObject",
    message: `${word} exists already: ${name}`,
  };
}

/** guess: what writing over a certificate's secret answers was not found; that it must not be written is documented. */
export function managedByCertificate(word: ObjectWord, name: string): VaultError {
  return {
    status: 403,
    code: "Forbidden",
    inner: "OperationNotAllowedOnManagedObject",
    message: `${word} ${name} is managed by a certificate and can only be changed through it.`,
  };
}

export function badParameter(message: string): VaultError {
  return { status: 400, code: "BadParameter", message };
}

export function methodNotAllowed(method: string): VaultError {
  return { status: 405, code: "MethodNotAllowed", message: `HTTP method '${method}' is not allowed.` };
}

export const throttled: VaultError = {
  status: 429,
  code: "Throttled",
  message:
    "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached",
};

/** guess: in Azure the name of a vault that is not there does not resolve, so no answer of Key Vault's exists for it. */
export function noSuchVault(name: string): VaultError {
  return {
    status: 404,
    code: "VaultNotFound",
    message: `The stand-in has no vault named '${name}'; in Azure its name would not resolve.`,
  };
}

/** Ours, and loud: Key Vault does this, the stand-in does not. */
export function notModelled(what: string): VaultError {
  return { status: 400, code: "NotModelled", message: `The stand-in tenant does not model ${what}.` };
}
