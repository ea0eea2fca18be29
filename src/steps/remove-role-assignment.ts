import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import type { StepOutcome } from "../case/outcome.ts";
import { principalKey } from "../case/principal.ts";
import type { RoleAssignment } from "../case/grant.ts";
import type { Scope } from "../case/scope.ts";
import { permissionsAllow } from "../scope/permissions.ts";
import { alreadySo, confirmation, evidenceOf, failed, outcomeOfChange, outcomeOfRemoval } from "./answers.ts";
import { AZURE } from "./needs.ts";
import { defineStep, type Proposal } from "./step.ts";
import { describeScope } from "./describe-scope.ts";
import { shuttingAll } from "./shutting.ts";
import { type Hindrance, lockInTheWay, plantedBecause } from "./hindrances.ts";

const API = "2022-04-01";
const ASSIGN_ROLES = { plane: "control", name: "Microsoft.Authorization/roleAssignments/write" } as const;
const Target = z.object({ assignmentId: z.string().startsWith("/"), principalId: z.guid() });
type Target = z.infer<typeof Target>;
const Before = z.object({
  roleDefinitionId: z.string(),
  principalId: z.string(),
  principalType: z.string().nullable(),
  condition: z.string().nullable(),
  conditionVersion: z.string().nullable(),
  description: z.string().nullable(),
  delegatedManagedIdentityResourceId: z.string().nullable(),
});
type Before = z.infer<typeof Before>;
const Stored = z.object({
  properties: z.object({
    roleDefinitionId: z.string(),
    principalId: z.string(),
    condition: z.string().nullish(),
    scope: z.string().nullish(),
  }),
});

/**
 * Removes one Azure role assignment, at its own scope. It is the only cut that reaches tokens already issued: Azure
 * Resource Manager and data planes ask at each request, within minutes.
 */
export const removeRoleAssignment = defineStep({
  kind: "remove-role-assignment",
  wave: "access",
  target: Target,
  before: Before,
  needs: [
    AZURE("Microsoft.Authorization/roleAssignments/delete"),
    AZURE("Microsoft.Authorization/roleAssignments/write"),
    AZURE("Microsoft.Authorization/roleAssignments/read"),
  ],

  propose: (scope) => [
    ...scope.principals.flatMap(({ principal, roleAssignments }) =>
      roleAssignments
        .filter((it) => it.assignment === "active" && it.throughGroupId === null)
        .map((it) =>
          propose(
            scope,
            it,
            principal.displayName,
            [principalKey(principal)],
            [
              it.planted
                ? "It was assigned during the attack."
                : "Tokens already issued can use it until it is gone.",
            ],
          ),
        ),
    ),
    ...scope.planted.flatMap(({ detail, onName, evidence, by, present }) =>
      detail.kind === "role-assignment" && detail.assignment.assignment === "active" && present !== false
        ? [
            propose(
              scope,
              detail.assignment,
              onName ?? detail.assignment.principalId,
              [detail.assignment.principalId],
              [plantedBecause({ by, evidence })],
            ),
          ]
        : [],
    ),
  ],

  async apply({ azure }, { assignmentId }) {
    const answer = await azure.arm.delete(assignmentId, API);
    // 204: there was nothing to delete.
    if (answer.kind === "ok" && answer.status === 204) return alreadySo(answer.requestId, azure.now());
    return outcomeOfRemoval(answer, azure.now());
  },
  verify: async ({ azure }, { assignmentId }) =>
    confirmation(await azure.arm.get(assignmentId, API, Stored), azure.now(), {
      holds: () => false,
      otherwise: "still assigned",
      absentHolds: true,
    }),
  undoing: {
    kind: "can",
    // Same name, same properties: assignments are immutable, so what stands under the name is equal or is another's.
    async undo({ azure }, { assignmentId }, before) {
      const present = await azure.arm.get(assignmentId, API, Stored);
      if (present.kind === "ok") {
        return isSame(present.value, before)
          ? alreadySo(present.requestId, azure.now())
          : {
              kind: "needs-person",
              reason: "Another role assignment stands under this name now.",
              action: "Compare the two and assign the role anew under another name.",
            };
      }
      if (present.failure.code !== "NOT_FOUND") return failed(present.failure, azure.now());
      const properties = Object.fromEntries(Object.entries(before).filter(([, value]) => value !== null));
      const answer = await azure.arm.put(assignmentId, API, { properties }, z.unknown());
      if (answer.kind === "failed" && answer.failure.code === "ALREADY_EXISTS") {
        return givenBackOtherwise(azure, assignmentId, before);
      }
      return outcomeOfChange(answer, azure.now());
    },
    async verifyUndone({ azure }, { assignmentId }, before) {
      const seen = confirmation(await azure.arm.get(assignmentId, API, Stored), azure.now(), {
        holds: (it) => isSame(it, before),
        otherwise: "not assigned",
        absentHolds: false,
      });
      if (seen.kind === "confirmed") return seen;
      const others = await assignedAt(azure, assignmentId, before);
      return others.kind === "ok" && others.value.some((it) => isSame(it, before))
        ? { kind: "confirmed", evidence: evidenceOf(others.requestId, azure.now()) }
        : seen;
    },
  },
});

/** All that a principal is assigned at the scope of an assignment. */
function assignedAt({ arm }: Azure, assignmentId: string, { principalId }: Before) {
  const [scope = ""] = assignmentId.split(/\/providers\/Microsoft\.Authorization\/roleAssignments\//i);
  const path = `${scope}/providers/Microsoft.Authorization/roleAssignments`;
  return arm.list(`${path}?$filter=principalId eq '${principalId}'`, API, Stored);
}

/**
 * Azure allows a role once for a principal and scope. Under another name it was given back by somebody: as it was, or under
 * another condition, which is not ours to overwrite.
 */
async function givenBackOtherwise(azure: Azure, assignmentId: string, before: Before): Promise<StepOutcome> {
  const others = await assignedAt(azure, assignmentId, before);
  if (others.kind === "failed") return failed(others.failure, azure.now());
  if (others.value.some((it) => isSame(it, before))) return alreadySo(others.requestId, azure.now());
  return {
    kind: "needs-person",
    reason: "Somebody gave the role back meanwhile, under another name and other conditions.",
    action: `Compare it with the condition it had: ${before.condition ?? "none"}`,
  };
}

function isSame({ properties }: z.infer<typeof Stored>, before: Before): boolean {
  const equal = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
  return (
    equal(properties.roleDefinitionId, before.roleDefinitionId) &&
    equal(properties.principalId, before.principalId) &&
    (properties.condition ?? null) === before.condition
  );
}

function propose(
  scope: Scope,
  it: RoleAssignment,
  principalName: string,
  touches: readonly string[],
  because: readonly string[],
): Proposal<Target, Before> {
  const role = it.roleName ?? it.roleDefinitionId;
  const hindrance = hindering(scope, it);
  return {
    target: { assignmentId: it.id, principalId: it.principalId },
    before: {
      roleDefinitionId: it.roleDefinitionId,
      principalId: it.principalId,
      principalType: it.principalType,
      condition: it.condition,
      conditionVersion: it.conditionVersion,
      description: it.description,
      delegatedManagedIdentityResourceId: it.delegatedManagedIdentityResourceId,
    },
    title: `Remove ${role} on ${describeScope(it.scope)} from ${principalName}`,
    because,
    cost: [`${principalName} can no longer act as ${role} on ${describeScope(it.scope)}.`],
    touches: [...new Set([...touches, it.principalId])],
    rank: rankOf(it),
    ...(hindrance === null ? {} : { hindered: hindrance }),
  };
}

/** What stands in the way: a lock, or that the last owner of a subscription cannot be removed at all. */
function hindering(of: Scope, { id, scope, principalId }: RoleAssignment): Hindrance | null {
  const { obstacles } = of;
  const coveredBy = shuttingAll(of, [principalId]);
  const last = obstacles.some(
    (it) => it.kind === "last-owner" && it.roleAssignmentId.toLowerCase() === id.toLowerCase(),
  );
  if (last) {
    return {
      reason: `it is the last Owner of ${scope}, and Azure refuses to remove it`,
      action: `Make somebody else Owner of ${scope}, then remove the assignment ${id}`,
      ...(coveredBy === undefined ? {} : { coveredBy }),
    };
  }
  return lockInTheWay(obstacles, scope, "deletion", `remove the assignment ${id}`, coveredBy);
}

/** Who can hand out roles takes back any other that went before; then what opens vaults and data. */
function rankOf({ permissions }: RoleAssignment): number {
  if (permissions === null || permissionsAllow(permissions, ASSIGN_ROLES)) return -2;
  return permissions.some(({ dataActions }) => dataActions.length > 0) ? -1 : 0;
}
