import { z } from "zod";
import type { LogRow } from "../../azure/logs.ts";
import { kqlList } from "../identifiers.ts";
import { type LoggedEvent, type LogSource, momentOf, NEWEST, textOf } from "./log-source.ts";

const Text = z.string().nullish();

export const ClusterRow = z.object({
  Verb: z.string(),
  RequestUri: Text,
  User: z.object({
    username: Text,
    extra: z.object({ oid: z.union([z.string(), z.array(z.string())]).nullish() }).nullish(),
  }),
  // Forwarded addresses first; the client can forge all but the last.
  SourceIps: z.array(z.string()).nullish(),
  ObjectRef: z
    .object({
      resource: Text,
      namespace: Text,
      name: Text,
      apiGroup: Text,
      apiVersion: Text,
      subresource: Text,
      uid: Text,
    })
    .nullish(),
  ResponseStatus: z.object({ code: z.number().nullish() }).nullish(),
  ResponseObject: z.unknown(),
  Stage: Text,
  UserAgent: Text,
  AuditId: z.string(),
  ResourceId: Text,
});
export type ClusterRow = z.infer<typeof ClusterRow>;

const COLUMNS =
  "TimeGenerated, Verb, RequestUri, User, SourceIps, ObjectRef, ResponseStatus, ResponseObject, Stage, UserAgent, AuditId, ResourceId = _ResourceId";

/** What an administrator's certificate is called, the same for everybody who fetched it. */
const CERTIFICATE_USERS = ["masterclient", "clusterAdmin"];

/** Kubernetes calls by callers Entra knows. AKSAudit and not AKSAuditAdmin, which has neither reads nor today's exec. */
export const CLUSTER_LOG: LogSource = {
  source: "cluster-audit",
  table: "AKSAudit",
  kql: (who) => `AKSAudit
| extend Oid = tostring(User.extra.oid[0]), Username = tostring(User.username)
| where Oid in~ ${kqlList(who.objectIds)} or Username in~ ${kqlList([...who.objectIds, ...who.userPrincipalNames])}
| project ${COLUMNS}
${NEWEST}`,
  read: (row) => clusterEvent(row, "proven"),
};

/**
 * Calls with the administrator's certificate on clusters whose credential was fetched, and by anyone from given
 * addresses: the log cannot say who they were, so what comes of it is inferred, never proven.
 */
export function callsWithoutName(clusterIds: readonly string[], addresses: readonly string[]): string {
  return `AKSAudit
| extend Username = tostring(User.username), Address = tostring(SourceIps[-1])
| where (_ResourceId in~ ${kqlList(clusterIds)} and Username in ${kqlList(CERTIFICATE_USERS)}) or Address in ${kqlList(addresses)}
| project ${COLUMNS}
${NEWEST}`;
}

export function clusterEvent(row: LogRow, attribution: "proven" | "inferred"): LoggedEvent | null {
  const parsed = ClusterRow.safeParse(row);
  const at = momentOf(row["TimeGenerated"]);
  if (!parsed.success || at === null) return null;
  const it = parsed.data;
  const oid = it.User.extra?.oid;
  const object = it.ObjectRef;
  const code = it.ResponseStatus?.code ?? null;
  return {
    // Counted once, whatever its stages; a running exec has only the first of them.
    key: `AKSAudit ${it.AuditId}`,
    weight: it.Stage === "ResponseComplete" ? 1 : 0,
    actor: {
      objectId: (Array.isArray(oid) ? oid[0] : oid)?.toLowerCase() ?? null,
      appId: null,
      userPrincipalName: textOf(it.User.username),
    },
    links: [],
    activity: {
      at,
      source: "cluster-audit",
      operation:
        object?.resource == null
          ? it.Verb
          : `${it.Verb} ${object.resource}${object.subresource == null || object.subresource === "" ? "" : `/${object.subresource}`}`,
      target: clusterTarget(it),
      outcome: code === null ? "unknown" : code < 400 ? "success" : "failure",
      address: it.SourceIps?.at(-1) ?? null,
      country: null,
      userAgent: textOf(it.UserAgent),
      credentialKeyId: null,
      tokenId: null,
      correlationId: it.AuditId,
      attribution,
    },
    row,
  };
}

/** `<cluster id>/<namespace>/<resource>/<name>`, with `-` where the object has no namespace. */
export function clusterTarget({ ResourceId, ObjectRef, RequestUri }: ClusterRow): string | null {
  const cluster = textOf(ResourceId) ?? "";
  const resource = textOf(ObjectRef?.resource);
  if (resource === null) return `${cluster}${(RequestUri ?? "").split("?")[0] ?? ""}`;
  return [cluster, textOf(ObjectRef?.namespace) ?? "-", resource, textOf(ObjectRef?.name) ?? "*"].join("/");
}
