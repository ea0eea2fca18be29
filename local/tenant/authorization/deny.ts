import { allAsOf } from "../state/azure/history.ts";
import type { DenyAssignment } from "../state/azure/model.ts";
import { sameId } from "../state/azure/resource-id.ts";
import type { Tenant } from "../tenant.ts";
import { covers, type Wanted } from "./actions.ts";
import { isWithin } from "./scopes.ts";

const EVERYONE = "00000000-0000-0000-0000-000000000000";

/** The first deny assignment that forbids this to one of these principals; it wins over every role. */
export function denyingAssignment(
  tenant: Tenant,
  question: {
    readonly wanted: Wanted;
    readonly principals: readonly string[];
    readonly scope: string;
    readonly seenAt: number;
  },
): DenyAssignment | undefined {
  const principals = new Set(question.principals.map((id) => id.toLowerCase()));
  for (const deny of allAsOf(tenant.state.azure.denyAssignments, question.seenAt)) {
    if (!isWithin(tenant, question.scope, deny.scope)) continue;
    if (deny.doNotApplyToChildScopes && !sameId(question.scope, deny.scope)) continue;
    const named = deny.principals.some(({ id }) => id === EVERYONE || principals.has(id.toLowerCase()));
    const excluded = deny.excludePrincipals.some(({ id }) => principals.has(id.toLowerCase()));
    if (!named || excluded) continue;
    if (deny.permissions.some((permission) => covers(permission, question.wanted))) return deny;
  }
  return undefined;
}
