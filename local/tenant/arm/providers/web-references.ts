import { decide } from "../../authorization/decide.ts";
import { groupIdsOf } from "../../authorization/group-membership.ts";
import { flagIn, isObject, listIn, objectIn, textIn, textsIn } from "../../state/azure/json.ts";
import { identityOfResource, type ManagedIdentity } from "../../state/azure/managed-identities.ts";
import type { JsonObject, Resource } from "../../state/azure/model.ts";
import { sameId } from "../../state/azure/resource-id.ts";
import { findResource, putResource, resourcesOfType } from "../../state/azure/resources.ts";
import { objectKey } from "../../state/vaults.ts";
import type { ArmCall } from "../call.ts";

const REFERENCE = /^@Microsoft\.KeyVault\((.*)\)$/i;
/** App Service looks for new versions of a secret once a day; until then, or a refresh, the old value is served. */
const LOOKED_UP_EVERY_MS = 86_400_000;

interface Reference {
  readonly vaultName: string;
  readonly secretName: string;
  /** Empty: the current one, as of the last time it was looked up. */
  readonly secretVersion: string;
}

/** Settings and connection strings are listed apart, and refreshed together. */
export type ReferenceList = "appsettings" | "connectionstrings";

/** The Key Vault references among a site's settings or connection strings, each with what became of it. */
export function referencesOf(call: ArmCall, site: Resource, list: ReferenceList): JsonObject[] {
  const settings = findResource(call.azure, `${site.id}/config/${list}`)?.properties ?? {};
  return Object.entries(settings).flatMap(([name, held]) => {
    const value = isObject(held) ? held["value"] : held;
    if (typeof value !== "string" || !REFERENCE.test(value)) return [];
    return [wireReference(call, site, { list, name, text: value })];
  });
}

/** Has every reference looked up again now. */
export function refreshReferences(call: ArmCall, site: Resource): void {
  putResource(
    call.azure,
    {
      id: refreshId(site),
      type: `${site.type}/config/configreferences`,
      name: "configreferences",
      properties: { refreshedAt: call.nowInMs },
      createdAt: call.nowInMs,
      changedAt: call.nowInMs,
    },
    call.nowInMs,
  );
}

function refreshId(site: Resource): string {
  return `${site.id}/config/configreferences`;
}

/** When the references were last looked up: at a refresh, and once a day from then on. */
function lookedUpAt(call: ArmCall, site: Resource): number {
  const refreshed = findResource(call.azure, refreshId(site))?.properties["refreshedAt"];
  const since = typeof refreshed === "number" ? refreshed : site.createdAt;
  return since + Math.floor((call.nowInMs - since) / LOOKED_UP_EVERY_MS) * LOOKED_UP_EVERY_MS;
}

function wireReference(
  call: ArmCall,
  site: Resource,
  { list, name, text }: { readonly list: ReferenceList; readonly name: string; readonly text: string },
): JsonObject {
  const reference = parseReference(text);
  const identity = identityFor(call, site);
  const resolved = reference ? resolve(call, site, reference, identity) : { status: "InvalidSyntax" };
  return {
    id: `${site.id}/config/configreferences/${list}/${name}`,
    name,
    type: `${site.type}/config/configreferences/${list}`,
    location: site.location ?? "",
    properties: {
      reference: text,
      status: resolved.status,
      vaultName: reference?.vaultName ?? null,
      secretName: reference?.secretName ?? null,
      secretVersion: reference?.secretVersion ?? null,
      identityType: {
        type: identity?.kind === "user-assigned" ? "UserAssigned" : "SystemAssigned",
        ...(identity?.kind === "user-assigned"
          ? { userAssignedIdentities: { [identity.resourceId]: {} } }
          : {}),
      },
      details: resolved.status === "Resolved" ? "Reference has been successfully resolved." : resolved.status,
      source: "KeyVault",
      activeVersion: resolved.version ?? null,
    },
  };
}

function parseReference(text: string): Reference | undefined {
  const fields = new Map(
    (REFERENCE.exec(text)?.[1] ?? "").split(";").map((part): [string, string] => {
      const equals = part.indexOf("=");
      return [part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim()];
    }),
  );
  const uri = fields.get("secreturi");
  if (uri !== undefined) {
    const [, vaultName, secretName, secretVersion = ""] =
      /^https:\/\/([^.]+)\.vault\.azure\.net(?::443)?\/secrets\/([^/]+)\/?([^/]*)\/?$/i.exec(uri) ?? [];
    return vaultName === undefined || secretName === undefined
      ? undefined
      : { vaultName, secretName, secretVersion };
  }
  const vaultName = fields.get("vaultname");
  const secretName = fields.get("secretname");
  if (vaultName === undefined || secretName === undefined) return undefined;
  return { vaultName, secretName, secretVersion: fields.get("secretversion") ?? "" };
}

function identityFor(call: ArmCall, site: Resource): ManagedIdentity | undefined {
  const wanted = textIn(site.properties, "keyVaultReferenceIdentity");
  return identityOfResource(call.azure, site.id).find((identity) =>
    wanted === "" || wanted === "SystemAssigned"
      ? identity.kind === "system-assigned"
      : sameId(identity.resourceId, wanted),
  );
}

function resolve(
  call: ArmCall,
  site: Resource,
  reference: Reference,
  identity: ManagedIdentity | undefined,
): { readonly status: string; readonly version?: string } {
  if (!identity) return { status: "MSINotEnabled" };
  const vault = [...resourcesOfType(call.azure, "Microsoft.KeyVault/vaults")].find(
    (it) => it.name.toLowerCase() === reference.vaultName.toLowerCase(),
  );
  if (!vault) return { status: "VaultNotFound" };
  if (!mayRead(call, vault, reference.secretName, identity)) return { status: "AccessToKeyVaultDenied" };
  const secret = call.tenant.state.vaults.vaults
    .get(reference.vaultName.toLowerCase())
    ?.secrets.get(objectKey(reference.secretName));
  if (!secret) return { status: "SecretNotFound" };
  const lookedUp = lookedUpAt(call, site);
  const version =
    reference.secretVersion === ""
      ? (secret.versions.findLast(({ created }) => created <= lookedUp) ?? secret.versions.at(-1))
      : secret.versions.find((it) => it.version === reference.secretVersion);
  if (!version?.enabled) return { status: "SecretVersionNotFound" };
  return { status: "Resolved", version: version.version };
}

function mayRead(call: ArmCall, vault: Resource, secretName: string, identity: ManagedIdentity): boolean {
  if (flagIn(vault.properties, "enableRbacAuthorization")) {
    return decide(call.tenant, {
      objectId: identity.principalId,
      dataAction: "Microsoft.KeyVault/vaults/secrets/getSecret/action",
      scope: `${vault.id}/secrets/${secretName}`,
      resourceAttributes: { "Microsoft.KeyVault/vaults/secrets:name": secretName },
    }).allowed;
  }
  const holders = [identity.principalId, ...groupIdsOf(call.tenant, identity.principalId)];
  return listIn(vault.properties, "accessPolicies")
    .filter(isObject)
    .some(
      (policy) =>
        holders.some((id) => sameId(id, textIn(policy, "objectId"))) &&
        textsIn(objectIn(policy, "permissions"), "secrets").some((it) => /^(get|all)$/i.test(it)),
    );
}
