import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import { sideBySide } from "../azure/side-by-side.ts";
import type { RoleAssignment } from "../case/grant.ts";
import { lastSegment } from "./arm-resources.ts";
import { type Read, readOr } from "./gaps.ts";
import { byText } from "./identifiers.ts";
import { patiently } from "./patience.ts";
import type { Reading } from "./reading.ts";
import { roleAssignmentsOf } from "./resource-graph.ts";
import { readRoleDefinitions, type RoleDefinition } from "./role-definitions.ts";

export const AUTHORIZATION_API = "2022-04-01";
const ELIGIBILITY_API = "2020-10-01";
/** ARM counts reads by subscription: 250 at once, then 25 a second. */
const READS_AT_ONCE = 50;
/** Above this, only the subscriptions where Resource Graph saw a role are asked again. */
const MOST_SUBSCRIPTIONS_ASKED = 100;

export const ArmRoleAssignment = z.object({
  id: z.string(),
  properties: z.object({
    scope: z.string(),
    roleDefinitionId: z.string(),
    principalId: z.string(),
    principalType: z.string().nullish(),
    condition: z.string().nullish(),
    conditionVersion: z.string().nullish(),
    description: z.string().nullish(),
    delegatedManagedIdentityResourceId: z.string().nullish(),
    createdOn: z.string().nullish(),
    createdBy: z.string().nullish(),
    endDateTime: z.string().nullish(),
  }),
});
export type ArmRoleAssignment = z.infer<typeof ArmRoleAssignment>;

/** A principal, as roles are asked for. */
export interface RoleHolder {
  readonly objectId: string;
  readonly kind: "user" | "service-principal";
  readonly groupIds: readonly string[];
}

/** The holder's assignments as Resource Graph knows them: everywhere, management groups included, but late and unproven. */
export async function discoverRoleAssignments(
  { azure, gaps }: Reading,
  principalIds: readonly string[],
): Promise<readonly ArmRoleAssignment[]> {
  if (principalIds.length === 0) return [];
  const read = await patiently(() =>
    azure.arm.resourceGraph(roleAssignmentsOf(principalIds), ArmRoleAssignment, {
      // The default leaves out what is assigned on management groups.
      scopeFilter: "AtScopeAboveAndBelow",
    }),
  );
  return readOr(gaps, "role assignments in Resource Graph", read, []);
}

/**
 * All Azure roles of a holder, in force and eligible, direct and through groups: what Resource Graph discovered, and what
 * ARM itself says, which is fresher. An assignment that ARM says is gone is left out; one ARM will not show is kept.
 */
export async function readRoleAssignments(
  reading: Reading,
  holder: RoleHolder,
  discovering: Promise<readonly ArmRoleAssignment[]>,
  subscriptionIds: readonly string[],
): Promise<readonly RoleAssignment[]> {
  // ARM is asked while Resource Graph still looks: the two answers are only compared afterwards.
  const asked =
    subscriptionIds.length <= MOST_SUBSCRIPTIONS_ASKED
      ? subscriptionIds
      : subscriptionsSeen(reading, await discovering, subscriptionIds.length);
  const [discovered, listed, eligible] = await Promise.all([
    discovering,
    sideBySide(asked, READS_AT_ONCE, (subscription) => assignedIn(reading, holder, subscription)),
    sideBySide(holder.kind === "user" ? asked : [], READS_AT_ONCE, (subscription) =>
      eligibleIn(reading, holder, subscription),
    ),
  ]);
  const byId = new Map(listed.flat().map((it) => [it.id.toLowerCase(), it]));
  const unconfirmed = discovered.filter(({ id }) => !byId.has(id.toLowerCase()));
  const instances = eligible.flat();
  const [confirmed, definitions] = await Promise.all([
    sideBySide(unconfirmed, READS_AT_ONCE, (assignment) => confirm(reading, assignment)),
    readRoleDefinitions(
      reading,
      [...byId.values(), ...unconfirmed, ...instances].map(({ properties }) => properties.roleDefinitionId),
    ),
  ]);
  for (const assignment of confirmed.flat()) byId.set(assignment.id.toLowerCase(), assignment);
  const active = [...byId.values()];
  return [
    ...active.map((it) => roleAssignment(it, "active", holder.objectId, definitions)),
    ...instances.map((it) => roleAssignment(it, "eligible", holder.objectId, definitions)),
  ].toSorted((a, b) => byText(a.id.toLowerCase(), b.id.toLowerCase()));
}

export function roleAssignment(
  { id, properties }: ArmRoleAssignment,
  assignment: RoleAssignment["assignment"],
  holderId: string,
  definitions: ReadonlyMap<string, RoleDefinition>,
): RoleAssignment {
  const definition = definitions.get(lastSegment(properties.roleDefinitionId).toLowerCase());
  return {
    id,
    assignment,
    scope: properties.scope,
    roleDefinitionId: properties.roleDefinitionId,
    roleName: definition?.name ?? null,
    permissions: definition?.permissions ?? null,
    principalId: properties.principalId,
    principalType: properties.principalType ?? null,
    condition: properties.condition ?? null,
    conditionVersion: properties.conditionVersion ?? null,
    ...(assignment === "eligible" ? { endDateTime: properties.endDateTime ?? null } : {}),
    description: properties.description ?? null,
    delegatedManagedIdentityResourceId: properties.delegatedManagedIdentityResourceId ?? null,
    createdOn: properties.createdOn ?? null,
    createdBy: properties.createdBy ?? null,
    throughGroupId:
      properties.principalId.toLowerCase() === holderId.toLowerCase() ? null : properties.principalId,
    planted: false,
  };
}

/** Gone is left out; what ARM will not show is kept as Resource Graph has it, and named. */
async function confirm(
  { azure, gaps }: Reading,
  assignment: ArmRoleAssignment,
): Promise<readonly ArmRoleAssignment[]> {
  const read = await patiently(() => azure.arm.get(assignment.id, AUTHORIZATION_API, ArmRoleAssignment));
  if (read.kind === "ok") return [read.value];
  if (read.failure.code === "NOT_FOUND") return [];
  gaps.failed(`role assignment ${assignment.id}, known from Resource Graph only`, read.failure);
  return [assignment];
}

function subscriptionsSeen(
  { gaps }: Reading,
  discovered: readonly ArmRoleAssignment[],
  all: number,
): readonly string[] {
  gaps.note(
    "role assignments",
    "RESOURCE_GRAPH_ONLY",
    `${all} subscriptions: only those where Resource Graph saw a role were asked again, so roles given in the last minutes elsewhere may be missing`,
  );
  const seen = discovered.flatMap(
    ({ id }) => /^\/subscriptions\/([^/]+)/i.exec(id)?.[1]?.toLowerCase() ?? [],
  );
  return [...new Set(seen)].toSorted(byText);
}

async function assignedIn(
  { azure, gaps }: Reading,
  holder: RoleHolder,
  subscriptionId: string,
): Promise<readonly ArmRoleAssignment[]> {
  // assignedTo() is transitive over groups, and answers from management groups down to single secrets.
  const read = await patiently(() =>
    azure.arm.list(
      `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleAssignments?$filter=assignedTo('${holder.objectId}')`,
      AUTHORIZATION_API,
      ArmRoleAssignment,
    ),
  );
  return readOr(gaps, `role assignments in subscription ${subscriptionId}`, read, []);
}

/** Only people can be eligible: applications and identities cannot activate a role, not even one of their group's. */
async function eligibleIn(
  { azure, gaps }: Reading,
  { objectId }: RoleHolder,
  subscriptionId: string,
): Promise<readonly ArmRoleAssignment[]> {
  const read = await eligibleRolesIn(azure, objectId, subscriptionId);
  return readOr(gaps, `eligible roles in subscription ${subscriptionId}`, read, []);
}

/** What somebody may activate in one subscription and above it. */
export function eligibleRolesIn(
  azure: Azure,
  objectId: string,
  subscriptionId: string,
): Promise<Read<readonly ArmRoleAssignment[]>> {
  return patiently(() =>
    azure.arm.list(
      `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleEligibilityScheduleInstances?$filter=assignedTo('${objectId}')`,
      ELIGIBILITY_API,
      ArmRoleAssignment,
    ),
  );
}
