import { z } from "zod";
import { sideBySide } from "../azure/side-by-side.ts";
import type { RolePermissions } from "../case/grant.ts";
import { lastSegment } from "./arm-resources.ts";
import { type Read, readOr } from "./gaps.ts";
import { byText } from "./identifiers.ts";
import { patiently } from "./patience.ts";
import type { Reading } from "./reading.ts";
import { roleDefinitionsNamed } from "./resource-graph.ts";

export interface RoleDefinition {
  readonly name: string;
  readonly permissions: readonly RolePermissions[];
}

const Actions = z
  .array(z.string())
  .nullish()
  .transform((actions) => actions ?? []);

const ArmRoleDefinition = z.object({
  id: z.string(),
  name: z.string(),
  properties: z.object({
    roleName: z.string(),
    permissions: z.array(
      z.object({ actions: Actions, notActions: Actions, dataActions: Actions, notDataActions: Actions }),
    ),
  }),
});
type ArmRoleDefinition = z.infer<typeof ArmRoleDefinition>;

const API = "2022-04-01";

/**
 * Definitions by the last segment of their id, lower case: one query for all, and ARM for those Resource Graph has not
 * got. One that cannot be had is missing here and named as a gap: what it allows is unknown, not nothing.
 */
export async function readRoleDefinitions(
  { azure, gaps }: Reading,
  roleDefinitionIds: readonly string[],
): Promise<ReadonlyMap<string, RoleDefinition>> {
  const wanted = new Map(roleDefinitionIds.map((id) => [lastSegment(id).toLowerCase(), id]));
  const found = new Map<string, RoleDefinition>();
  if (wanted.size === 0) return found;
  const keep = ({ name, properties }: ArmRoleDefinition) =>
    found.set(name.toLowerCase(), { name: properties.roleName, permissions: properties.permissions });
  const read: Read<readonly ArmRoleDefinition[]> = await patiently(() =>
    azure.arm.resourceGraph(roleDefinitionsNamed([...wanted.keys()].toSorted(byText)), ArmRoleDefinition, {
      scopeFilter: "AtScopeAboveAndBelow",
    }),
  );
  for (const definition of readOr(gaps, "role definitions in Resource Graph", read, [])) keep(definition);
  const missing = [...wanted].filter(([name]) => !found.has(name));
  await sideBySide(missing, 50, async ([, id]) => {
    const one = await patiently(() => azure.arm.get(id, API, ArmRoleDefinition));
    if (one.kind === "ok") keep(one.value);
    else gaps.failed(`role definition ${id}: what it allows is unknown`, one.failure);
  });
  return found;
}
