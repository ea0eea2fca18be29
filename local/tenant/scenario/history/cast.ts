import { servicePrincipalByAppId, user as findUser } from "../../state/directory.ts";
import type { TenantState } from "../../tenant.ts";
import { allResources } from "../../state/azure/resources.ts";
import type { ScenarioNames } from "../names.ts";

/** Who did something, with what their tokens and logs say of them. */
export interface Actor {
  readonly kind: "application" | "managed-identity" | "user";
  readonly objectId: string;
  readonly appId: string;
  readonly displayName: string;
  readonly upn: string | undefined;
  /** ARM id of a managed identity. */
  readonly identityResourceId: string | undefined;
}

/** Finds whom and what a history speaks of among what the other sections have loaded. */
export interface Cast {
  actor(reference: string): Actor;
  /** ARM id of a resource: as given, or the only one of that name (and type). */
  resource(nameOrId: string, type?: string): string;
  claimsOf(actor: Actor, from: string, issuedAtInMs: number, tokenId: string): Record<string, unknown>;
  readonly names: ScenarioNames;
  readonly state: TenantState;
  readonly tenantId: string;
}

/** A history speaks of somebody or something that is not in the file. */
export class CastError extends Error {
  override readonly name = "CastError";
  readonly code = "SCENARIO_CAST";
}

const AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

export function castOf(state: TenantState, names: ScenarioNames, tenantId: string): Cast {
  const actor = (reference: string): Actor => {
    const dot = reference.indexOf(".");
    const [kind, name] = [reference.slice(0, dot), reference.slice(dot + 1)];
    const id = names.guid(kind, name);
    if (kind === "user") {
      const user = findUser(state.directory, id);
      if (!user) throw new CastError(`there is no ${reference}`);
      return {
        kind: "user",
        objectId: user.id,
        appId: AZURE_CLI,
        displayName: user.displayName,
        upn: user.userPrincipalName,
        identityResourceId: undefined,
      };
    }
    const principal =
      state.directory.servicePrincipals.get(id) ?? servicePrincipalByAppId(state.directory, id);
    if (!principal) throw new CastError(`there is no ${reference}`);
    const isIdentity = principal.servicePrincipalType === "ManagedIdentity";
    return {
      kind: isIdentity ? "managed-identity" : "application",
      objectId: principal.id,
      appId: principal.appId,
      displayName: principal.displayName,
      upn: undefined,
      identityResourceId: isIdentity ? principal.alternativeNames.at(-1) : undefined,
    };
  };

  const resource = (nameOrId: string, type?: string): string => {
    if (nameOrId.startsWith("/")) return nameOrId;
    const found = [...allResources(state.azure)].filter(
      (it) => it.name === nameOrId && (type === undefined || it.type.toLowerCase() === type.toLowerCase()),
    );
    const [one, ...more] = found;
    if (!one)
      throw new CastError(`there is no resource ${nameOrId}${type === undefined ? "" : ` of type ${type}`}`);
    if (more.length > 0)
      throw new CastError(`${nameOrId} is the name of ${found.length} resources; write the id`);
    return one.id;
  };

  const claimsOf: Cast["claimsOf"] = (who, from, issuedAtInMs, tokenId) => {
    const issuedAt = Math.floor(issuedAtInMs / 1000);
    return {
      aud: "https://management.core.windows.net/",
      iss: `https://sts.windows.net/${tenantId}/`,
      iat: issuedAt,
      nbf: issuedAt,
      exp: issuedAt + 4_500,
      appid: who.appId,
      appidacr: who.kind === "application" ? "1" : who.kind === "managed-identity" ? "2" : "0",
      oid: who.objectId,
      tid: tenantId,
      uti: tokenId,
      ver: "1.0",
      ...(who.kind === "user"
        ? { idtyp: "user", name: who.displayName, upn: who.upn, ipaddr: from, scp: "user_impersonation" }
        : { idtyp: "app", idp: `https://sts.windows.net/${tenantId}/`, sub: who.objectId }),
      ...(who.identityResourceId === undefined ? {} : { xms_mirid: who.identityResourceId }),
    };
  };
  return { actor, resource, claimsOf, names, state, tenantId };
}
