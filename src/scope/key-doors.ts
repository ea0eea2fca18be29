import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import type { KeyDoor } from "../case/key-door.ts";
import type { Scope } from "../case/scope.ts";
import { ArmResource } from "./arm-resources.ts";
import { byText } from "./identifiers.ts";
import { patiently } from "./patience.ts";
import { resourcesById } from "./resource-graph.ts";

const Settings = z.object({
  allowSharedKeyAccess: z.boolean().nullish(),
  disableLocalAuth: z.boolean().nullish(),
  disableAccessKeyAuthentication: z.boolean().nullish(),
  adminUserEnabled: z.boolean().nullish(),
  administrators: z
    .object({ azureADOnlyAuthentication: z.boolean().nullish(), sid: z.string().nullish() })
    .nullish(),
  authConfig: z
    .object({ activeDirectoryAuth: z.string().nullish(), passwordAuth: z.string().nullish() })
    .nullish(),
});
type Settings = z.infer<typeof Settings>;
type State = KeyDoor["state"];

const closedIf = (closed: boolean): State => (closed ? "closed" : "open");
const localAuth = ({ disableLocalAuth }: Settings) => closedIf(disableLocalAuth === true);

/** Absent settings are Azure's defaults, under which keys are taken, but for a registry's admin user. */
const DOORS: Readonly<Record<string, (settings: Settings) => State>> = {
  "microsoft.storage/storageaccounts": (it) => closedIf(it.allowSharedKeyAccess === false),
  "microsoft.documentdb/databaseaccounts": localAuth,
  "microsoft.servicebus/namespaces": localAuth,
  "microsoft.eventhub/namespaces": localAuth,
  "microsoft.appconfiguration/configurationstores": localAuth,
  "microsoft.cognitiveservices/accounts": localAuth,
  "microsoft.cache/redis": (it) => closedIf(it.disableAccessKeyAuthentication === true),
  "microsoft.containerregistry/registries": (it) => closedIf(it.adminUserEnabled !== true),
  "microsoft.sql/servers": ({ administrators }) =>
    administrators?.azureADOnlyAuthentication === true
      ? "closed"
      : administrators?.sid == null
        ? "needs-entra"
        : "open",
  "microsoft.dbforpostgresql/flexibleservers": ({ authConfig }) =>
    /^disabled$/i.test(authConfig?.passwordAuth ?? "")
      ? "closed"
      : /^enabled$/i.test(authConfig?.activeDirectoryAuth ?? "")
        ? "open"
        : "needs-entra",
};

const IDS_AT_ONCE = 200;

/**
 * The resources whose keys a case is about, as they are now: those that suspects could list the keys of, those whose keys
 * are kept in secrets of the case, as tags say, and those it was about before. One query for every two hundred of them.
 */
export async function readKeyDoors(
  azure: Azure,
  scope: Scope,
  before: readonly KeyDoor[],
): Promise<Pick<Scope, "keyDoors" | "limitations">> {
  const reasons = reasonsIn(scope, before);
  const ids = [...reasons.keys()].toSorted(byText);
  const doors: KeyDoor[] = [];
  const limitations = [...scope.limitations];
  for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
    const read = await patiently(() =>
      azure.arm.resourceGraph(resourcesById(ids.slice(at, at + IDS_AT_ONCE)), ArmResource),
    );
    if (read.kind === "ok") doors.push(...read.value.flatMap((it) => doorOf(it, reasons)));
    else {
      limitations.push({
        about: "resources whose keys are concerned",
        code: read.failure.code,
        detail: "whether they could refuse keys for good is not known",
      });
    }
  }
  return { limitations, ...(doors.length === 0 ? {} : { keyDoors: doors }) };
}

function doorOf(
  { id, name, type, properties }: ArmResource,
  reasons: ReadonlyMap<string, ReadonlySet<string>>,
): readonly KeyDoor[] {
  const settings = Settings.safeParse(properties ?? {}).data;
  const stateOf = DOORS[type.toLowerCase()];
  if (stateOf === undefined || settings === undefined) return [];
  const because = [...(reasons.get(id.toLowerCase()) ?? [])].toSorted(byText);
  return [{ resourceId: id, type: type.toLowerCase(), name, state: stateOf(settings), because }];
}

/** By lower-case id: why the case is about a resource's keys. */
function reasonsIn(scope: Scope, before: readonly KeyDoor[]): ReadonlyMap<string, Set<string>> {
  const reasons = new Map<string, Set<string>>();
  const note = (id: string, sentences: readonly string[]) => {
    const known = reasons.get(id.toLowerCase()) ?? new Set();
    for (const it of sentences) known.add(it);
    reasons.set(id.toLowerCase(), known);
  };
  for (const { resourceId, because } of before) note(resourceId, because);
  for (const { targetId, can, kind, name, tags, evidence } of scope.reach) {
    if (can.includes("list-keys")) note(targetId, ["A suspect could list its keys."]);
    const issuer = kind === "vault-secret" ? issuerIn(tags) : null;
    if (issuer === null) continue;
    const vault = targetId.split("/").at(-3) ?? "";
    const how = evidence === "read" ? "read" : "could read";
    note(issuer, [`The secret ${name} in ${vault}, which a suspect ${how}, holds its key.`]);
  }
  for (const { name, tags } of scope.namedSecrets ?? []) {
    const issuer = issuerIn(tags);
    if (issuer !== null) note(issuer, [`The secret ${name}, which is to be rotated, holds its key.`]);
  }
  return reasons;
}

/** The resource itself, where a tag names a rule or something else below it. */
function issuerIn(tags: Readonly<Record<string, string>>): string | null {
  const address = tags["ProviderAddress"]?.trim() ?? "";
  return (
    /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/[^/]+\/[^/]+\/[^/]+/i.exec(address)?.[0] ??
    null
  );
}
