import { createHmac, timingSafeEqual } from "node:crypto";
import { acceptsKey } from "../arm/accepts-key.ts";
import { resourcesOfType, type Resource } from "../state/azure.ts";
import type { Tenant } from "../tenant.ts";

export interface AcceptedKey {
  readonly name: string;
  readonly value: string;
}

/** The keys a resource's data plane takes at this moment: what was replaced is not among them, nor any if keys are switched off. */
export function acceptedKeys(tenant: Tenant, resource: Resource): readonly AcceptedKey[] {
  const held = tenant.state.azure.keys.get(resource.id.toLowerCase())?.values() ?? [];
  return [...held].flatMap(({ name, value, previous }) =>
    [value, previous?.value]
      .filter((each) => each !== undefined && acceptsKey(tenant, resource.id, each))
      .map((each) => ({ name, value: each ?? "" })),
  );
}

/** The resource of a type and name: data planes are found by a name that is unique in all of Azure. */
export function resourceNamed(tenant: Tenant, type: string, name: string): Resource | undefined {
  for (const resource of resourcesOfType(tenant.state.azure, type)) {
    if (resource.name.toLowerCase() === name.toLowerCase()) return resource;
  }
  return undefined;
}

/** HMAC-SHA256, in base64, as all of these services sign. */
export function signed(key: string | Buffer, text: string): string {
  return createHmac("sha256", key).update(text, "utf8").digest("base64");
}

export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
