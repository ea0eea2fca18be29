import { servicePrincipalByAppId, type User, user as findUser } from "../state/directory.ts";
import type { WireResponse } from "../wire.ts";
import {
  badPassword,
  badRefreshToken,
  disabledUser,
  type EntraError,
  errorResponse,
  missingParameter,
  revokedGrant,
  unknownUser,
} from "./errors.ts";
import type { Grant } from "./grant.ts";
import { parseToken } from "./keys.ts";
import { askedResource } from "./scope.ts";
import { logUserSignIn } from "./sign-in-log.ts";
import { tokenResponse } from "./token-response.ts";
import { defaultLifetimeInS, issueUserToken } from "./tokens.ts";

const REFRESH_LIFETIME_IN_S = 90 * 86_400;
const REFRESH_AUDIENCE = "stand-in:refresh";

/**
 * People, without a browser: `grant_type=password`, and `refresh_token` for going on. Consent, multi-factor
 * authentication and Conditional Access are not modelled: the scopes asked for are granted.
 */
export function userGrant(grant: Grant): WireResponse {
  const { tenant, request, parameters, key, locate, version } = grant;
  const fail = (error: EntraError) => errorResponse(error, request, tenant, parameters);
  const clientId = parameters.get("client_id")?.toLowerCase();
  if (clientId === undefined) return fail(missingParameter("client_id"));
  const asOf = tenant.clock.now() - tenant.delays.tokenIssuanceInMs;
  const asked = askedResource(tenant, parameters, false, asOf);
  if (asked.kind === "refused") return fail(asked.error);
  const who =
    parameters.get("grant_type") === "password" ? byPassword(grant, asOf) : byRefreshToken(grant, asOf);
  const application = servicePrincipalByAppId(tenant.state.directory, clientId, asOf);
  const log = (person: User, error: EntraError | undefined, tokenId?: string) =>
    logUserSignIn(
      { tenant, request, locate, resource: asked.resource, tokenId, error },
      person,
      clientId,
      application?.displayName ?? "",
    );
  if ("error" in who) {
    if (who.user !== undefined) log(who.user, who.error);
    return fail(who.error);
  }
  const { user } = who;
  const scopes =
    asked.scopes.length > 0
      ? asked.scopes
      : delegatedScopes(grant, user, clientId, asked.resource.principal.id, asOf);
  const token = issueUserToken(key, tenant, {
    user,
    clientId,
    resource: asked.resource,
    scopes,
    lifetimeInS: defaultLifetimeInS(tenant),
    isContinuouslyEvaluated: /"xms_cc"[^}]*"cp1"/i.test(parameters.get("claims") ?? ""),
    clientAddress: request.clientAddress,
    asOf,
  });
  log(user, undefined, token.tokenId);
  const now = Math.floor(tenant.clock.now() / 1000);
  return tokenResponse(token, version, parameters.get("resource"), request, tenant, {
    scope: scopes.join(" "),
    refresh_token: key.sign({
      aud: REFRESH_AUDIENCE,
      oid: user.id,
      iat: now,
      exp: now + REFRESH_LIFETIME_IN_S,
      client: clientId,
    }),
  });
}

type Who = { readonly user: User } | { readonly user: User | undefined; readonly error: EntraError };

function byPassword({ tenant, parameters }: Grant, asOf: number): Who {
  const name = parameters.get("username") ?? "";
  const user = findUser(tenant.state.directory, name, asOf);
  if (user === undefined) return { user, error: unknownUser(name, tenant.displayName) };
  if (user.password === null || user.password !== parameters.get("password"))
    return { user, error: badPassword };
  return user.accountEnabled ? { user } : { user, error: disabledUser };
}

/** A refresh token ends with a disable, or when sessions are revoked after it was issued. */
function byRefreshToken({ tenant, parameters, key }: Grant, asOf: number): Who {
  const token = parseToken(parameters.get("refresh_token") ?? "");
  const now = Math.floor(tenant.clock.now() / 1000);
  if (
    !token ||
    !key.verifies(token) ||
    token.claims["aud"] !== REFRESH_AUDIENCE ||
    Number(token.claims["exp"]) <= now
  ) {
    return { user: undefined, error: badRefreshToken };
  }
  const user = findUser(tenant.state.directory, String(token.claims["oid"]), asOf);
  if (user === undefined) return { user, error: badRefreshToken };
  if (!user.accountEnabled) return { user, error: disabledUser };
  const issuedAt = Number(token.claims["iat"]) * 1000;
  if (Date.parse(user.signInSessionsValidFromDateTime) > issuedAt) {
    return {
      user,
      error: revokedGrant(new Date(issuedAt).toISOString(), user.signInSessionsValidFromDateTime),
    };
  }
  return { user };
}

function delegatedScopes(
  { tenant }: Grant,
  user: User,
  clientId: string,
  resourceId: string,
  asOf: number,
): string[] {
  const client = servicePrincipalByAppId(tenant.state.directory, clientId, asOf);
  const granted =
    client === undefined
      ? []
      : tenant.state.directory.grants
          .find("client", client.id, asOf)
          .filter(
            (it) => it.resourceId === resourceId && (it.principalId === null || it.principalId === user.id),
          )
          .flatMap((it) => it.scope.split(" "));
  return granted.length > 0 ? [...new Set(granted)] : ["user_impersonation"];
}
