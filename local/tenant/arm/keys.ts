import { keyValue } from "../state/azure/key-shapes.ts";
import type { HeldKey, Resource } from "../state/azure/model.ts";
import type { ArmCall } from "./call.ts";

/** A resource's keys, by lower-case name. */
export function keysOf(
  call: Pick<ArmCall, "azure">,
  resource: Pick<Resource, "id">,
): ReadonlyMap<string, HeldKey> {
  return call.azure.keys.get(resource.id.toLowerCase()) ?? new Map();
}

export function keyNamed(
  call: Pick<ArmCall, "azure">,
  resource: Pick<Resource, "id">,
  name: string,
): HeldKey | undefined {
  return keysOf(call, resource).get(name.toLowerCase());
}

/** Replaces one key by a new value. The old one stops being accepted now, or after `oldAcceptedForInMs`. */
export function regenerate(
  call: ArmCall,
  resource: Pick<Resource, "id" | "type">,
  name: string,
  oldAcceptedForInMs = 0,
): HeldKey {
  const held = keyNamed(call, resource, name);
  return setKey(
    call,
    resource,
    held?.name ?? name,
    keyValue(resource.type, call.tenant.random.hex(64)),
    oldAcceptedForInMs,
  );
}

export function setKey(
  { azure, nowInMs }: ArmCall,
  resource: Pick<Resource, "id">,
  name: string,
  value: string,
  oldAcceptedForInMs = 0,
): HeldKey {
  const id = resource.id.toLowerCase();
  const keys = azure.keys.get(id) ?? new Map<string, HeldKey>();
  const old = keys.get(name.toLowerCase());
  const key: HeldKey = {
    name,
    value,
    createdAt: nowInMs,
    ...(old && oldAcceptedForInMs > 0
      ? { previous: { value: old.value, acceptedUntil: nowInMs + oldAcceptedForInMs } }
      : {}),
  };
  keys.set(name.toLowerCase(), key);
  azure.keys.set(id, keys);
  return key;
}

export function removeKey({ azure }: ArmCall, resource: Pick<Resource, "id">, name: string): boolean {
  return azure.keys.get(resource.id.toLowerCase())?.delete(name.toLowerCase()) ?? false;
}
