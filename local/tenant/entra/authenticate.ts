import type { Authentication, Caller } from "../service.ts";
import { servicePrincipal } from "../state/directory.ts";
import type { Tenant } from "../tenant.ts";
import type { WireRequest } from "../wire.ts";
import { parseToken, type SigningKey } from "./keys.ts";
import { GRAPH } from "./resources.ts";
import { revokedSince } from "./revocation.ts";
import { issuerOf } from "./tokens.ts";

const REMEMBERED = 5_000;
const GRAPH_AUDIENCES = new Set(["https://graph.microsoft.com", GRAPH]);

export type Authenticate = Tenant["authenticate"];

/**
 * Says who a bearer token speaks for. A token is good until it expires, whatever became of its owner meanwhile; only
 * Graph, and only for tokens that asked to be continuously evaluated, learns of a principal being disabled or deleted.
 */
export function createAuthenticate(key: SigningKey, tenantOf: () => Tenant): Authenticate {
  // Clients send the same token thousands of times; its signature is checked once.
  const verified = new Map<string, Readonly<Record<string, unknown>> | "bad-signature">();
  const claimsOf = (token: string) => {
    const known = verified.get(token);
    if (known !== undefined) return known;
    const parsed = parseToken(token);
    if (parsed === undefined) return undefined;
    const result = key.verifies(parsed) ? parsed.claims : "bad-signature";
    if (verified.size >= REMEMBERED) verified.clear();
    verified.set(token, result);
    return result;
  };

  return (request: WireRequest, audiences: readonly string[]): Authentication => {
    const tenant = tenantOf();
    const header = request.headers["authorization"];
    if (header === undefined || header === "") return { kind: "refused", why: "missing" };
    const bearer = /^bearer\s+(\S+)$/i.exec(header)?.[1];
    const claims = bearer === undefined ? undefined : claimsOf(bearer);
    if (claims === undefined) return { kind: "refused", why: "malformed" };
    if (claims === "bad-signature") return { kind: "refused", why: "bad-signature" };

    const token = {
      audience: text(claims["aud"]),
      issuer: text(claims["iss"]),
      expiresAt: seconds(claims["exp"]),
    };
    const isOurs = token.issuer === issuerOf(tenant, "1.0") || token.issuer === issuerOf(tenant, "2.0");
    if (!isOurs || claims["tid"] !== tenant.id) return { kind: "refused", why: "wrong-tenant", token };
    const audience = token.audience.replace(/\/+$/, "").toLowerCase();
    if (!audiences.some((it) => it.replace(/\/+$/, "").toLowerCase() === audience)) {
      return { kind: "refused", why: "wrong-audience", token };
    }
    if (tenant.clock.now() >= token.expiresAt) return { kind: "refused", why: "expired", token };

    const caller = callerOf(claims, tenant, token.expiresAt);
    const isContinuouslyEvaluated = Array.isArray(claims["xms_cc"]) && GRAPH_AUDIENCES.has(audience);
    if (isContinuouslyEvaluated && revokedSince(tenant, caller))
      return { kind: "refused", why: "revoked", token };
    return { kind: "caller", caller };
  };
}

function callerOf(claims: Readonly<Record<string, unknown>>, tenant: Tenant, expiresAt: number): Caller {
  const objectId = text(claims["oid"]);
  const isApplication = claims["idtyp"] === "app";
  const type = isApplication
    ? servicePrincipal(tenant.state.directory, objectId)?.servicePrincipalType
    : undefined;
  const isManagedIdentity = type === "ManagedIdentity" || claims["xms_mirid"] !== undefined;
  return {
    objectId,
    appId: text(claims["appid"] ?? claims["azp"]) || undefined,
    kind: isApplication ? (isManagedIdentity ? "managed-identity" : "application") : "user",
    tenantId: tenant.id,
    roles: Array.isArray(claims["roles"]) ? claims["roles"].map(String) : [],
    scopes: text(claims["scp"]).split(" ").filter(Boolean),
    claims,
    issuedAt: seconds(claims["iat"]),
    expiresAt,
    tokenId: text(claims["uti"]),
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A JWT's seconds as milliseconds. */
function seconds(value: unknown): number {
  return typeof value === "number" ? value * 1000 : 0;
}
