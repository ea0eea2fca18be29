import { logApplicationSignIn, type Locate } from "../entra/sign-in-log.ts";
import type { SigningKey } from "../entra/keys.ts";
import { resourceNamed } from "../entra/resources.ts";
import { DAY_LIFETIME_IN_S, type IssuedToken, issueApplicationToken } from "../entra/tokens.ts";
import type { Service } from "../service.ts";
import { identityOfResource, type ManagedIdentity, sameId } from "../state/azure.ts";
import { grantedAppRoles, servicePrincipal } from "../state/directory.ts";
import type { WireRequest, WireResponse } from "../wire.ts";

export interface ManagedIdentityOptions {
  readonly key: SigningKey;
  readonly locate: Locate;
  /** Which resource a header value stands for: on App Service every app has its own. */
  readonly resourceByHeader: (header: string) => string | undefined;
  /** Which virtual machine has this address: instance metadata needs no header, being there is enough. */
  readonly resourceByAddress: (address: string) => string | undefined;
}

/**
 * The endpoint that App Service and Functions give a running app, and the one of virtual machines. Tokens live a day and
 * are handed out from a cache per identity and resource, as the platform does: what changed meanwhile shows only later.
 */
export function createManagedIdentity({
  key,
  locate,
  resourceByHeader,
  resourceByAddress,
}: ManagedIdentityOptions): Service {
  const cache = new Map<string, IssuedToken>();
  return {
    name: "managed-identity",
    // Plain HTTP on an address of its own; never reached through the tunnel.
    serves: () => false,
    handle: (request, tenant) => {
      const operation = `GET ${request.url.pathname}`;
      const style = styleOf(request);
      const header = request.headers["x-identity-header"] ?? request.headers["secret"];
      const resourceId =
        style === "instance-metadata"
          ? resourceByAddress(request.clientAddress)
          : resourceByHeader(header ?? "");
      if (style === "instance-metadata" && request.headers["metadata"] !== "true") {
        return {
          operation,
          response: plainError(request, style, 400, "Required metadata header not specified"),
        };
      }
      if (resourceId === undefined || resourceId === "") {
        // guess: what a missing or wrong header is answered with was not found.
        const status = style === "instance-metadata" ? 400 : 401;
        const text =
          style === "instance-metadata"
            ? "Identity not found"
            : "Managed Service Identity header is missing or wrong.";
        return { operation, response: plainError(request, style, status, text) };
      }
      const asked = request.url.searchParams.get("resource");
      if (asked === null)
        return {
          operation,
          response: plainError(request, style, 400, "Missing required parameter 'resource'."),
        };
      const identity = chosen(identityOfResource(tenant.state.azure, resourceId), request.url.searchParams);
      const principal = identity && servicePrincipal(tenant.state.directory, identity.principalId);
      if (!identity || !principal) {
        const text =
          style === "instance-metadata"
            ? "Identity not found"
            : "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.";
        return { operation, response: plainError(request, style, 400, text) };
      }

      const now = tenant.clock.now();
      const place = `${identity.principalId} ${asked.replace(/\/+$/, "").toLowerCase()}`;
      const cached = cache.get(place);
      // The platform fetches anew when little is left; what it holds until then cannot be called back.
      if (cached && cached.expiresOn * 1000 - now > 300_000) {
        return { operation, response: tokenBody(cached, asked, identity, style, now) };
      }
      const asOf = now - tenant.delays.tokenIssuanceInMs;
      const resource = resourceNamed(tenant.state.directory, asked, asOf);
      const enabled =
        servicePrincipal(tenant.state.directory, identity.principalId, asOf)?.accountEnabled ??
        principal.accountEnabled;
      if (!resource || !enabled) {
        // guess: how the platform passes on Entra's refusal; its code and text are in the message.
        const text = resource
          ? `AADSTS7000112: Application '${identity.clientId}'(${principal.displayName}) is disabled.`
          : `AADSTS500011: The resource principal named ${asked} was not found in the tenant named ${tenant.displayName}.`;
        return { operation, response: plainError(request, style, 400, text) };
      }
      const issued = issueApplicationToken(key, tenant, {
        principal,
        resource,
        roles: grantedAppRoles(tenant.state.directory, principal.id, resource.appId, asOf),
        proof: "2",
        lifetimeInS: DAY_LIFETIME_IN_S + 1,
        isContinuouslyEvaluated: false,
        managedIdentity: { resourceId: identity.resourceId, askedOn: resourceId },
        asOf,
      });
      cache.set(place, issued);
      logApplicationSignIn(
        { tenant, request, locate, resource, tokenId: issued.tokenId, error: undefined },
        principal,
        undefined,
      );
      return { operation, response: tokenBody(issued, asked, identity, style, now) };
    },
  };
}

type Style = "app-service" | "app-service-2017" | "instance-metadata";

function styleOf(request: WireRequest): Style {
  if (request.url.pathname.startsWith("/metadata/")) return "instance-metadata";
  return request.url.searchParams.get("api-version")?.startsWith("2017") ? "app-service-2017" : "app-service";
}

/** The one asked for by any of its ids; without one, the resource's own, or the only user-assigned one on a machine. */
function chosen(
  identities: readonly ManagedIdentity[],
  parameters: URLSearchParams,
): ManagedIdentity | undefined {
  const clientId = parameters.get("client_id") ?? parameters.get("clientid");
  const objectId = parameters.get("object_id") ?? parameters.get("principal_id");
  const resourceId = parameters.get("mi_res_id") ?? parameters.get("msi_res_id");
  if (clientId !== null) return identities.find((it) => it.clientId === clientId.toLowerCase());
  if (objectId !== null) return identities.find((it) => it.principalId === objectId.toLowerCase());
  if (resourceId !== null) return identities.find((it) => sameId(it.resourceId, resourceId));
  return (
    identities.find((it) => it.kind === "system-assigned") ??
    (identities.length === 1 ? identities[0] : undefined)
  );
}

function tokenBody(
  { token, expiresOn, notBefore }: IssuedToken,
  resource: string,
  { clientId }: ManagedIdentity,
  style: Style,
  now: number,
): WireResponse {
  const common = { access_token: token, client_id: clientId };
  const headers = { "Content-Type": "application/json; charset=utf-8" };
  switch (style) {
    case "instance-metadata":
      return {
        status: 200,
        headers: { ...headers, Server: "IMDS/150.870.65.1497" },
        body: {
          ...common,
          expires_in: String(expiresOn - Math.floor(now / 1000)),
          expires_on: String(expiresOn),
          ext_expires_in: "86399",
          not_before: String(notBefore),
          resource,
          token_type: "Bearer",
        },
      };
    case "app-service-2017":
      return {
        status: 200,
        headers,
        // The older protocol writes the time as a date; this is how Linux plans did, and the only form az 2.45 reads.
        body: { ...common, expires_on: formatDate(expiresOn), resource, token_type: "Bearer" },
      };
    case "app-service":
      return {
        status: 200,
        headers,
        body: { ...common, expires_on: String(expiresOn), resource, token_type: "Bearer" },
      };
    default:
      return style satisfies never;
  }
}

/** `11/23/2026 06:18:04 +00:00` */
function formatDate(seconds: number): string {
  const [, year, month, day, time] =
    /^(\d+)-(\d+)-(\d+)T([\d:]+)/.exec(new Date(seconds * 1000).toISOString()) ?? [];
  return `${month}/${day}/${year} ${time} +00:00`;
}

function plainError(request: WireRequest, style: Style, status: number, text: string): WireResponse {
  const headers = { "Content-Type": "application/json; charset=utf-8" };
  return style === "instance-metadata"
    ? { status, headers, body: { error: "invalid_request", error_description: text } }
    : { status, headers, body: { statusCode: status, message: text, correlationId: request.id } };
}
