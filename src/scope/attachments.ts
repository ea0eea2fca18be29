import type { Principal } from "../case/principal.ts";
import type { Attachment } from "../case/reach.ts";
import { ArmResource, CLUSTER, identitiesOf, tagsOf } from "./arm-resources.ts";
import { readOr } from "./gaps.ts";
import { byText } from "./identifiers.ts";
import type { Inventory } from "./inventory.ts";
import { patiently } from "./patience.ts";
import { principalLabel, type Reading } from "./reading.ts";
import { resourcesById, resourcesWithIdentity } from "./resource-graph.ts";

/**
 * The workloads that use a managed identity, clusters whose nodes run as it included. Whoever is not the way in loses
 * access with the identity's roles. Which ones are implicated is for the activity to say.
 */
export async function readAttachments(
  { azure, gaps }: Reading,
  principal: Principal,
): Promise<readonly ArmResource[]> {
  const { kind, resourceId } = principal;
  if (resourceId === null) return [];
  if (kind !== "user-assigned-identity" && kind !== "system-assigned-identity") return [];
  const query =
    kind === "user-assigned-identity" ? resourcesWithIdentity(resourceId) : resourcesById([resourceId]);
  const read = await patiently(() => azure.arm.resourceGraph(query, ArmResource));
  return readOr(gaps, `workloads of ${principalLabel(principal)}`, read, []);
}

/** What Resource Graph found, and the clusters that name the identity in a profile instead of in `identity`. */
export function attachmentsOf(
  principal: Principal,
  fastened: readonly ArmResource[],
  inventory: Inventory,
  implicated: ReadonlySet<string>,
): readonly Attachment[] {
  const own = principal.objectId?.toLowerCase();
  const clusters = inventory.resources.filter(
    (resource) =>
      resource.type === CLUSTER && identitiesOf(resource).some(({ id }) => id.toLowerCase() === own),
  );
  const all = new Map([...fastened, ...clusters].map((it) => [it.id.toLowerCase(), it]));
  // An identity's own row is no workload of it.
  all.delete(principal.kind === "user-assigned-identity" ? (principal.resourceId?.toLowerCase() ?? "") : "");
  return [...all.values()]
    .map((resource) => ({
      resourceId: resource.id,
      resourceType: resource.type,
      resourceName: resource.name,
      location: resource.location ?? null,
      tags: tagsOf(resource.tags),
      identityType: resource.identity?.type ?? null,
      implicated: implicated.has(resource.id.toLowerCase()),
    }))
    .toSorted((a, b) => byText(a.resourceId.toLowerCase(), b.resourceId.toLowerCase()));
}
