import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import { z } from "zod";
import type { CallerReference } from "../case/case.ts";

/** What a caller may do, as app roles of the API's registration. */
export const APP_ROLES = ["Case.Open", "Case.Read", "Case.Decide", "Case.Restore", "Sweep.Run"] as const;
export type AppRole = (typeof APP_ROLES)[number];

export type Admission =
  | { readonly kind: "admitted"; readonly caller: CallerReference }
  /** 401: no token, or not one of ours. */
  | { readonly kind: "unauthenticated"; readonly why: string }
  /** 403: a good token without the role. */
  | { readonly kind: "forbidden"; readonly needs: AppRole; readonly caller: CallerReference };

export interface Gate {
  /** Whether the bearer of this `Authorization` header has the role. Never throws for what a caller sends. */
  admit(authorization: string | null, role: AppRole): Promise<Admission>;
}

const Claims = z.object({
  oid: z.string(),
  tid: z.string(),
  appid: z.string().nullish(),
  azp: z.string().nullish(),
  name: z.string().nullish(),
  app_displayname: z.string().nullish(),
  roles: z.array(z.string()).default([]),
});

/**
 * Validates Entra access tokens for this API: signature, issuer, audience, tenant, time, then the app role. Any client in
 * a tenant can get a token for an API that does not require assignment, so a token alone admits nobody.
 */
export function openGate(tenantId: string, apiClientId: string): Gate {
  const keys = createRemoteJWKSet(
    new URL(`https://login.microsoftonline.com/${tenantId}/discovery/v2.0/keys`),
  );
  // Which of the two a token carries depends on the registration's accessTokenAcceptedVersion, not on us.
  const issuer = [
    `https://login.microsoftonline.com/${tenantId}/v2.0`,
    `https://sts.windows.net/${tenantId}/`,
  ];
  const audience = [apiClientId, `api://${apiClientId}`];
  return {
    async admit(authorization, role) {
      const token = /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(authorization ?? "")?.[1];
      if (token === undefined) return { kind: "unauthenticated", why: "no bearer token" };
      let payload: JWTPayload;
      try {
        ({ payload } = await jwtVerify(token, keys, { issuer, audience, algorithms: ["RS256"] }));
      } catch (error) {
        if (error instanceof errors.JOSEError) return { kind: "unauthenticated", why: error.code };
        throw error;
      }
      const claims = Claims.safeParse(payload);
      if (!claims.success || claims.data.tid !== tenantId) {
        return { kind: "unauthenticated", why: "claims missing" };
      }
      const { oid, appid, azp, name, app_displayname, roles } = claims.data;
      const caller: CallerReference = {
        objectId: oid,
        appId: appid ?? azp ?? null,
        name: name ?? app_displayname ?? null,
        appRoles: roles,
      };
      return roles.includes(role) ? { kind: "admitted", caller } : { kind: "forbidden", needs: role, caller };
    },
  };
}
