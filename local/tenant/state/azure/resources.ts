import { emptyHistory, forget, type History, latest, preload, record } from "./history.ts";
import type { AzureState, Resource } from "./model.ts";

/** All resources by ARM id, and by type and client id, because lists and token requests must not walk everything. */
export interface ResourceIndex {
  readonly byId: History<Resource>;
  readonly idsByType: Map<string, Set<string>>;
  readonly idByClientId: Map<string, string>;
}

export function emptyResources(): ResourceIndex {
  return { byId: emptyHistory(), idsByType: new Map(), idByClientId: new Map() };
}

export function findResource(state: AzureState, id: string): Resource | undefined {
  return latest(state.resources.byId, id);
}

export function allResources(state: AzureState): IterableIterator<Resource> {
  return state.resources.byId.current.values();
}

export function* resourcesOfType(state: AzureState, type: string): Generator<Resource> {
  for (const id of state.resources.idsByType.get(type.toLowerCase()) ?? []) {
    const found = latest(state.resources.byId, id);
    if (found) yield found;
  }
}

/** Children and their children, of one type if named. */
export function* resourcesBelow(state: AzureState, parentId: string, type?: string): Generator<Resource> {
  const prefix = `${parentId.toLowerCase()}/`;
  for (const resource of type === undefined ? allResources(state) : resourcesOfType(state, type)) {
    if (resource.id.toLowerCase().startsWith(prefix)) yield resource;
  }
}

/** The resource that a managed identity with this client id is, or belongs to. */
export function resourceByClientId(state: AzureState, clientId: string): Resource | undefined {
  const id = state.resources.idByClientId.get(clientId.toLowerCase());
  return id === undefined ? undefined : latest(state.resources.byId, id);
}

export function putResource(state: AzureState, resource: Resource, atInMs: number): void {
  unindex(state.resources, latest(state.resources.byId, resource.id));
  record(state.resources.byId, resource.id, resource, atInMs);
  index(state.resources, resource);
}

/** For what was there before the story began. */
export function preloadResource(state: AzureState, resource: Resource): void {
  preload(state.resources.byId, resource.id, resource);
  index(state.resources, resource);
}

/** Removes it and everything below it, keys too; answers what went, children last. */
export function removeResource(state: AzureState, id: string, atInMs: number): Resource[] {
  const found = findResource(state, id);
  const gone = [...(found ? [found] : []), ...resourcesBelow(state, id)];
  for (const resource of gone) {
    unindex(state.resources, resource);
    forget(state.resources.byId, resource.id, atInMs);
    state.keys.delete(resource.id.toLowerCase());
  }
  return gone;
}

function index(resources: ResourceIndex, resource: Resource): void {
  const type = resource.type.toLowerCase();
  const ids = resources.idsByType.get(type) ?? new Set();
  ids.add(resource.id.toLowerCase());
  resources.idsByType.set(type, ids);
  for (const clientId of clientIdsOf(resource)) {
    resources.idByClientId.set(clientId.toLowerCase(), resource.id.toLowerCase());
  }
}

function unindex(resources: ResourceIndex, resource: Resource | undefined): void {
  if (!resource) return;
  resources.idsByType.get(resource.type.toLowerCase())?.delete(resource.id.toLowerCase());
  for (const clientId of clientIdsOf(resource)) resources.idByClientId.delete(clientId.toLowerCase());
}

function clientIdsOf(resource: Resource): string[] {
  const own = resource.identity?.systemAssigned?.clientId;
  const userAssigned =
    resource.type.toLowerCase() === "microsoft.managedidentity/userassignedidentities"
      ? resource.properties["clientId"]
      : undefined;
  return [own, userAssigned].filter((clientId) => typeof clientId === "string");
}
