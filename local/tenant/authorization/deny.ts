import { allAsOf } from "../state/azure/history.ts";
import type { DenyAssignment } from "../state/azure/model.ts";
import { sameId } from "../state/azure/resource-id.ts";
import type { Tenant } from "../tenant.ts";
import { actionMatches } from "./actions.ts";

const EVERYONE = "00000000-0000-0000-0000-000000000000";

/** The first deny assignment that forbids this to one of these principals; it wins over every role. */
export function denyingAssignment(
  tenant: Tenant,
  question: {
    readonly plane: "control" | "data";
    readonly action: string;
    readonly principals: readonly string[];
    readonly chain: ReadonlySet<string>;
    readonly seenAt: number;
    readonly scope: string;
  },
): DenyAssignment | undefined {
  const principals = new Set(question.principals.map((id) => id.toLowerCase()));
  for (const deny of allAsOf(tenant.state.azure.denyAssignments, question.seenAt)) {
    if (!question.chain.has(deny.scope.toLowerCase())) continue;
    if (deny.doNotApplyToChildScopes && !sameId(question.scope, deny.scope)) continue;
    const named = deny.principals.some(({ id }) => id === EVERYONE || principals.has(id.toLowerCase()));
    const excluded = deny.excludePrincipals.some(({ id }) => principals.has(id.toLowerCase()));
    if (!named || excluded) continue;
    const forbids = deny.permissions.some((permission) =>
      question.plane === "control"
        ? actionMatches(permission.actions, question.action) &&
          !actionMatches(permission.notActions, question.action)
        : actionMatches(permission.dataActions, question.action) &&
          !actionMatches(permission.notDataActions, question.action),
    );
    if (forbids) return deny;
  }
  return undefined;
}
