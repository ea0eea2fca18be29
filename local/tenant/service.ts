import type { Tenant } from "./tenant.ts";
import type { WireRequest, WireResponse } from "./wire.ts";

export type ServiceName =
  | "entra"
  | "managed-identity"
  | "graph"
  | "arm"
  | "key-vault"
  | "log-analytics"
  | "logs-ingestion"
  | "storage"
  | "aks";

/**
 * One Azure service. `handle` is synchronous and free of transport: state in, state changed, response out, so a request
 * is atomic and two of them never interleave. Delays, faults and throttling scale are the network's business (`weather`).
 */
export interface Service {
  readonly name: ServiceName;
  serves(host: string): boolean;
  /** `operation` names what was asked (`GET /applications/{id}`), for faults, the request log and limits. */
  handle(
    request: WireRequest,
    tenant: Tenant,
  ): { readonly operation: string; readonly response: WireResponse };
}

/** Who calls, as their token says. Authorisation is decided from this and the tenant's state, never from the request. */
export interface Caller {
  readonly objectId: string;
  readonly appId: string | undefined;
  readonly kind: "application" | "managed-identity" | "user";
  readonly tenantId: string;
  /** Application permissions (app roles) in the token: what they were when it was issued, as in Azure. */
  readonly roles: readonly string[];
  /** Delegated scopes, for users. */
  readonly scopes: readonly string[];
  /** All claims of the token, for the logs that echo them. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** `uti`: what sign-in logs and activity logs are joined by. */
  readonly tokenId: string;
}

/** Whether a request's bearer token is good for an audience. What is wrong with it decides which service's 401 is served. */
export type Authentication =
  | { readonly kind: "caller"; readonly caller: Caller }
  | {
      readonly kind: "refused";
      readonly why:
        | "missing"
        | "malformed"
        | "bad-signature"
        | "wrong-audience"
        | "wrong-tenant"
        | "expired"
        | "revoked";
      readonly token?: { readonly audience: string; readonly issuer: string; readonly expiresAt: number };
    };
