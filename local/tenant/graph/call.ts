import type { z } from "zod";
import type { Caller } from "../service.ts";
import type { Directory } from "../state/directory.ts";
import type { Tenant } from "../tenant.ts";
import type { WireRequest } from "../wire.ts";
import type { AuditEvent } from "./audit-events.ts";
import { badRequest } from "./errors.ts";
import type { Query } from "./odata/query.ts";

export type GraphVersion = "v1.0" | "beta";

/** One call as its route sees it: who, what of, and the two views of the directory, the newest and the replica's. */
export interface GraphCall {
  readonly tenant: Tenant;
  readonly directory: Directory;
  readonly request: WireRequest;
  readonly version: GraphVersion;
  readonly caller: Caller;
  /** Values of the route's `{…}`. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly now: number;
  /** What reads show: the directory as it was before the replication delay. */
  readonly asOf: number;
  /** What the directory's audit log will say of it, if the call succeeds. */
  readonly audits: AuditEvent[];
  /** It waited for another in its batch, so it is not concurrent with it however near they are. */
  readonly waited: boolean;
}

export interface GraphAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** `/applications/{id}/removePassword` */
  readonly path: string;
  /** Resource units before what `$select`, `$expand` and `$top` make of them. */
  readonly units?: number;
  readonly kind?: "directory" | "identity-protection" | "reports";
  readonly handle: (call: GraphCall) => GraphAnswer;
}

/** Parses the body, or answers 400 with what was wrong with it. */
export function bodyOf<T>(call: GraphCall, schema: z.ZodType<T>): T {
  const text = Buffer.from(call.request.body).toString("utf8");
  let json: unknown;
  try {
    json = text === "" ? {} : JSON.parse(text);
  } catch {
    throw badRequest(
      "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const unknown = issue?.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  if (unknown !== undefined) {
    throw badRequest(
      `The stand-in tenant does not model setting '${[...(issue?.path ?? []), unknown].join("/")}' here.`,
    );
  }
  throw badRequest(`Invalid value specified for property '${issue?.path.join("/") ?? ""}' of resource.`);
}

export function parameter(call: GraphCall, name: string): string {
  const value = call.parameters[name];
  if (value === undefined) throw new Error(`the route has no {${name}}`);
  return value;
}

export const noContent = (): GraphAnswer => ({ status: 204 });

/** `https://graph.microsoft.com/v1.0/$metadata#…` */
export function contextOf(call: GraphCall, of: string): string {
  return `https://${call.request.host}/${call.version}/$metadata#${of}`;
}

export function locationOf(call: GraphCall, id: string, type: string): string {
  return `https://${call.request.host}/v2/${call.tenant.id}/directoryObjects/${id}/Microsoft.DirectoryServices.${type}`;
}
