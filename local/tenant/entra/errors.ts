import type { Tenant } from "../tenant.ts";
import type { WireRequest, WireResponse } from "../wire.ts";
import { tokenHeaders } from "./headers.ts";

/** A refusal of the token endpoint: number, HTTP status, OAuth error and the text before the trailer. */
export interface EntraError {
  readonly number: number;
  readonly status: 400 | 401 | 429;
  readonly error: string;
  readonly text: string;
  readonly suberror?: string;
  /** What a token would have to say instead, as JSON in a string. */
  readonly claims?: string;
}

const FEDERATION_HELP =
  "Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation";
const ASSERTION_HELP =
  "Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id";

export const unknownTenant = (asked: string): EntraError => ({
  number: 90002,
  status: 400,
  error: "invalid_tenant",
  text: `Tenant '${asked}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
});

// guess: text known from experience with /common, no capture.
export const noTenantNamed: EntraError = {
  number: 50059,
  status: 400,
  error: "invalid_request",
  text: "No tenant-identifying information found in either the request or implied by any provided credentials.",
};

// guess: status and text known from experience, no capture.
export const missingParameter = (name: string): EntraError => ({
  number: 900144,
  status: 400,
  error: "invalid_request",
  text: `The request body must contain the following parameter: '${name}'.`,
});

// guess: as the one above.
export const unsupportedGrant = (grant: string): EntraError => ({
  number: 70003,
  status: 400,
  error: "unsupported_grant_type",
  text: `The app requested an unsupported grant type '${grant}'.`,
});

export const unknownApplication = (appId: string, tenantName: string): EntraError => ({
  number: 700016,
  status: 400,
  error: "unauthorized_client",
  text: `Application with identifier '${appId}' was not found in the directory '${tenantName}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
});

// guess: the number exists in Microsoft's list; status and OAuth error are not published.
export const missingServicePrincipal = (appId: string, tenantName: string): EntraError => ({
  number: 7000229,
  status: 401,
  error: "unauthorized_client",
  text: `The client application ${appId} is missing service principal in the tenant ${tenantName}. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119`,
});

// guess: the HTTP status of 7000112 was not found; the other client errors are 401.
export const disabledApplication = (appId: string, displayName: string): EntraError => ({
  number: 7000112,
  status: 401,
  error: "unauthorized_client",
  text: `Application '${appId}'(${displayName}) is disabled.`,
});

export const badSecret = (appId: string): EntraError => ({
  number: 7000215,
  status: 401,
  error: "invalid_client",
  text: `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${appId}'.`,
});

export const expiredSecret = (appId: string): EntraError => ({
  number: 7000222,
  status: 401,
  error: "invalid_client",
  text: `The provided client secret keys for app '${appId}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.`,
});

// guess: well known, but no capture.
export const noCredential: EntraError = {
  number: 7000218,
  status: 401,
  error: "invalid_client",
  text: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
};

// guess: status and OAuth error; the text is from a log of 2021.
export const badAssertionSignature = (appId: string): EntraError => ({
  number: 700027,
  status: 401,
  error: "invalid_client",
  text: `Client assertion contains an invalid signature. [Reason - The key was not found., ${ASSERTION_HELP} '${appId}'. Review the documentation at https://docs.microsoft.com/en-us/graph/deployments to determine the corresponding service endpoint and https://docs.microsoft.com/en-us/graph/api/application-get?view=graph-rest-1.0&tabs=http to build a query request URL, such as 'https://graph.microsoft.com/beta/applications/${appId}'].`,
});

// guess: wording of the reason; same code as above.
export const expiredCertificate = (appId: string): EntraError => ({
  number: 700027,
  status: 401,
  error: "invalid_client",
  text: `Client assertion contains an invalid signature. [Reason - The key used is expired., ${ASSERTION_HELP} '${appId}'.]`,
});

// guess: well known, but no capture.
export const assertionOutOfTime = (now: string, from: string, until: string): EntraError => ({
  number: 700024,
  status: 401,
  error: "invalid_client",
  text: `Client assertion is not within its valid time range. Current time: ${now}, assertion valid from ${from}, expiry time of assertion ${until}. Review the documentation at https://docs.microsoft.com/azure/active-directory/develop/active-directory-certificate-credentials .`,
});

// guess: well known, but no capture.
export const malformedAssertion: EntraError = {
  number: 50027,
  status: 400,
  error: "invalid_request",
  text: "JWT token is invalid or malformed.",
};

// guess: well known for a certificate assertion made for someone else's endpoint, but no capture.
export const assertionAudience = (audience: string): EntraError => ({
  number: 700023,
  status: 401,
  error: "invalid_client",
  text: `Client assertion audience claim does not match Realm issuer. Presented audience: '${audience}'.`,
});

// guess: only the title of an issue names 700211.
export const federationIssuer = (issuer: string): EntraError => ({
  number: 700211,
  status: 401,
  error: "invalid_client",
  text: `No matching federated identity record found for presented assertion issuer '${issuer}'. ${FEDERATION_HELP}`,
});

// guess: by analogy with 700213.
export const federationAudience = (audience: string): EntraError => ({
  number: 700212,
  status: 401,
  error: "invalid_client",
  text: `No matching federated identity record found for presented assertion audience '${audience}'. ${FEDERATION_HELP}`,
});

export const federationSubject = (subject: string): EntraError => ({
  number: 700213,
  status: 401,
  error: "invalid_client",
  text: `No matching federated identity record found for presented assertion subject '${subject}'. ${FEDERATION_HELP}`,
});

// guess: only that the text ends in a remark about case is known.
export const federationSubjectCase = (subject: string): EntraError => ({
  number: 7002138,
  status: 401,
  error: "invalid_client",
  text: `No matching federated identity record found for presented assertion subject '${subject}'. The subject matches with case-insensitive comparison, but not with case-sensitive comparison. ${FEDERATION_HELP}`,
});

export const federationEntraSubject = (subject: string): EntraError => ({
  number: 7002137,
  status: 401,
  error: "invalid_client",
  text: `No matching federated identity record found for presented assertion subject '${subject}'. Please make sure the federated identity credential Subject is '${subject}'.`,
});

export const scopeNotDefault = (scope: string): EntraError => ({
  number: 1002012,
  // guess: the HTTP status was not found.
  status: 400,
  error: "invalid_scope",
  text: `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
});

export const invalidScope = (scope: string): EntraError => ({
  number: 70011,
  status: 400,
  error: "invalid_scope",
  text: `The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope ${scope} is not valid.`,
});

export const unknownResource = (resource: string, tenantName: string): EntraError => ({
  number: 500011,
  // guess: the HTTP status was not found.
  status: 400,
  error: "invalid_resource",
  text: `The resource principal named ${resource} was not found in the tenant named ${tenantName}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`,
});

// guess: known from experience, no capture.
export const noRoleForResource = (appId: string, resource: string): EntraError => ({
  number: 501051,
  status: 400,
  error: "invalid_grant",
  text: `Application '${appId}' is not assigned to a role for the application '${resource}'.`,
});

export const blockedByPolicy = (policyId: string): EntraError => ({
  number: 53003,
  status: 400,
  error: "invalid_grant",
  text: "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
  suberror: "message_only",
  claims: JSON.stringify({ access_token: { capolids: { essential: true, values: [policyId] } } }),
});

// guess: 50126, 50057 and 50173 are known from experience; the reference has no capture.
export const badPassword: EntraError = {
  number: 50126,
  status: 400,
  error: "invalid_grant",
  text: "Error validating credentials due to invalid username or password.",
};

export const disabledUser: EntraError = {
  number: 50057,
  status: 400,
  error: "invalid_grant",
  text: "The user account is disabled.",
};

export const unknownUser = (name: string, tenantName: string): EntraError => ({
  number: 50034,
  status: 400,
  error: "invalid_grant",
  text: `The user account ${name} does not exist in the ${tenantName} directory. To sign into this application, the account must be added to the directory.`,
});

export const revokedGrant = (issuedAt: string, validFrom: string): EntraError => ({
  number: 50173,
  status: 400,
  error: "invalid_grant",
  text: `The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password. The grant was issued on '${issuedAt}' and the TokensValidFrom date (before which tokens are not valid) for this user is '${validFrom}'.`,
});

export const badRefreshToken: EntraError = {
  number: 9002313,
  status: 400,
  error: "invalid_grant",
  text: "Invalid request. Request is malformed or invalid.",
};

/** The refusal as the token endpoint has sent it since 2024: the trailer on one line, the same blank-separated time twice. */
export function errorResponse(
  failure: EntraError,
  request: WireRequest,
  tenant: Tenant,
  parameters?: URLSearchParams,
): WireResponse {
  const timestamp = `${new Date(tenant.clock.now()).toISOString().slice(0, 19).replace("T", " ")}Z`;
  // guess: that a client's own id comes back as the correlation id; captures redact it.
  const correlationId =
    parameters?.get("client-request-id") ??
    request.url.searchParams.get("client-request-id") ??
    request.headers["client-request-id"] ??
    tenant.random.guid();
  return {
    status: failure.status,
    headers: tokenHeaders(request, tenant, `1,${failure.number},0,,`),
    body: {
      error: failure.error,
      error_description: `AADSTS${failure.number}: ${failure.text} Trace ID: ${request.id} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
      error_codes: [failure.number],
      timestamp,
      trace_id: request.id,
      correlation_id: correlationId,
      error_uri: `https://login.microsoftonline.com/error?code=${failure.number}`,
      ...(failure.suberror === undefined ? {} : { suberror: failure.suberror }),
      ...(failure.claims === undefined ? {} : { claims: failure.claims }),
    },
  };
}
