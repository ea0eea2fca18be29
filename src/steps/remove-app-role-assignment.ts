import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import type { AppRoleAssignment } from "../case/grant.ts";
import { alreadySo, confirmation, failed, outcomeOfChange, outcomeOfRemoval } from "./answers.ts";
import { plantedBecause } from "./hindrances.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { defineStep, type Proposal } from "./step.ts";

const Target = z.object({
  principalId: z.guid(),
  principalKind: z.enum(["service-principal", "user"]),
  assignmentId: z.string(),
});
type Target = z.infer<typeof Target>;
const Before = z.object({ resourceId: z.guid(), appRoleId: z.guid(), value: z.string().nullable() });
const Listed = z.object({ id: z.string(), resourceId: z.string(), appRoleId: z.string() });

const collection = ({ principalKind, principalId }: Target) =>
  `/${principalKind === "user" ? "users" : "servicePrincipals"}/${principalId}/appRoleAssignments`;
const list = ({ graph }: Azure, target: Target) => graph.list(collection(target), Listed);

/** Takes an application permission away. It stays in tokens already issued until they expire. */
export const removeAppRoleAssignment = defineStep({
  kind: "remove-app-role-assignment",
  wave: "access",
  target: Target,
  before: Before,
  // Application.ReadWrite.All would do for all but Microsoft Graph's own permissions, which are the dangerous ones.
  needs: [MICROSOFT_GRAPH("AppRoleAssignment.ReadWrite.All")],

  propose: (scope) => [
    ...scope.principals.flatMap(({ principal, appRoles }) =>
      appRoles.map((it) =>
        propose(it, principal.kind === "user" ? "user" : "service-principal", principal.displayName, [
          it.planted ? "It was granted during the attack." : "The suspect can use it as long as it holds it.",
        ]),
      ),
    ),
    ...scope.planted.flatMap(({ detail, onName, evidence, by, present }) =>
      detail.kind === "app-role" && present !== false
        ? [
            propose(detail.assignment, "service-principal", onName ?? detail.assignment.principalId, [
              plantedBecause({ by, evidence }),
            ]),
          ]
        : [],
    ),
  ],

  alone: ({ principalId }) => principalId,
  async apply({ azure }, target) {
    const path = `${collection(target)}/${encodeURIComponent(target.assignmentId)}`;
    return outcomeOfRemoval(await azure.graph.delete(path), azure.now());
  },
  // The role given again under another id is the same power.
  verify: async ({ azure }, target, { resourceId, appRoleId }) =>
    confirmation(await list(azure, target), azure.now(), {
      holds: (it) =>
        it.every(
          (one) =>
            one.id !== target.assignmentId && !(one.resourceId === resourceId && one.appRoleId === appRoleId),
        ),
      otherwise: "still assigned",
      absentHolds: true,
    }),
  undoing: {
    kind: "can",
    // The assignment gets a new id: nothing refers to the old one.
    async undo({ azure }, target, { resourceId, appRoleId }) {
      const present = await list(azure, target);
      if (present.kind === "failed") return failed(present.failure, azure.now());
      if (present.value.some((it) => it.resourceId === resourceId && it.appRoleId === appRoleId)) {
        return alreadySo(present.requestId, azure.now());
      }
      const body = { principalId: target.principalId, resourceId, appRoleId };
      return outcomeOfChange(await azure.graph.post(collection(target), body, z.unknown()), azure.now());
    },
    verifyUndone: async ({ azure }, target, { resourceId, appRoleId }) =>
      confirmation(await list(azure, target), azure.now(), {
        holds: (it) => it.some((one) => one.resourceId === resourceId && one.appRoleId === appRoleId),
        otherwise: "not assigned",
        absentHolds: false,
      }),
  },
});

function propose(
  it: AppRoleAssignment,
  principalKind: Target["principalKind"],
  principalName: string,
  because: readonly string[],
): Proposal<Target, z.infer<typeof Before>> {
  const role = it.value ?? it.appRoleId;
  const resource = it.resourceDisplayName ?? it.resourceId;
  return {
    target: { principalId: it.principalId, principalKind, assignmentId: it.id },
    before: { resourceId: it.resourceId, appRoleId: it.appRoleId, value: it.value },
    title: `Remove ${role} on ${resource} from ${principalName}`,
    because,
    cost: [`${principalName} can no longer use ${role} of ${resource}.`],
    touches: [it.principalId],
  };
}
