import { asOf } from "../state/azure/history.ts";
import { assignmentsOfAsOf } from "../state/azure/role-assignments.ts";
import type { Tenant } from "../tenant.ts";
import { covers, type Wanted } from "./actions.ts";
import { type AttributeValue, evaluateCondition } from "./conditions.ts";
import { denyingAssignment } from "./deny.ts";
import { groupIdsOf } from "./group-membership.ts";
import { isWithin } from "./scopes.ts";

export interface AccessQuestion {
  /** Object id of the caller. */
  readonly objectId: string;
  /** Control plane: `Microsoft.Storage/storageAccounts/listKeys/action`. Give this or `dataAction`. */
  readonly action?: string;
  /** Data plane: `Microsoft.KeyVault/vaults/secrets/getSecret/action`. */
  readonly dataAction?: string;
  readonly scope: string;
  /** What conditions may ask of the resource, as `Microsoft.KeyVault/vaults/secrets:name` → value. */
  readonly resourceAttributes?: Readonly<Record<string, AttributeValue>>;
  /** What conditions may ask of the request, as `Microsoft.Authorization/roleAssignments:RoleDefinitionId` → value. */
  readonly requestAttributes?: Readonly<Record<string, AttributeValue>>;
  /** Groups as the caller's token has them, where the service reads them from the token; the directory is asked if absent. */
  readonly groupIds?: readonly string[];
}

export type AccessDecision =
  | {
      readonly allowed: true;
      readonly because: "role-assignment";
      readonly assignmentId: string;
      readonly roleDefinition: string;
    }
  | { readonly allowed: false; readonly because: "deny-assignment"; readonly denyAssignmentId: string }
  | { readonly allowed: false; readonly because: "none" };

/**
 * Whether Azure RBAC lets a principal do something at a scope, now: a matching deny assignment first, then the union over
 * roles held directly and through groups, at the scope and above, each narrowed by its condition. Assignments written or
 * removed less than a propagation delay ago are seen as they were before.
 */
export function decide(tenant: Tenant, question: AccessQuestion): AccessDecision {
  const { azure } = tenant.state;
  const { scope } = question;
  const wanted = wantedOf(question);
  const facts = { ...question, action: wanted.action };
  const seenAt = tenant.clock.now() - tenant.delays.roleAssignmentInMs;
  const principals = [question.objectId, ...(question.groupIds ?? groupIdsOf(tenant, question.objectId))];

  const denied = denyingAssignment(tenant, { wanted, principals, scope, seenAt });
  if (denied) return { allowed: false, because: "deny-assignment", denyAssignmentId: denied.id };

  for (const principal of principals) {
    for (const assignment of assignmentsOfAsOf(azure, principal, seenAt)) {
      if (!isWithin(tenant, scope, assignment.scope)) continue;
      const role = asOf(azure.roleDefinitions, assignment.roleDefinition, seenAt);
      const grants = role?.permissions.some(
        (permission) =>
          covers(permission, wanted) &&
          (permission.condition === undefined || evaluateCondition(permission.condition, facts)),
      );
      if (grants !== true) continue;
      if (assignment.condition !== null && !evaluateCondition(assignment.condition, facts)) continue;
      return {
        allowed: true,
        because: "role-assignment",
        assignmentId: assignment.id,
        roleDefinition: assignment.roleDefinition,
      };
    }
  }
  return { allowed: false, because: "none" };
}

/**
 * The same decision for very many scopes and few actions, as of now. Promises the answers of `decide`; limits: not for
 * data actions, and the caller's roles are looked up once, so it must not outlive the request it is made for.
 */
export function reader(
  tenant: Tenant,
  caller: Pick<AccessQuestion, "objectId" | "groupIds">,
): (action: string, scope: string) => boolean {
  const { azure } = tenant.state;
  const seenAt = tenant.clock.now() - tenant.delays.roleAssignmentInMs;
  const groupIds = caller.groupIds ?? groupIdsOf(tenant, caller.objectId);
  const assignments = [caller.objectId, ...groupIds].flatMap((principal) => [
    ...assignmentsOfAsOf(azure, principal, seenAt),
  ]);
  const hasDenies = azure.denyAssignments.current.size > 0 || azure.denyAssignments.past.size > 0;
  const isConditional = assignments.some(
    ({ condition, roleDefinition }) =>
      condition !== null ||
      asOf(azure.roleDefinitions, roleDefinition, seenAt)?.permissions.some(
        (it) => it.condition !== undefined,
      ),
  );
  if (hasDenies || isConditional) {
    return (action, scope) => decide(tenant, { objectId: caller.objectId, groupIds, action, scope }).allowed;
  }
  const scopesByAction = new Map<string, readonly string[]>();
  const grantedFor = (action: string): readonly string[] => {
    const known = scopesByAction.get(action);
    if (known) return known;
    const granted = assignments
      .filter(({ roleDefinition }) =>
        asOf(azure.roleDefinitions, roleDefinition, seenAt)?.permissions.some((permission) =>
          covers(permission, { plane: "control", action }),
        ),
      )
      .map(({ scope }) => scope);
    scopesByAction.set(action, granted);
    return granted;
  };
  return (action, scope) => grantedFor(action).some((granted) => isWithin(tenant, scope, granted));
}

/** A question that names no action, or two. */
class AccessQuestionError extends Error {
  readonly code = "ACCESS_QUESTION";
  constructor() {
    super("an access question names an action or a data action, not both and not neither");
    this.name = "AccessQuestionError";
  }
}

function wantedOf({ action, dataAction }: AccessQuestion): Wanted {
  if (action !== undefined && dataAction === undefined) return { plane: "control", action };
  if (dataAction !== undefined && action === undefined) return { plane: "data", action: dataAction };
  throw new AccessQuestionError();
}
