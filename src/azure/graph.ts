import type { TokenCredential } from "@azure/core-auth";
import { z } from "zod";
import { type Answer, classify, notUnderstood, retryAfterOf } from "./failure.ts";
import { listAll } from "./paging.ts";
import { codesOf, openRest, type RestRequest } from "./rest.ts";

export interface GraphOptions {
  /** `beta` only where v1.0 lacks the property, with the reason beside it. */
  readonly version?: "v1.0" | "beta";
  /** Advanced queries read another, eventually consistent index; the header has to go with every page. */
  readonly eventual?: boolean;
  readonly ifMatch?: string;
  /** Of a batch: each waits for the one before, and after one that failed none is made. */
  readonly inOrder?: boolean;
}

export interface BatchItem<T> {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  readonly schema: z.ZodType<T>;
}

export interface GraphClient {
  get<T>(path: string, schema: z.ZodType<T>, options?: GraphOptions): Promise<Answer<T>>;
  /** Every page; fails as a whole when one page does. */
  list<T>(path: string, item: z.ZodType<T>, options?: GraphOptions): Promise<Answer<readonly T[]>>;
  post<T>(path: string, body: unknown, schema: z.ZodType<T>, options?: GraphOptions): Promise<Answer<T>>;
  patch(path: string, body: unknown, options?: GraphOptions): Promise<Answer<unknown>>;
  delete(path: string, options?: GraphOptions): Promise<Answer<unknown>>;
  /** At most 20 requests in one round trip, independent unless `inOrder`; each has its own answer, in the order asked. */
  batch<T>(items: readonly BatchItem<T>[], options?: GraphOptions): Promise<readonly Answer<T>[]>;
}

export const MOST_IN_A_BATCH = 20;

const SERVICE = {
  root: "https://graph.microsoft.com",
  scope: "https://graph.microsoft.com/.default",
  requestIdHeaders: ["request-id", "client-request-id"],
};

const BatchAnswer = z.object({
  responses: z.array(
    z.object({
      id: z.string(),
      status: z.number(),
      headers: z.record(z.string(), z.string()).nullish(),
      // A change is answered without one.
      body: z.unknown().optional(),
    }),
  ),
});

/** Microsoft Graph with a credential's application permissions. Containment goes before other work when Graph is short of capacity. */
export function openGraph(credential: TokenCredential): GraphClient {
  const rest = openRest(SERVICE, credential);
  const headersOf = (options: GraphOptions): Record<string, string> => ({
    // Documented request header: throttled last.
    "x-ms-throttle-priority": "high",
    ...(options.eventual === true ? { ConsistencyLevel: "eventual" } : {}),
    ...(options.ifMatch === undefined ? {} : { "If-Match": options.ifMatch }),
  });
  const at = (path: string, options: GraphOptions) => `/${options.version ?? "v1.0"}${path}`;
  const send = <T>(request: RestRequest<T>, options: GraphOptions = {}) =>
    rest.send({ ...request, path: at(request.path, options), headers: headersOf(options) });

  return {
    get: (path, schema, options) => send({ method: "GET", path, schema }, options),
    list: (path, item, options = {}) =>
      listAll(
        rest,
        { method: "GET", path: at(path, options), headers: headersOf(options) },
        item,
        "@odata.nextLink",
      ),
    post: (path, body, schema, options) => send({ method: "POST", path, body, schema }, options),
    patch: (path, body, options) => send({ method: "PATCH", path, body, schema: z.unknown() }, options),
    delete: (path, options) => send({ method: "DELETE", path, schema: z.unknown() }, options),
    async batch<T>(
      items: readonly BatchItem<T>[],
      options: GraphOptions = {},
    ): Promise<readonly Answer<T>[]> {
      if (items.length === 0) return [];
      if (items.length > MOST_IN_A_BATCH) throw new RangeError(`a batch holds ${MOST_IN_A_BATCH} requests`);
      const requests = items.map((item, index) => ({
        id: String(index),
        method: item.method,
        url: item.path,
        ...(options.inOrder === true && index > 0 ? { dependsOn: [String(index - 1)] } : {}),
        ...(item.body === undefined
          ? {}
          : { body: item.body, headers: { "Content-Type": "application/json" } }),
      }));
      const answer = await send(
        { method: "POST", path: "/$batch", body: { requests }, schema: BatchAnswer },
        options,
      );
      if (answer.kind === "failed") return items.map(() => answer);
      const byId = new Map(answer.value.responses.map((it) => [it.id, it]));
      return items.map((item, index): Answer<T> => {
        const one = byId.get(String(index));
        if (one === undefined) {
          return { kind: "failed", failure: notUnderstood(answer.status, answer.requestId) };
        }
        const headers = lowerCased(one.headers ?? {});
        const requestId = headers["request-id"] ?? answer.requestId;
        if (one.status >= 400) {
          // Throttled items come inside an answer of 200, each with its own Retry-After, or none.
          const retryAfterInMs = retryAfterOf(headers["retry-after"], new Date());
          return {
            kind: "failed",
            failure: classify({ status: one.status, codes: codesOf(one.body), retryAfterInMs, requestId }),
          };
        }
        const parsed = item.schema.safeParse(one.body ?? undefined);
        return parsed.success
          ? { kind: "ok", value: parsed.data, status: one.status, requestId, headers }
          : { kind: "failed", failure: notUnderstood(one.status, requestId) };
      });
    },
  };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
