import type { SignedToken, SigningKey } from "./keys.ts";

/**
 * The identity providers outside that federated credentials trust: GitHub, Azure DevOps, clusters, and whatever issuer
 * an attacker sets up. The stand-in holds their key, so that a scenario can have a token from any of them.
 */
export interface OutsideIssuers {
  /** A token as that issuer would give it; `claims` must carry `sub` and `aud`, times in tenant time are filled in. */
  issue(issuer: string, claims: Readonly<Record<string, unknown>>, lifetimeInS?: number): string;
  verifies(token: SignedToken): boolean;
  readonly key: SigningKey;
}

export function outsideIssuers(key: SigningKey, now: () => number): OutsideIssuers {
  return {
    key,
    issue: (issuer, claims, lifetimeInS = 600) => {
      const issuedAt = Math.floor(now() / 1000);
      return key.sign({ iss: issuer, iat: issuedAt, nbf: issuedAt, exp: issuedAt + lifetimeInS, ...claims });
    },
    verifies: (token) => key.verifies(token),
  };
}
