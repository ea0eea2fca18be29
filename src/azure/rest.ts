import type { TokenCredential } from "@azure/core-auth";
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type HttpMethods,
  isRestError,
  type PipelineResponse,
} from "@azure/core-rest-pipeline";
import type { z } from "zod";
import {
  type Answer,
  type AzureFailure,
  classify,
  noAnswer,
  notUnderstood,
  retryAfterOf,
} from "./failure.ts";

export interface RestRequest<T> {
  readonly method: HttpMethods;
  /** Below the service's root, query included. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** What of the answer is read; an answer that does not fit is a failure, not a guess. */
  readonly schema: z.ZodType<T>;
}

export interface RestService {
  /** `https://graph.microsoft.com` */
  readonly root: string;
  readonly scope: string;
  readonly requestIdHeaders: readonly string[];
}

export interface Rest {
  readonly root: string;
  send<T>(request: RestRequest<T>): Promise<Answer<T>>;
}

const TIMEOUT_IN_MS = 30_000;

/**
 * One Azure service over the SDKs' own pipeline (proxy, TLS, token cache). Every answer is a value; nothing is retried
 * here, because waiting belongs to durable timers. A token is only ever sent to the service's own host.
 */
export function openRest(service: RestService, credential: TokenCredential): Rest {
  const client = createDefaultHttpClient();
  const pipeline = createPipelineFromOptions({
    retryOptions: { maxRetries: 0 },
    redirectOptions: { maxRetries: 0 },
    userAgentOptions: { userAgentPrefix: "Tourniquet" },
  });
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: service.scope }));
  const { host } = new URL(service.root);

  return {
    root: service.root,
    async send(request) {
      const url = new URL(request.path, service.root);
      if (url.host !== host) throw new TypeError(`${url.host} is not ${host}: a token must not go there`);
      const headers = createHttpHeaders({ Accept: "application/json", ...request.headers });
      if (request.body !== undefined) headers.set("Content-Type", "application/json");
      const wire = createPipelineRequest({
        url: url.href,
        method: request.method,
        headers,
        timeout: TIMEOUT_IN_MS,
        abortSignal: AbortSignal.timeout(TIMEOUT_IN_MS),
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      });
      let response: PipelineResponse;
      try {
        response = await pipeline.sendRequest(client, wire);
      } catch (error) {
        return { kind: "failed", failure: failureOfThrown(error) };
      }
      return readAnswer(service, request, response);
    },
  };
}

function readAnswer<T>(service: RestService, request: RestRequest<T>, response: PipelineResponse): Answer<T> {
  const { status } = response;
  const headers = response.headers.toJSON();
  const requestId =
    service.requestIdHeaders.map((name) => headers[name]).find((it) => it !== undefined) ?? null;
  const text = response.bodyAsText ?? "";
  const body = parseJson(text);
  if (status >= 400 || status < 200) {
    const retryAfterInMs = retryAfterOf(headers["retry-after"], new Date());
    return {
      kind: "failed",
      failure: classify({ status, codes: codesOf(body), retryAfterInMs, requestId }),
    };
  }
  const parsed = request.schema.safeParse(body);
  return parsed.success
    ? { kind: "ok", value: parsed.data, status, requestId, headers }
    : { kind: "failed", failure: notUnderstood(status, requestId) };
}

/** Undefined for an empty body and for text that is not JSON: the schema then says whether that is in order. */
function parseJson(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Error codes wherever Azure's services put them: `error.code`, `code`, `Code`, and the chain of inner errors. */
export function codesOf(body: unknown): string[] {
  const codes: string[] = [];
  let at: unknown = body;
  for (let depth = 0; depth < 5 && isRecord(at); depth++) {
    const inner: Record<string, unknown> = isRecord(at["error"]) ? at["error"] : at;
    const code = inner["code"] ?? inner["Code"];
    if (typeof code === "string" && code !== "") codes.push(code);
    at = inner["innererror"] ?? inner["innerError"];
  }
  return codes;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A token that could not be had, or a network that failed. */
function failureOfThrown(error: unknown): AzureFailure {
  if (isRestError(error)) return noAnswer(error.code === "ETIMEDOUT");
  const name = error instanceof Error ? error.name : "";
  if (name === "AbortError" || name === "TimeoutError") return noAnswer(true);
  // @azure/identity: CredentialUnavailableError, AuthenticationError, AuthenticationRequiredError, AggregateAuthenticationError.
  if (name.includes("Authentication") || name.includes("Credential")) {
    return { ...noAnswer(false), code: "UNAUTHENTICATED", retryable: true };
  }
  throw error;
}
