import { ArmResource, CLUSTER, issuerOf } from "./arm-resources.ts";
import { bareIssuer } from "./federated-trust.ts";
import { readOr } from "./gaps.ts";
import { byText } from "./identifiers.ts";
import { patiently } from "./patience.ts";
import type { Reading } from "./reading.ts";
import { INVENTORY_TYPES, resourcesOfTypes } from "./resource-graph.ts";

/** What there is in the tenant that a principal could reach. */
export interface Inventory {
  /** Sorted by id. */
  readonly resources: readonly ArmResource[];
  /** The cluster whose service accounts this issuer vouches for. */
  clusterIdOf(issuer: string): string | null;
  /** The id as ARM spells it: logs write it in lower case. The text itself for what is not in the inventory. */
  idOf(id: string): string;
}

/** One query per kind, side by side, so that their pages are not waited for one after the other. */
export async function readInventory({ azure, gaps }: Reading): Promise<Inventory> {
  const found = await Promise.all(
    Object.entries(INVENTORY_TYPES).map(async ([kind, types]) => {
      const read = await patiently(() => azure.arm.resourceGraph(resourcesOfTypes(types), ArmResource));
      return readOr(gaps, `inventory of ${kind}`, read, []);
    }),
  );
  const resources = found.flat().toSorted((a, b) => byText(a.id.toLowerCase(), b.id.toLowerCase()));
  const clusters = new Map(
    resources.flatMap((resource) => {
      const issuer = resource.type === CLUSTER ? issuerOf(resource) : null;
      return issuer === null ? [] : [[bareIssuer(issuer).toLowerCase(), resource.id] as const];
    }),
  );
  const spelt = new Map(resources.map(({ id }) => [id.toLowerCase(), id]));
  return {
    resources,
    idOf: (id) => spelt.get(id.toLowerCase()) ?? id,
    clusterIdOf: (issuer) => clusters.get(bareIssuer(issuer).toLowerCase()) ?? null,
  };
}
