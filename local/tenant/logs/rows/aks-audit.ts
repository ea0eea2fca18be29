import type { LogRow } from "../../state/logs.ts";

export interface AksAuditFacts {
  readonly at: number;
  readonly auditId: string;
  /** ARM id of the cluster. */
  readonly clusterResourceId: string;
  readonly verb: string;
  readonly requestUri: string;
  readonly stage: "ResponseStarted" | "ResponseComplete";
  readonly user: {
    readonly username: string;
    readonly groups?: readonly string[] | undefined;
    /** Object id of an Entra caller; a certificate has none. */
    readonly entraObjectId?: string | undefined;
  };
  /** Forwarded addresses first, the one that cannot be forged last. */
  readonly sourceIps: readonly string[];
  readonly userAgent: string;
  readonly object?:
    | {
        readonly resource: string;
        readonly namespace?: string | undefined;
        readonly name?: string | undefined;
        readonly apiGroup?: string | undefined;
        readonly apiVersion?: string | undefined;
        readonly subresource?: string | undefined;
      }
    | undefined;
  readonly statusCode: number;
  readonly level?: "Metadata" | "Request" | "RequestResponse" | undefined;
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
}

/** A row of AKSAudit; AKSAuditAdmin has the same columns but neither get nor list. */
export function aksAuditRow(facts: AksAuditFacts): LogRow {
  const when = new Date(facts.at).toISOString();
  const { user } = facts;
  return {
    TimeGenerated: when,
    RequestReceivedTime: when,
    StageReceivedTime: when,
    AuditId: facts.auditId,
    Level: facts.level ?? "Metadata",
    Stage: facts.stage,
    Verb: facts.verb,
    RequestUri: facts.requestUri,
    User: {
      username: user.username,
      groups: [...(user.groups ?? []), "system:authenticated"],
      ...(user.entraObjectId === undefined ? {} : { extra: { oid: [user.entraObjectId] } }),
    },
    SourceIps: facts.sourceIps,
    UserAgent: facts.userAgent,
    ObjectRef: facts.object ?? null,
    ResponseStatus: { metadata: {}, code: facts.statusCode },
    RequestObject: facts.requestObject ?? null,
    ResponseObject: facts.responseObject ?? null,
    Annotations: {
      "authorization.k8s.io/decision": facts.statusCode === 403 ? "forbid" : "allow",
      "authorization.k8s.io/reason": "",
    },
    PodName: "",
    _ResourceId: facts.clusterResourceId.toLowerCase(),
    SourceSystem: "Azure",
  };
}
