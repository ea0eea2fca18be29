import { createHash } from "node:crypto";
import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import { principalKey } from "../case/principal.ts";
import type { RoleAssignment } from "../case/grant.ts";
import type { Scope } from "../case/scope.ts";
import { alreadySo, confirmation, failed, outcomeOfChange, outcomeOfRemoval } from "./answers.ts";
import { describeScope } from "./describe-scope.ts";
import { shuttingAll } from "./shutting.ts";
import { endedMeanwhile, JUSTIFICATION } from "./eligibility.ts";
import { lockInTheWay, plantedBecause } from "./hindrances.ts";
import { AZURE } from "./needs.ts";
import { defineStep, type Proposal } from "./step.ts";

const API = "2020-10-01";
const Target = z.object({
  scope: z.string().startsWith("/"),
  principalId: z.guid(),
  roleDefinitionId: z.string(),
});
type Target = z.infer<typeof Target>;
const Before = z.object({
  roleName: z.string().nullable(),
  condition: z.string().nullable(),
  conditionVersion: z.string().nullable(),
  endDateTime: z.string().nullable(),
});
const Eligible = z.object({
  properties: z.object({
    scope: z.string(),
    principalId: z.string(),
    roleDefinitionId: z.string(),
    condition: z.string().nullish(),
  }),
});

const authorization = (scope: string) => `${scope === "/" ? "" : scope}/providers/Microsoft.Authorization`;
const list = ({ arm }: Azure, { scope, principalId }: Target) =>
  arm.list(
    `${authorization(scope)}/roleEligibilityScheduleInstances?$filter=principalId eq '${principalId}'`,
    API,
    Eligible,
  );

function heldAs(held: readonly z.infer<typeof Eligible>[], target: Target) {
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
  const role = (id: string) => id.split("/").at(-1) ?? id;
  return held.find(
    ({ properties }) =>
      same(properties.scope, target.scope) &&
      same(properties.principalId, target.principalId) &&
      same(role(properties.roleDefinitionId), role(target.roleDefinitionId)),
  );
}

function expirationOf(endDateTime: string | null) {
  return endDateTime === null ? { type: "NoExpiration" } : { type: "AfterDateTime", endDateTime };
}

/** A request has a name of its own; the same step, tried again, sends the same request. */
function requestPath(scope: string, stepId: string, purpose: string): string {
  const hex = createHash("sha256").update(`${stepId} ${purpose}`).digest("hex");
  const guid = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `${authorization(scope)}/roleEligibilityScheduleRequests/${guid.join("-")}`;
}

/** Takes away an Azure role that somebody may activate at any time. Only people and groups can hold one. */
export const removeRoleEligibility = defineStep({
  kind: "remove-role-eligibility",
  wave: "access",
  target: Target,
  before: Before,
  needs: [
    AZURE("Microsoft.Authorization/roleEligibilityScheduleInstances/read"),
    AZURE("Microsoft.Authorization/roleEligibilityScheduleRequests/write"),
  ],

  propose: (scope) => [
    ...scope.principals.flatMap(({ principal, roleAssignments }) =>
      roleAssignments
        .filter((it) => it.assignment === "eligible" && it.throughGroupId === null)
        .map((it) =>
          propose(scope, it, principal.displayName, principalKey(principal), [
            it.planted ? "It was made eligible during the attack." : "The suspect can activate it.",
          ]),
        ),
    ),
    ...scope.planted.flatMap((plant) =>
      plant.detail.kind === "role-assignment" &&
      plant.detail.assignment.assignment === "eligible" &&
      plant.present !== false
        ? [
            propose(
              scope,
              plant.detail.assignment,
              plant.onName ?? plant.detail.assignment.principalId,
              plant.detail.assignment.principalId,
              [plantedBecause(plant)],
            ),
          ]
        : [],
    ),
  ],

  alone: ({ principalId }) => principalId,
  async apply({ azure, stepId }, target) {
    const { scope, principalId, roleDefinitionId } = target;
    const present = await list(azure, target);
    if (present.kind === "failed") {
      return present.failure.code === "NOT_FOUND"
        ? alreadySo(present.failure.requestId, azure.now())
        : failed(present.failure, azure.now());
    }
    if (heldAs(present.value, target) === undefined) return alreadySo(present.requestId, azure.now());
    const properties = {
      requestType: "AdminRemove",
      principalId,
      roleDefinitionId,
      justification: JUSTIFICATION.remove,
    };
    return outcomeOfRemoval(
      await azure.arm.put(requestPath(scope, stepId, "remove"), API, { properties }, z.unknown()),
      azure.now(),
    );
  },
  verify: async ({ azure }, target) =>
    confirmation(await list(azure, target), azure.now(), {
      holds: (it) => heldAs(it, target) === undefined,
      otherwise: "still eligible",
      absentHolds: true,
    }),
  undoing: {
    kind: "can",
    async undo({ azure, stepId }, target, { condition, conditionVersion, endDateTime }) {
      const { scope, principalId, roleDefinitionId } = target;
      const present = await list(azure, target);
      if (present.kind === "failed") return failed(present.failure, azure.now());
      const held = heldAs(present.value, target);
      if (held !== undefined) {
        return (held.properties.condition ?? null) === condition
          ? alreadySo(present.requestId, azure.now())
          : {
              kind: "needs-person",
              reason: "Somebody made the principal eligible again meanwhile, under another condition.",
              action: `Compare it with the condition it had: ${condition ?? "none"}`,
            };
      }
      const now = azure.now();
      if (endDateTime !== null && Date.parse(endDateTime) <= now.getTime())
        return endedMeanwhile(endDateTime);
      const properties = {
        requestType: "AdminAssign",
        principalId,
        roleDefinitionId,
        justification: JUSTIFICATION.restore,
        scheduleInfo: { startDateTime: now.toISOString(), expiration: expirationOf(endDateTime) },
        ...(condition === null ? {} : { condition, conditionVersion }),
      };
      return outcomeOfChange(
        await azure.arm.put(requestPath(scope, stepId, "restore"), API, { properties }, z.unknown()),
        now,
      );
    },
    verifyUndone: async ({ azure }, target) =>
      confirmation(await list(azure, target), azure.now(), {
        holds: (it) => heldAs(it, target) !== undefined,
        otherwise: "not eligible",
        absentHolds: false,
      }),
  },
});

function propose(
  scope: Scope,
  it: RoleAssignment,
  principalName: string,
  holder: string,
  because: readonly string[],
): Proposal<Target, z.infer<typeof Before>> {
  const role = it.roleName ?? it.roleDefinitionId;
  const hindered = lockInTheWay(
    scope.obstacles,
    it.scope,
    "deletion",
    `remove the eligibility for ${role}`,
    shuttingAll(scope, [it.principalId]),
  );
  return {
    target: { scope: it.scope, principalId: it.principalId, roleDefinitionId: it.roleDefinitionId },
    before: {
      roleName: it.roleName,
      condition: it.condition,
      conditionVersion: it.conditionVersion,
      endDateTime: it.endDateTime ?? null,
    },
    title: `Remove the eligibility for ${role} on ${describeScope(it.scope)} from ${principalName}`,
    because,
    cost: [`${principalName} can no longer activate ${role} on ${describeScope(it.scope)}.`],
    touches: [...new Set([holder, it.principalId])],
    ...(hindered === null ? {} : { hindered }),
  };
}
