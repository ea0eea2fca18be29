import type { FailureCode } from "../case/outcome.ts";

export type AzureFailureCode = FailureCode | "NOT_FOUND" | "ALREADY_EXISTS" | "NOT_UNDERSTOOD";

/** A call that did not do what was asked, as a value: what kind, whether asking again may help, and when. */
export interface AzureFailure {
  readonly code: AzureFailureCode;
  /** Null when no answer came. */
  readonly status: number | null;
  /** The service's own code, innermost first found: `ScopeLocked`, `ForbiddenByRbac`. */
  readonly azureCode: string | null;
  readonly retryable: boolean;
  readonly retryAfterInMs: number | null;
  readonly requestId: string | null;
}

export type Answer<T> =
  | {
      readonly kind: "ok";
      readonly value: T;
      readonly status: number;
      readonly requestId: string | null;
      /** Lower-case names. */
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: "failed"; readonly failure: AzureFailure };

/** What a service said: its status, the codes in its body, and what it wants of the next try. */
export interface ErrorAnswer {
  readonly status: number;
  /** Outer code first, then inner ones. */
  readonly codes: readonly string[];
  readonly retryAfterInMs: number | null;
  readonly requestId: string | null;
}

const BY_AZURE_CODE: Readonly<Record<string, AzureFailureCode>> = {
  CannotDeleteLastRbacAdminAssignment: "LAST_OWNER",
  ScopeLocked: "LOCKED",
  CannotUpdateLockedServicePrincipalProperty: "PROPERTY_LOCKED",
  CannotUpdateLockedServicePrincipalPropertyWithEnforcementScope: "PROPERTY_LOCKED",
  Request_ResourceNotFound: "NOT_FOUND",
  // PIM, of Azure and of the directory: asked to remove what is not assigned. With 400 and 404.
  RoleAssignmentDoesNotExist: "NOT_FOUND",
  RoleAssignmentExists: "ALREADY_EXISTS",
  Request_MultipleObjectsWithSameKeyValue: "ALREADY_EXISTS",
};

const CONFLICTS_THAT_PASS: ReadonlySet<string> = new Set([
  // Entra serialises writes to one object and to one identity's federated credentials; the next try finds it free.
  "Directory_ConcurrencyViolation",
  "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
  "AnotherOperationInProgress",
  "OperationNotAllowed",
  // AKS's answer to If-Match while another operation is under way; the next try reads the cluster anew.
  "EtagMismatch",
]);

/**
 * The one place where answers become failure codes: by status and code, never by text.
 * A 403 is retryable to no one: permission does not appear by waiting within a case.
 */
export function classify(answer: ErrorAnswer): AzureFailure {
  const known = answer.codes.find((code) => code in BY_AZURE_CODE);
  const code = (known === undefined ? undefined : BY_AZURE_CODE[known]) ?? codeOfStatus(answer.status);
  const passes = answer.codes.some((it) => CONFLICTS_THAT_PASS.has(it));
  return {
    code,
    status: answer.status,
    azureCode: answer.codes.at(-1) ?? null,
    retryable:
      code === "THROTTLED" ||
      code === "UNAVAILABLE" ||
      code === "PRECONDITION_FAILED" ||
      (code === "CONFLICT" && passes),
    retryAfterInMs: answer.retryAfterInMs,
    requestId: answer.requestId,
  };
}

function codeOfStatus(status: number): AzureFailureCode {
  switch (status) {
    case 400:
    case 405:
    case 413:
    case 415:
    case 422:
      return "BAD_REQUEST";
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "FORBIDDEN";
    case 404:
    case 410:
      return "NOT_FOUND";
    case 408:
      return "TIMED_OUT";
    case 409:
      return "CONFLICT";
    case 412:
      return "PRECONDITION_FAILED";
    case 423:
      return "LOCKED";
    // A failed dependency inside a $batch: the throttled item before it is what went wrong.
    case 424:
    case 429:
      return "THROTTLED";
    default:
      return status >= 500 ? "UNAVAILABLE" : "UNEXPECTED";
  }
}

/** No answer came: nothing is known of what happened, so whoever wrote must look before writing again. */
export function noAnswer(timedOut: boolean): AzureFailure {
  return {
    code: timedOut ? "TIMED_OUT" : "UNAVAILABLE",
    status: null,
    azureCode: null,
    retryable: true,
    retryAfterInMs: null,
    requestId: null,
  };
}

/** An answer that is not what the service documents. Retrying would only get it again. */
export function notUnderstood(status: number, requestId: string | null): AzureFailure {
  return {
    code: "NOT_UNDERSTOOD",
    status,
    azureCode: null,
    retryable: false,
    retryAfterInMs: null,
    requestId,
  };
}

/** `Retry-After` in seconds or as a date, in milliseconds from `now`; null when absent or unreadable. */
export function retryAfterOf(value: string | undefined, now: Date): number | null {
  if (value === undefined) return null;
  if (/^\d+$/.test(value.trim())) return Number(value.trim()) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime());
}
