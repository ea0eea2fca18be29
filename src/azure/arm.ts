import type { TokenCredential } from "@azure/core-auth";
import { z } from "zod";
import { type Answer, notUnderstood } from "./failure.ts";
import { listAll } from "./paging.ts";
import { openRest, type RestRequest } from "./rest.ts";

export interface ArmWrite {
  readonly ifMatch?: string;
}

export interface ResourceGraphOptions {
  /** Assignments made on management groups are only seen from above. */
  readonly scopeFilter?: "AtScopeAndBelow" | "AtScopeAndAbove" | "AtScopeExact" | "AtScopeAboveAndBelow";
  readonly managementGroups?: readonly string[];
  readonly subscriptions?: readonly string[];
}

export interface ArmClient {
  get<T>(path: string, apiVersion: string, schema: z.ZodType<T>): Promise<Answer<T>>;
  list<T>(path: string, apiVersion: string, item: z.ZodType<T>): Promise<Answer<readonly T[]>>;
  put<T>(
    path: string,
    apiVersion: string,
    body: unknown,
    schema: z.ZodType<T>,
    write?: ArmWrite,
  ): Promise<Answer<T>>;
  patch<T>(
    path: string,
    apiVersion: string,
    body: unknown,
    schema: z.ZodType<T>,
    write?: ArmWrite,
  ): Promise<Answer<T>>;
  post<T>(path: string, apiVersion: string, body: unknown, schema: z.ZodType<T>): Promise<Answer<T>>;
  delete(path: string, apiVersion: string): Promise<Answer<unknown>>;
  /** What a long-running operation's own address says now. One look; waiting is the orchestrator's. */
  operation(url: string): Promise<Answer<ArmOperation>>;
  /** Every page of a query; the query must be sorted by id, or pages are not repeatable. */
  resourceGraph<T>(
    query: string,
    item: z.ZodType<T>,
    options?: ResourceGraphOptions,
  ): Promise<Answer<readonly T[]>>;
}

export interface ArmOperation {
  readonly state: "running" | "succeeded" | "failed";
  readonly azureCode: string | null;
}

const SERVICE = {
  root: "https://management.azure.com",
  scope: "https://management.azure.com/.default",
  requestIdHeaders: ["x-ms-request-id", "x-ms-correlation-request-id"],
};

const RESOURCE_GRAPH_API = "2024-04-01";
const ROWS_A_PAGE = 1_000;
const MOST_PAGES = 1_000;

const Operation = z.object({
  status: z.string(),
  error: z.object({ code: z.string() }).nullish(),
});

/** Azure Resource Manager with a credential's Azure roles. */
export function openArm(credential: TokenCredential): ArmClient {
  const rest = openRest(SERVICE, credential);
  const versioned = (path: string, apiVersion: string) =>
    `${path}${path.includes("?") ? "&" : "?"}api-version=${apiVersion}`;
  const send = <T>(request: RestRequest<T>, apiVersion: string, write: ArmWrite = {}) =>
    rest.send({
      ...request,
      path: versioned(request.path, apiVersion),
      headers: write.ifMatch === undefined ? {} : { "If-Match": write.ifMatch },
    });

  return {
    get: (path, apiVersion, schema) => send({ method: "GET", path, schema }, apiVersion),
    list: (path, apiVersion, item) =>
      listAll(rest, { method: "GET", path: versioned(path, apiVersion) }, item, "nextLink"),
    put: (path, apiVersion, body, schema, write) =>
      send({ method: "PUT", path, body, schema }, apiVersion, write),
    patch: (path, apiVersion, body, schema, write) =>
      send({ method: "PATCH", path, body, schema }, apiVersion, write),
    post: (path, apiVersion, body, schema) => send({ method: "POST", path, body, schema }, apiVersion),
    delete: (path, apiVersion) => send({ method: "DELETE", path, schema: z.unknown() }, apiVersion),
    async operation(url) {
      const parsed = URL.parse(url, SERVICE.root);
      if (parsed === null || parsed.origin !== SERVICE.root) {
        return { kind: "failed", failure: notUnderstood(200, null) };
      }
      const answer = await rest.send({
        method: "GET",
        path: `${parsed.pathname}${parsed.search}`,
        schema: z.union([Operation, z.unknown()]),
      });
      if (answer.kind === "failed") return answer;
      return { ...answer, value: operationOf(answer.status, answer.value) };
    },
    async resourceGraph<T>(query: string, item: z.ZodType<T>, options: ResourceGraphOptions = {}) {
      const page = z.object({
        data: z.array(item),
        totalRecords: z.number(),
        // A string on the wire; "true" means rows were cut and no token to go on with is given.
        resultTruncated: z.enum(["true", "false"]),
        $skipToken: z.string().nullish(),
      });
      const rows: T[] = [];
      let skipToken: string | undefined;
      for (let pages = 0; pages < MOST_PAGES; pages++) {
        const answer = await send(
          {
            method: "POST",
            path: "/providers/Microsoft.ResourceGraph/resources",
            body: {
              query,
              ...(options.subscriptions === undefined ? {} : { subscriptions: options.subscriptions }),
              ...(options.managementGroups === undefined
                ? {}
                : { managementGroups: options.managementGroups }),
              options: {
                resultFormat: "objectArray",
                $top: ROWS_A_PAGE,
                ...(skipToken === undefined ? {} : { $skipToken: skipToken }),
                ...(options.scopeFilter === undefined
                  ? {}
                  : { authorizationScopeFilter: options.scopeFilter }),
              },
            },
            schema: page,
          },
          RESOURCE_GRAPH_API,
        );
        if (answer.kind === "failed") return answer;
        rows.push(...answer.value.data);
        skipToken = answer.value.$skipToken ?? undefined;
        if (skipToken === undefined) {
          const whole = answer.value.resultTruncated === "false";
          const value: readonly T[] = rows;
          return whole
            ? { ...answer, value }
            : { kind: "failed", failure: notUnderstood(answer.status, answer.requestId) };
        }
      }
      return { kind: "failed", failure: notUnderstood(200, null) };
    },
  };
}

function operationOf(status: number, body: unknown): ArmOperation {
  const parsed = Operation.safeParse(body);
  // A `Location` address answers 202 until done and then the result itself, without a status.
  if (!parsed.success) return { state: status === 202 ? "running" : "succeeded", azureCode: null };
  const azureCode = parsed.data.error?.code ?? null;
  switch (parsed.data.status.toLowerCase()) {
    case "succeeded":
      return { state: "succeeded", azureCode };
    case "failed":
    case "canceled":
      return { state: "failed", azureCode };
    default:
      return { state: "running", azureCode };
  }
}
