import type { LogRow } from "../../state/logs.ts";

export interface GraphActivityFacts {
  readonly at: number;
  readonly requestId: string;
  readonly clientRequestId?: string | undefined;
  /** The same for all requests of one `$batch`; left out, the request's own id. */
  readonly operationId?: string | undefined;
  readonly tenantId: string;
  readonly appId: string | undefined;
  readonly servicePrincipalId?: string | undefined;
  readonly userId?: string | undefined;
  readonly ipAddress: string;
  readonly method: string;
  readonly uri: string;
  readonly statusCode: number;
  /** `uti` of the token. */
  readonly tokenId: string;
  readonly tokenIssuedAt: number;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** `appidacr` of the token: 0 public client, 1 secret, 2 certificate. */
  readonly clientAuthMethod: 0 | 1 | 2;
  readonly apiVersion?: "v1.0" | "beta" | undefined;
  readonly userAgent?: string | undefined;
  readonly responseSizeInBytes?: number | undefined;
  readonly wids?: readonly string[] | undefined;
}

/** A row of MicrosoftGraphActivityLogs. `SignInActivityId` is what the sign-in tables call `UniqueTokenIdentifier`. */
export function graphActivityRow(facts: GraphActivityFacts): LogRow {
  return {
    TimeGenerated: new Date(facts.at).toISOString(),
    AadTenantId: facts.tenantId,
    ApiVersion: facts.apiVersion ?? "v1.0",
    AppId: facts.appId ?? "",
    ServicePrincipalId: facts.servicePrincipalId ?? "",
    UserId: facts.userId ?? "",
    IPAddress: facts.ipAddress,
    RequestId: facts.requestId,
    ClientRequestId: facts.clientRequestId ?? facts.requestId,
    OperationId: facts.operationId ?? facts.requestId,
    RequestMethod: facts.method,
    RequestUri: facts.uri,
    ResponseStatusCode: facts.statusCode,
    ResponseSizeBytes: facts.responseSizeInBytes ?? 0,
    SignInActivityId: facts.tokenId,
    UniqueTokenId: facts.tokenId,
    TokenIssuedAt: new Date(facts.tokenIssuedAt).toISOString(),
    Roles: facts.roles.join(" "),
    Scopes: facts.scopes.join(" "),
    ClientAuthMethod: facts.clientAuthMethod,
    IdentityProvider: `https://sts.windows.net/${facts.tenantId}/`,
    DurationMs: 0,
    UserAgent: facts.userAgent ?? "",
    Wids: (facts.wids ?? []).join(" "),
  };
}
