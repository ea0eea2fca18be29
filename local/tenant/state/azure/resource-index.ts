import { History } from "./history.ts";
import type { Resource } from "./model.ts";

/** All resources by ARM id, and by type and client id, because lists and token requests must not walk everything. */
export class ResourceIndex {
  readonly #byId = new History<Resource>();
  readonly #idsByType = new Map<string, Set<string>>();
  readonly #idByClientId = new Map<string, string>();

  get(id: string): Resource | undefined {
    return this.#byId.get(id);
  }

  get size(): number {
    return this.#byId.size;
  }

  values(): IterableIterator<Resource> {
    return this.#byId.values();
  }

  valuesAsOf(atInMs: number): Generator<Resource> {
    return this.#byId.valuesAsOf(atInMs);
  }

  *ofType(type: string): Generator<Resource> {
    for (const id of this.#idsByType.get(type.toLowerCase()) ?? []) {
      const found = this.#byId.get(id);
      if (found) yield found;
    }
  }

  /** Direct and deeper children, of one type if named. */
  *below(parentId: string, type?: string): Generator<Resource> {
    const prefix = `${parentId.toLowerCase()}/`;
    for (const resource of type === undefined ? this.values() : this.ofType(type)) {
      if (resource.id.toLowerCase().startsWith(prefix)) yield resource;
    }
  }

  /** The resource that a managed identity with this client id is, or belongs to. */
  byClientId(clientId: string): Resource | undefined {
    const id = this.#idByClientId.get(clientId.toLowerCase());
    return id === undefined ? undefined : this.#byId.get(id);
  }

  put(resource: Resource, atInMs: number): void {
    this.#unindex(this.#byId.get(resource.id));
    this.#byId.put(resource.id, resource, atInMs);
    this.#index(resource);
  }

  preload(resource: Resource): void {
    this.#byId.preload(resource.id, resource);
    this.#index(resource);
  }

  /** Removes it and everything below it; answers what went, children last. */
  remove(id: string, atInMs: number): Resource[] {
    const found = this.#byId.get(id);
    const gone = [...(found ? [found] : []), ...this.below(id)];
    for (const resource of gone) {
      this.#unindex(resource);
      this.#byId.remove(resource.id, atInMs);
    }
    return gone;
  }

  #index(resource: Resource): void {
    const type = resource.type.toLowerCase();
    const ids = this.#idsByType.get(type) ?? new Set();
    ids.add(resource.id.toLowerCase());
    this.#idsByType.set(type, ids);
    for (const clientId of clientIdsOf(resource)) {
      this.#idByClientId.set(clientId.toLowerCase(), resource.id.toLowerCase());
    }
  }

  #unindex(resource: Resource | undefined): void {
    if (!resource) return;
    this.#idsByType.get(resource.type.toLowerCase())?.delete(resource.id.toLowerCase());
    for (const clientId of clientIdsOf(resource)) this.#idByClientId.delete(clientId.toLowerCase());
  }
}

function clientIdsOf(resource: Resource): string[] {
  const own = resource.identity?.systemAssigned?.clientId;
  const userAssigned =
    resource.type.toLowerCase() === "microsoft.managedidentity/userassignedidentities"
      ? resource.properties["clientId"]
      : undefined;
  return [own, userAssigned].filter((clientId) => typeof clientId === "string");
}
