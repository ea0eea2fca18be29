import type { LogRow } from "../../state/logs.ts";

export interface ActivityFacts {
  readonly at: number;
  /** GUID of the event. */
  readonly eventDataId: string;
  readonly correlationId: string;
  readonly operationId?: string | undefined;
  /** `Microsoft.Authorization/roleAssignments/write`; exported in upper case. */
  readonly operation: string;
  readonly status: "Start" | "Success" | "Failure" | "Accept";
  readonly httpStatus: number;
  readonly httpStatusText?: string | undefined;
  /** ARM id of what was acted on. */
  readonly resourceId: string;
  /** UPN of a user, object id of an application. */
  readonly caller: string;
  readonly callerIpAddress: string;
  /** The token's claims. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly authorization: {
    readonly action: string;
    readonly scope: string;
    /** Whose assignment allowed it; never the grantee of a role assignment. */
    readonly evidence?:
      | {
          readonly role?: string | undefined;
          readonly roleAssignmentScope?: string | undefined;
          readonly roleAssignmentId?: string | undefined;
          readonly roleDefinitionId?: string | undefined;
          readonly principalId?: string | undefined;
          readonly principalType?: string | undefined;
        }
      | undefined;
  };
  readonly method?: string | undefined;
  /** `requestbody`, `statusCode`, `responseBody` …: texts, the bodies as JSON strings. */
  readonly properties?: Readonly<Record<string, string>> | undefined;
  readonly category?: "Administrative" | "Security" | "Policy" | "ServiceHealth" | undefined;
}

/** A row of AzureActivity: one for the start and one for the end of every write, delete and action. Reads are not in it. */
export function activityRow(facts: ActivityFacts): LogRow {
  const when = new Date(facts.at).toISOString();
  const [, subscription] = /^\/subscriptions\/([^/]+)/i.exec(facts.resourceId) ?? [];
  const [, group] = /\/resourceGroups\/([^/]+)/i.exec(facts.resourceId) ?? [];
  const [, provider] = /^([^/]+)/.exec(facts.operation) ?? [];
  const claims = claimTexts(facts.claims);
  const properties = {
    ...facts.properties,
    eventCategory: facts.category ?? "Administrative",
    entity: facts.resourceId,
    message: facts.operation,
    hierarchy: subscription ?? "",
  };
  const evidence = facts.authorization.evidence;
  const authorization = {
    action: facts.authorization.action,
    scope: facts.authorization.scope,
    ...(evidence === undefined
      ? {}
      : {
          evidence: {
            ...evidence,
            // Seen without dashes in real records: 32 hexadecimal digits.
            roleAssignmentId: undashed(evidence.roleAssignmentId),
            roleDefinitionId: undashed(evidence.roleDefinitionId),
            principalId: undashed(evidence.principalId),
          },
        }),
  };
  return {
    TimeGenerated: when,
    EventSubmissionTimestamp: when,
    OperationName: facts.operation,
    OperationNameValue: facts.operation.toUpperCase(),
    OperationId: facts.operationId ?? facts.correlationId,
    ActivityStatusValue: facts.status,
    ActivitySubstatusValue:
      facts.status === "Start" ? "" : (facts.httpStatusText ?? String(facts.httpStatus)),
    Level: facts.status === "Failure" ? "Error" : "Informational",
    Caller: facts.caller,
    CallerIpAddress: facts.callerIpAddress,
    Claims: JSON.stringify(claims),
    Claims_d: claims,
    Authorization: JSON.stringify(authorization),
    Authorization_d: authorization,
    Properties: JSON.stringify(properties),
    Properties_d: properties,
    CategoryValue: facts.category ?? "Administrative",
    CorrelationId: facts.correlationId,
    EventDataId: facts.eventDataId,
    HTTPRequest: JSON.stringify({
      clientRequestId: facts.correlationId,
      clientIpAddress: facts.callerIpAddress,
      method: facts.method ?? "",
    }),
    ResourceGroup: (group ?? "").toUpperCase(),
    ResourceProviderValue: (provider ?? "").toUpperCase(),
    SubscriptionId: subscription ?? "",
    Hierarchy: subscription ?? "",
    _SubscriptionId: subscription ?? "",
    // Azure Monitor lower-cases resource ids in this column.
    _ResourceId: facts.resourceId.toLowerCase(),
    SourceSystem: "Azure",
  };
}

const LONG_CLAIMS: Readonly<Record<string, string>> = {
  oid: "http://schemas.microsoft.com/identity/claims/objectidentifier",
  tid: "http://schemas.microsoft.com/identity/claims/tenantid",
  sub: "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
  idp: "http://schemas.microsoft.com/identity/claims/identityprovider",
  scp: "http://schemas.microsoft.com/identity/claims/scope",
  upn: "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
};

/** The claims as ARM logs them: every value a text, and some names the long ones of old. */
export function claimTexts(claims: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(claims).map(([name, value]) => [
      LONG_CLAIMS[name] ?? name,
      typeof value === "string" ? value : Array.isArray(value) ? value.join(",") : JSON.stringify(value),
    ]),
  );
}

function undashed(id: string | undefined): string {
  return (id ?? "").slice((id ?? "").lastIndexOf("/") + 1).replaceAll("-", "");
}
