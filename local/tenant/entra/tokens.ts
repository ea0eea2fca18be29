import { heldDirectoryRoles, type ServicePrincipal, type User } from "../state/directory.ts";
import type { Tenant } from "../tenant.ts";
import type { SigningKey } from "./keys.ts";
import { GRAPH, type TokenResource } from "./resources.ts";

export interface IssuedToken {
  readonly token: string;
  readonly tokenId: string;
  readonly lifetimeInS: number;
  readonly notBefore: number;
  readonly expiresOn: number;
}

export interface ApplicationTokenAsked {
  readonly principal: ServicePrincipal;
  readonly resource: TokenResource;
  readonly roles: readonly string[];
  /** `1` a secret, `2` a certificate, an assertion or a managed identity. */
  readonly proof: "1" | "2";
  readonly lifetimeInS: number;
  /** Asked with `cp1`, and given where Azure gives it. */
  readonly isContinuouslyEvaluated: boolean;
  /** ARM id of the managed identity, and of the resource that asked. */
  readonly managedIdentity?: { readonly resourceId: string; readonly askedOn?: string };
  readonly asOf: number;
}

// What a service principal's token says it holds even when it holds no directory role.
const NO_DIRECTORY_ROLE = "0997a1d0-0d1d-4acb-b408-d5ca73121e90";
// Entra dates tokens back, so that clocks may differ: exp - iat is 300 s longer than what it says they live.
const BACKDATED_IN_S = 300;

/** An app-only token, with the claims that captured ones have. What it grants is fixed now and lives until it expires. */
export function issueApplicationToken(
  key: SigningKey,
  tenant: Tenant,
  asked: ApplicationTokenAsked,
): IssuedToken {
  const { principal, resource, roles } = asked;
  const isGraph = resource.appId === GRAPH;
  const directoryRoles = isGraph ? heldDirectoryRoles(tenant.state.directory, principal.id, asked.asOf) : [];
  return issue(key, tenant, asked, {
    ...(resource.version === "2.0"
      ? { azp: principal.appId, azpacr: asked.proof }
      : { appid: principal.appId, appidacr: asked.proof, idp: issuerOf(tenant, "1.0") }),
    ...(isGraph
      ? { app_displayname: principal.appDisplayName ?? principal.displayName, tenant_region_scope: "EU" }
      : {}),
    idtyp: "app",
    oid: principal.id,
    sub: principal.id,
    ...(roles.length > 0 ? { roles } : {}),
    ...(isGraph ? { wids: [...directoryRoles, NO_DIRECTORY_ROLE] } : {}),
    // guess: how an app-only token shows that it is continuously evaluated; no capture was found.
    ...(asked.isContinuouslyEvaluated ? { xms_cc: ["CP1"], xms_ssm: "1" } : {}),
    ...(asked.managedIdentity === undefined
      ? {}
      : {
          xms_mirid: asked.managedIdentity.resourceId,
          ...(asked.managedIdentity.askedOn === undefined
            ? {}
            : { xms_az_rid: asked.managedIdentity.askedOn }),
        }),
  });
}

export interface UserTokenAsked {
  readonly user: User;
  readonly clientId: string;
  readonly resource: TokenResource;
  readonly scopes: readonly string[];
  readonly lifetimeInS: number;
  readonly isContinuouslyEvaluated: boolean;
  readonly clientAddress: string;
  readonly asOf: number;
}

/** A delegated token for a person. */
export function issueUserToken(key: SigningKey, tenant: Tenant, asked: UserTokenAsked): IssuedToken {
  const { user, resource } = asked;
  return issue(key, tenant, asked, {
    ...(resource.version === "2.0" ? { azp: asked.clientId } : { appid: asked.clientId, appidacr: "0" }),
    amr: ["pwd"],
    idtyp: "user",
    ipaddr: asked.clientAddress,
    name: user.displayName,
    oid: user.id,
    scp: asked.scopes.join(" "),
    sub: user.id,
    unique_name: user.userPrincipalName,
    upn: user.userPrincipalName,
    wids: heldDirectoryRoles(tenant.state.directory, user.id, asked.asOf),
    ...(asked.isContinuouslyEvaluated ? { xms_cc: ["CP1"], xms_ssm: "1" } : {}),
  });
}

function issue(
  key: SigningKey,
  tenant: Tenant,
  { resource, lifetimeInS }: { readonly resource: TokenResource; readonly lifetimeInS: number },
  claims: Readonly<Record<string, unknown>>,
): IssuedToken {
  const now = Math.floor(tenant.clock.now() / 1000);
  const tokenId = tenant.random.secret(22).replaceAll(/[~.]/g, "A");
  const notBefore = now - BACKDATED_IN_S;
  const expiresOn = now + lifetimeInS;
  const all = {
    aud: resource.audience,
    iss: issuerOf(tenant, resource.version),
    iat: notBefore,
    nbf: notBefore,
    exp: expiresOn,
    aio: tenant.random.secret(36).replaceAll(/[~.]/g, "/"),
    ...claims,
    rh: `1.${tenant.random.secret(24).replaceAll(/[~.]/g, "A")}`,
    tid: tenant.id,
    uti: tokenId,
    ver: resource.version,
    xms_tcdt: 1_546_300_800,
    xms_tdbr: "EU",
  };
  return { token: key.sign(all), tokenId, lifetimeInS, notBefore, expiresOn };
}

export function issuerOf(tenant: Pick<Tenant, "id">, version: "1.0" | "2.0"): string {
  return version === "2.0"
    ? `https://login.microsoftonline.com/${tenant.id}/v2.0`
    : `https://sts.windows.net/${tenant.id}/`;
}

/** Random between 60 and 90 minutes, as Entra gives access tokens, or as much of it as this tenant was told to give. */
export function defaultLifetimeInS(tenant: Tenant): number {
  return Math.ceil((3_599 + tenant.random.integer(1_801)) * tenant.tokenLifetimes);
}

/** Managed identities, federation into them, and continuously evaluated tokens: about a day. */
export const DAY_LIFETIME_IN_S = 86_399;
