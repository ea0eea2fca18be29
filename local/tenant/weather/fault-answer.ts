import { STATUS_CODES } from "node:http";
import type { ServiceName } from "../service.ts";
import type { WireRequest, WireResponse } from "../wire.ts";

export interface FailureAsked {
  readonly status: number;
  /** Tenant time, for the bodies that carry one. */
  readonly nowInMs: number;
  readonly code?: string | undefined;
  readonly retryAfterInS?: number | undefined;
}

// The codes services give for a status when nothing more is known; where no capture exists, marked as a guess.
const CODES: Readonly<Record<"graph" | "arm" | "key-vault" | "logs", Readonly<Record<number, string>>>> = {
  graph: {
    400: "Request_BadRequest",
    401: "InvalidAuthenticationToken",
    403: "Authorization_RequestDenied",
    404: "Request_ResourceNotFound",
    409: "Request_MultipleObjectsWithSameKeyValue",
    412: "Directory_ConcurrencyViolation",
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "BadGateway", // guess
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
  },
  arm: {
    401: "AuthenticationFailed",
    403: "AuthorizationFailed",
    404: "ResourceNotFound",
    409: "Conflict",
    412: "PreconditionFailed",
    429: "SubscriptionRequestsThrottled",
    500: "InternalServerError",
    502: "BadGatewayConnection",
    503: "ServerTimeout",
    504: "GatewayTimeout",
  },
  "key-vault": {
    401: "Unauthorized",
    403: "Forbidden",
    404: "SecretNotFound",
    409: "Conflict",
    429: "Throttled",
    500: "InternalServerError", // guess
    502: "BadGateway", // guess
    503: "ServiceUnavailable", // guess
    504: "GatewayTimeout", // guess
  },
  logs: {
    401: "AuthorizationRequiredError", // guess
    403: "InsufficientAccessError",
    404: "PathNotFoundError",
    429: "ThrottledError", // guess
    500: "InternalServerError", // guess
    502: "BadGateway", // guess
    503: "ServiceUnavailable", // guess
    504: "GatewayTimeout",
  },
};

/** A failure a rule asked for, in the shape in which that service fails; the text says that it is only weather. */
export function failureResponse(
  service: ServiceName,
  asked: FailureAsked,
  request: WireRequest,
): WireResponse {
  const { status, retryAfterInS, nowInMs } = asked;
  const message = `The stand-in tenant was asked to answer ${status} ${STATUS_CODES[status] ?? ""} here.`;
  const headers: Record<string, string> = {
    "x-ms-request-id": request.id,
    ...(retryAfterInS === undefined ? {} : { "Retry-After": String(retryAfterInS) }),
  };
  const codeFrom = (table: Readonly<Record<number, string>>) =>
    asked.code ?? table[status] ?? (STATUS_CODES[status] ?? "Error").replaceAll(" ", "");
  switch (service) {
    case "graph":
      return {
        status,
        headers: { ...headers, "request-id": request.id, "Content-Type": "application/json" },
        body: {
          error: {
            code: codeFrom(CODES.graph),
            message,
            innerError: {
              date: new Date(nowInMs).toISOString().slice(0, 19),
              "request-id": request.id,
              "client-request-id": request.headers["client-request-id"] ?? request.id,
            },
          },
        },
      };
    case "arm":
    case "aks":
      return { status, headers, body: { error: { code: codeFrom(CODES.arm), message } } };
    case "key-vault":
    case "storage":
      return { status, headers, body: { error: { code: codeFrom(CODES["key-vault"]), message } } };
    case "log-analytics":
    case "logs-ingestion":
      return {
        status,
        headers,
        body: { error: { message, code: codeFrom(CODES.logs), correlationId: request.id } },
      };
    case "managed-identity":
      return { status, headers, body: { statusCode: status, message, correlationId: request.id } };
    case "entra": {
      const number = Number(asked.code ?? (status === 429 ? 90055 : 90033));
      const timestamp = `${new Date(nowInMs).toISOString().slice(0, 19).replace("T", " ")}Z`;
      return {
        status,
        headers,
        body: {
          error: status >= 500 || status === 429 ? "temporarily_unavailable" : "invalid_request",
          error_description: `AADSTS${number}: ${message} Trace ID: ${request.id} Correlation ID: ${request.id} Timestamp: ${timestamp}`,
          error_codes: [number],
          timestamp,
          trace_id: request.id,
          correlation_id: request.id,
          error_uri: `https://login.microsoftonline.com/error?code=${number}`,
        },
      };
    }
    default:
      return service satisfies never;
  }
}

/** Where a hostile next page would be. The name cannot exist, so only a client that is fooled ever asks for it. */
export const HOSTILE_NEXT_LINK = "https://collector.attacker.invalid/next";

/** The same answer, whose next page is elsewhere, in the property that service uses. */
export function withHostileNextLink(service: ServiceName, response: WireResponse): WireResponse {
  const { body } = response;
  if (typeof body !== "object" || body === null || Array.isArray(body)) return response;
  const property = service === "graph" ? "@odata.nextLink" : "nextLink";
  return { ...response, body: { ...body, [property]: HOSTILE_NEXT_LINK } };
}
