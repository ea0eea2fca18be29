import { z } from "zod";
import { sideBySide } from "../azure/side-by-side.ts";
import { readOr } from "./gaps.ts";
import { byText } from "./identifiers.ts";
import { patiently } from "./patience.ts";
import { type HeldDenial, normalScope } from "./reach.ts";
import type { Reading } from "./reading.ts";

const API = "2022-04-01";
/** How deny assignments write "everyone". */
const EVERYONE = "00000000-0000-0000-0000-000000000000";

const Actions = z
  .array(z.string())
  .nullish()
  .transform((actions) => actions ?? []);
const Principals = z
  .array(z.object({ id: z.string() }))
  .nullish()
  .transform((principals) => (principals ?? []).map(({ id }) => id.toLowerCase()));

const ArmDenyAssignment = z.object({
  id: z.string(),
  properties: z.object({
    scope: z.string().nullish(),
    permissions: z.array(
      z.object({
        actions: Actions,
        notActions: Actions,
        dataActions: Actions,
        notDataActions: Actions,
        condition: z.string().nullish(),
      }),
    ),
    doNotApplyToChildScopes: z.boolean().nullish(),
    principals: Principals,
    excludePrincipals: Principals,
    condition: z.string().nullish(),
  }),
});
export type ArmDenyAssignment = z.infer<typeof ArmDenyAssignment>;

/** Every deny assignment in the subscriptions, whomever it is about. Resource Graph does not hold them. */
export async function readDenials(
  { azure, gaps }: Reading,
  subscriptionIds: readonly string[],
): Promise<readonly ArmDenyAssignment[]> {
  const found = await sideBySide(subscriptionIds, 50, async (subscriptionId) => {
    const read = await patiently(() =>
      azure.arm.list(
        `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/denyAssignments`,
        API,
        ArmDenyAssignment,
      ),
    );
    return readOr(gaps, `deny assignments in subscription ${subscriptionId}`, read, []);
  });
  return [...new Map(found.flat().map((it) => [it.id.toLowerCase(), it])).values()].toSorted((a, b) =>
    byText(a.id, b.id),
  );
}

/** Those in force for a principal: it, a group of it or everyone is named, and neither it nor a group is excluded. */
export function denialsFor(
  denials: readonly ArmDenyAssignment[],
  objectIds: ReadonlySet<string>,
): readonly HeldDenial[] {
  return denials.flatMap(({ id, properties }) => {
    const named = properties.principals.some((it) => it === EVERYONE || objectIds.has(it));
    const spared = properties.excludePrincipals.some((it) => objectIds.has(it));
    if (!named || spared) return [];
    return [
      {
        id,
        scope: normalScope(properties.scope ?? scopeOfId(id)),
        permissions: properties.permissions,
        doNotApplyToChildScopes: properties.doNotApplyToChildScopes ?? false,
        condition:
          properties.condition ??
          properties.permissions.find((it) => it.condition != null)?.condition ??
          null,
      },
    ];
  });
}

function scopeOfId(id: string): string {
  const at = id.toLowerCase().lastIndexOf("/providers/microsoft.authorization/denyassignments/");
  return at <= 0 ? "/" : id.slice(0, at);
}
