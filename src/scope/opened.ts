import type { Activity } from "../case/activity.ts";
import type { OpenedResource } from "../case/scope.ts";
import { CLUSTER, tagsOf } from "./arm-resources.ts";
import type { Inventory } from "./inventory.ts";
import { clusterSettings } from "./reach-azure.ts";

/**
 * The resources whose keys or credentials the timeline says were taken, as the inventory knows them. A role that is gone by
 * now opened them all the same, and their tags decide who is asked. Pure.
 */
export function openedResources(
  timeline: readonly Activity[],
  { resources }: Inventory,
): readonly OpenedResource[] {
  const targets = new Set(
    timeline.flatMap(({ expanded, target }) =>
      expanded == null || target === null ? [] : [target.toLowerCase()],
    ),
  );
  const isOpened = (id: string) => [...targets].some((it) => it === id || it.startsWith(`${id}/`));
  return resources
    .filter(({ id }) => isOpened(id.toLowerCase()))
    .map((resource) => ({
      resourceId: resource.id,
      tags: tagsOf(resource.tags),
      ...(resource.type === CLUSTER ? { cluster: clusterSettings(resource) } : {}),
    }));
}
