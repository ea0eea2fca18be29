import { ConditionSyntaxError, parseCondition } from "../../authorization/condition-syntax.ts";
import type { PrincipalType, RoleAssignment } from "../../state/azure/model.ts";
import { sameId } from "../../state/azure/resource-id.ts";
import { allRoleAssignments, assignmentsOf } from "../../state/azure/role-assignments.ts";
import { directoryObjectKind } from "../../state/directory.ts";
import type { ArmAnswer, ArmCall } from "../call.ts";
import { badRequest, providerError } from "../errors.ts";

/** What stands in the way of writing an assignment: one of its name that says something else, or one that says the same. */
export function conflictOf(
  { azure }: ArmCall,
  wanted: {
    readonly before: RoleAssignment | undefined;
    readonly name: string;
    readonly scope: string;
    readonly principalId: string;
    readonly roleDefinition: string;
  },
): ArmAnswer | undefined {
  const sameName =
    wanted.before ??
    [...allRoleAssignments(azure)].find(({ name }) => name.toLowerCase() === wanted.name.toLowerCase());
  if (sameName) {
    const unchanged =
      sameName.principalId.toLowerCase() === wanted.principalId &&
      sameName.roleDefinition === wanted.roleDefinition &&
      sameId(sameName.scope, wanted.scope);
    return unchanged
      ? undefined
      : badRequest(
          "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
          "RoleAssignmentUpdateNotPermitted",
        );
  }
  for (const held of assignmentsOf(azure, wanted.principalId)) {
    if (held.roleDefinition === wanted.roleDefinition && sameId(held.scope, wanted.scope)) {
      return providerError(
        409,
        "RoleAssignmentExists",
        `The role assignment already exists. The ID of the existing role assignment is ${undashed(held.name)}.`,
      );
    }
  }
  return undefined;
}

/** The principal's type, taken from the directory, or from the caller where the directory does not know it yet. */
export function principalTypeOf(
  { tenant }: ArmCall,
  principalId: string,
  given: string,
):
  | { readonly kind: "known"; readonly type: PrincipalType }
  | { readonly kind: "refused"; readonly answer: ArmAnswer } {
  const held = directoryObjectKind(tenant.state.directory, principalId);
  const actual: PrincipalType | undefined =
    held === "user"
      ? "User"
      : held === "group"
        ? "Group"
        : held === "servicePrincipal"
          ? "ServicePrincipal"
          : undefined;
  const wanted = PRINCIPAL_TYPES.find((type) => type.toLowerCase() === given.toLowerCase());
  if (actual === undefined) {
    // Said to be of a type, it is taken on trust: that is how a principal created a moment ago gets its role.
    if (wanted !== undefined) return { kind: "known", type: wanted };
    return {
      kind: "refused",
      answer: badRequest(
        `Principal ${undashed(principalId)} does not exist in the directory ${tenant.id}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype`,
        "PrincipalNotFound",
      ),
    };
  }
  if (wanted !== undefined && wanted !== actual) {
    return {
      kind: "refused",
      answer: badRequest(
        `The PrincipalId '${undashed(principalId)}' has type '${actual}' , which is different from specified PrinciaplType '${wanted}'.`,
        "UnmatchedPrincipalType",
      ),
    };
  }
  return { kind: "known", type: actual };
}

const PRINCIPAL_TYPES: readonly PrincipalType[] = [
  "User",
  "Group",
  "ServicePrincipal",
  "ForeignGroup",
  "Device",
];

/** Azure stores no condition that it cannot read. */
export function unreadableCondition(condition: string): ArmAnswer | undefined {
  try {
    parseCondition(condition);
    return undefined;
  } catch (error) {
    if (!(error instanceof ConditionSyntaxError)) throw error;
    // guess: Azure refuses a condition it cannot read with 400; code and text are not captured.
    return badRequest(error.message, "InvalidConditionSyntax");
  }
}

/** As several of Azure's texts write ids. */
export function undashed(guid: string): string {
  return guid.replaceAll("-", "");
}
