import type { ScenarioNames } from "../../scenario/names.ts";
import { generatedKeys } from "./key-shapes.ts";
import { FEDERATED_CREDENTIAL, USER_ASSIGNED_IDENTITY } from "./managed-identities.ts";
import type { AzureState, ResourceIdentity } from "./model.ts";
import type { Places } from "./places.ts";
import { ScenarioPlaceError } from "./places.ts";
import { preloadResource, resourcesOfType } from "./resources.ts";
import type { AzureSection, IdentityEntry, IncidentEntry, ResourceEntry } from "./section.ts";

export function loadResources(
  state: AzureState,
  section: AzureSection,
  names: ScenarioNames,
  places: Places,
): void {
  for (const entry of section.identities) loadIdentity(state, entry, names, places);
  const identityIds = new Map(
    section.identities.map((entry) => [
      entry.name,
      places.resource({ ...entry, type: USER_ASSIGNED_IDENTITY }),
    ]),
  );
  for (const entry of section.resources) loadResource(state, entry, names, places, identityIds);
  for (const entry of section.incidents) loadIncident(state, entry, names);
}

function loadIdentity(state: AzureState, entry: IdentityEntry, names: ScenarioNames, places: Places): void {
  const id = places.resource({ ...entry, type: USER_ASSIGNED_IDENTITY });
  const createdAt = Date.parse(names.at(entry.createdAt ?? "-365d"));
  preloadResource(state, {
    id,
    type: USER_ASSIGNED_IDENTITY,
    name: entry.name,
    location: entry.location ?? "westeurope",
    tags: entry.tags ?? {},
    properties: {
      principalId: names.guid("identity", entry.name),
      clientId: names.guid("clientId", entry.name),
    },
    createdAt,
    changedAt: createdAt,
  });
  for (const { name, ...properties } of entry.federatedCredentials) {
    preloadResource(state, {
      id: `${id}/federatedIdentityCredentials/${name}`,
      type: FEDERATED_CREDENTIAL,
      name,
      properties: properties,
      createdAt,
      changedAt: createdAt,
    });
  }
}

function loadIncident(state: AzureState, entry: IncidentEntry, names: ScenarioNames): void {
  const workspace = [...resourcesOfType(state, "Microsoft.OperationalInsights/workspaces")].find(
    ({ name }) => name === entry.workspace,
  );
  if (!workspace)
    throw new ScenarioPlaceError(`no workspace "${entry.workspace}" for incident ${entry.name}`);
  const isId = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(entry.name);
  const name = isId ? entry.name : names.guid("incident", entry.name);
  const id = `${workspace.id}/providers/Microsoft.SecurityInsights/Incidents/${name}`;
  const createdAt = Date.parse(names.at(entry.createdAt));
  const at = new Date(createdAt).toISOString();
  preloadResource(state, {
    id,
    type: "Microsoft.SecurityInsights/Incidents",
    name,
    etag: `"${names.guid("etag", name)}"`,
    properties: {
      createdTimeUtc: at,
      lastModifiedTimeUtc: at,
      firstActivityTimeUtc: at,
      lastActivityTimeUtc: at,
      ...entry.properties,
    },
    createdAt,
    changedAt: createdAt,
  });
  state.incidentDetails.set(id.toLowerCase(), { entities: entry.entities, alerts: entry.alerts });
}

function loadResource(
  state: AzureState,
  entry: ResourceEntry,
  names: ScenarioNames,
  places: Places,
  identityIds: ReadonlyMap<string, string>,
): void {
  const id = places.resource(entry);
  const createdAt = Date.parse(names.at(entry.createdAt ?? "-365d"));
  const identity = entry.identity && identityOf(entry, names, identityIds);
  preloadResource(state, {
    id,
    type: entry.type,
    name: entry.name.split("/").at(-1) ?? entry.name,
    ...(entry.type.split("/").length === 2 || entry.location !== undefined
      ? { location: entry.location ?? "westeurope" }
      : {}),
    ...(entry.tags ? { tags: entry.tags } : {}),
    ...(entry.kind === undefined ? {} : { kind: entry.kind }),
    ...(entry.sku ? { sku: entry.sku } : {}),
    ...(entry.zones ? { zones: entry.zones } : {}),
    ...(identity ? { identity } : {}),
    properties: entry.properties,
    createdAt,
    changedAt: createdAt,
  });
  const given = entry.keys ?? {};
  const keys = generatedKeys(entry.type, id, createdAt, (seed) => names.secret("key", seed));
  for (const [name, value] of Object.entries(given)) keys.set(name.toLowerCase(), { name, value, createdAt });
  if (keys.size > 0) state.keys.set(id.toLowerCase(), keys);
  // What vaults hold of them: the scenario's other parts are read after this one.
  for (const key of keys.values()) names.given("key", `${entry.name}.${key.name}`, key.value);
}

function identityOf(
  { name, identity }: ResourceEntry,
  names: ScenarioNames,
  identityIds: ReadonlyMap<string, string>,
): ResourceIdentity {
  return {
    ...(identity?.system
      ? {
          systemAssigned: {
            principalId: names.guid("identity", name),
            clientId: names.guid("clientId", name),
          },
        }
      : {}),
    userAssigned: (identity?.user ?? []).map((user) => identityIds.get(user) ?? user),
  };
}
