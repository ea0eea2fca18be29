import { applicationByAppId, grantedAppRoles, servicePrincipalByAppId } from "../state/directory.ts";
import type { Tenant } from "../tenant.ts";
import type { WireRequest, WireResponse } from "../wire.ts";
import { checkProof, type Client } from "./client-proof.ts";
import {
  blockedByPolicy,
  disabledApplication,
  type EntraError,
  errorResponse,
  missingParameter,
  missingServicePrincipal,
  noRoleForResource,
  unknownApplication,
} from "./errors.ts";
import type { Grant } from "./grant.ts";
import { GRAPH, type TokenResource } from "./resources.ts";
import { askedResource } from "./scope.ts";
import { logApplicationSignIn } from "./sign-in-log.ts";
import { tokenResponse } from "./token-response.ts";
import { DAY_LIFETIME_IN_S, defaultLifetimeInS, issueApplicationToken } from "./tokens.ts";

/**
 * `grant_type=client_credentials`: by secret, certificate or federated assertion. Whether the client exists, is enabled
 * and holds the credential is read as it stood `delays.tokenIssuanceInMs` ago; what it is granted, likewise.
 */
export function applicationGrant(grant: Grant): WireResponse {
  const { tenant, request, parameters, key, issuers, locate, version } = grant;
  const fail = (error: EntraError) => errorResponse(error, request, tenant, parameters);
  const clientId = parameters.get("client_id")?.toLowerCase();
  if (clientId === undefined) return fail(missingParameter("client_id"));

  const asOf = tenant.clock.now() - tenant.delays.tokenIssuanceInMs;
  const client = findClient(tenant, clientId, asOf);
  if ("number" in client) return fail(client);
  const { principal } = client;
  const asked = askedResource(tenant, parameters, true, asOf);
  const resource = asked.kind === "resource" ? asked.resource : undefined;
  const log = (
    error: EntraError | undefined,
    tokenId?: string,
    proof?: Parameters<typeof logApplicationSignIn>[2],
  ) => logApplicationSignIn({ tenant, request, locate, resource, tokenId, error }, principal, proof);

  // guess: that a disabled application is refused before its secret is looked at.
  if (!principal.accountEnabled || isDeactivated(client)) {
    const error = disabledApplication(principal.appId, principal.displayName);
    log(error);
    return fail(error);
  }
  const proven = checkProof(tenant, client, parameters, issuers, asOf);
  if (proven.kind === "refused") {
    log(proven.error);
    return fail(proven.error);
  }
  if (grant.riskPolicyId !== undefined && isBlockedForRisk(tenant, client, asOf)) {
    const error = blockedByPolicy(grant.riskPolicyId);
    log(error, undefined, proven.proof);
    return fail(error);
  }
  if (asked.kind === "refused") {
    log(asked.error, undefined, proven.proof);
    return fail(asked.error);
  }
  const roles = grantedAppRoles(tenant.state.directory, principal.id, asked.resource.appId, asOf);
  if (
    asked.resource.principal.appRoleAssignmentRequired &&
    roles.length === 0 &&
    principal.id !== asked.resource.principal.id
  ) {
    const error = noRoleForResource(principal.appId, asked.resource.audience);
    log(error, undefined, proven.proof);
    return fail(error);
  }

  const isContinuouslyEvaluated =
    asksForCae(request, parameters) && mayHaveCae(tenant, client, asked.resource);
  const isIdentity = principal.servicePrincipalType === "ManagedIdentity";
  const token = issueApplicationToken(key, tenant, {
    principal,
    resource: asked.resource,
    roles,
    proof: proven.proof.kind === "secret" ? "1" : "2",
    // A token that a user-assigned identity gets through federation lives a day, an application's about an hour.
    lifetimeInS: isIdentity || isContinuouslyEvaluated ? DAY_LIFETIME_IN_S : defaultLifetimeInS(tenant),
    isContinuouslyEvaluated,
    asOf,
    ...(isIdentity ? { managedIdentity: { resourceId: principal.alternativeNames.at(-1) ?? "" } } : {}),
  });
  log(undefined, token.tokenId, proven.proof);
  return tokenResponse(token, version, parameters.get("resource"), request, tenant);
}

function findClient(tenant: Tenant, clientId: string, asOf: number): Client | EntraError {
  const { directory } = tenant.state;
  const principal = servicePrincipalByAppId(directory, clientId, asOf);
  const application = applicationByAppId(directory, clientId, asOf);
  if (principal !== undefined) return { application, principal };
  return application === undefined
    ? unknownApplication(clientId, tenant.displayName)
    : missingServicePrincipal(clientId, tenant.displayName);
}

/** Deactivated by its owner, for all tenants, or disabled by Microsoft; guess: that both read like a disabled one. */
function isDeactivated({ application, principal }: Client): boolean {
  return [application, principal].some(
    (it) =>
      it !== undefined &&
      (it.isDisabled === true || (it.disabledByMicrosoftStatus ?? "NotDisabled") !== "NotDisabled"),
  );
}

function asksForCae(request: WireRequest, parameters: URLSearchParams): boolean {
  return /"xms_cc"[^}]*"cp1"/i.test(parameters.get("claims") ?? request.url.searchParams.get("claims") ?? "");
}

/** Conditional Access for workloads: single-tenant applications homed here; managed identities are out of its scope. */
function isBlockedForRisk(tenant: Tenant, client: Client, asOf: number): boolean {
  const risk = tenant.state.directory.riskyPrincipals.get(client.principal.id, asOf);
  return (
    isLineOfBusiness(tenant, client) &&
    risk?.riskLevel === "high" &&
    (risk.riskState === "atRisk" || risk.riskState === "confirmedCompromised")
  );
}

function isLineOfBusiness(tenant: Tenant, { application, principal }: Client): boolean {
  return (
    application !== undefined &&
    application.signInAudience === "AzureADMyOrg" &&
    principal.servicePrincipalType === "Application" &&
    (principal.appOwnerOrganizationId === undefined || principal.appOwnerOrganizationId === tenant.id)
  );
}

/** Continuous access evaluation for workloads: Graph only, single-tenant applications homed here, no managed identities. */
function mayHaveCae(tenant: Tenant, client: Client, resource: TokenResource): boolean {
  return resource.appId === GRAPH && isLineOfBusiness(tenant, client);
}
