import { z } from "zod";
import { AUDIT_OPERATIONS } from "../../logs/rows/audit.ts";
import type { DirectoryRoleSchedule } from "../../state/directory.ts";
import { roleAssignmentId } from "../../state/directory/ids.ts";
import { bodyOf, contextOf, parameter } from "../call.ts";
import type { GraphAnswer, GraphCall, Route } from "../call.ts";
import { objectById } from "../directory-objects.ts";
import { GraphFault, badRequest, missingScheduleScope, notFound, notModelled } from "../errors.ts";
import { collection, single } from "../odata/collection.ts";
import { NEEDS, require } from "../permissions.ts";
import type { Need } from "../permissions.ts";
import { schedule, scheduleInstance } from "../role-entities.ts";
import { assign, auditRoleChange, refuseLastGlobalAdministrator, unassign } from "./directory-roles.ts";

type Kind = DirectoryRoleSchedule["kind"];

const KINDS: Readonly<
  Record<Kind, { readonly name: string; readonly read: Need; readonly write: Need; readonly remove: Need }>
> = {
  eligibility: {
    name: "roleEligibilitySchedule",
    read: NEEDS.readEligibility,
    write: NEEDS.writeEligibility,
    remove: NEEDS.removeEligibility,
  },
  assignment: {
    name: "roleAssignmentSchedule",
    read: NEEDS.readAssignmentSchedules,
    write: NEEDS.writeAssignmentSchedules,
    remove: NEEDS.removeAssignmentSchedules,
  },
};

/** PIM names what would have done, in an envelope of its own (microsoft-graph-docs#22292). */
function requireSchedule(call: GraphCall, need: Need): void {
  require(call, { ...need, refusal: () => missingScheduleScope(need.anyOf) });
}

function shown(call: GraphCall, kind: Kind): DirectoryRoleSchedule[] {
  return [...call.directory.roleSchedules.all(call.asOf)].filter(
    (it) => it.kind === kind && objectById(call, it.principalId, call.asOf) !== undefined,
  );
}

const Request = z.strictObject({
  "@odata.type": z.string().optional(),
  action: z.string(),
  principalId: z.guid(),
  roleDefinitionId: z.guid(),
  directoryScopeId: z.string().default("/"),
  justification: z.string().nullable().optional(),
  isValidationOnly: z.literal(false).optional(),
  ticketInfo: z.record(z.string(), z.unknown()).nullable().optional(),
  scheduleInfo: z
    .object({
      startDateTime: z.string().nullable().optional(),
      expiration: z
        .object({
          type: z.string(),
          endDateTime: z.string().nullable().optional(),
          duration: z.string().nullable().optional(),
        })
        .optional(),
    })
    .optional(),
});
type Request = z.infer<typeof Request>;

/** guess: the status; code and text as public threads quote them. */
const assignmentMissing = () =>
  new GraphFault(404, "RoleAssignmentDoesNotExist", "The Role assignment does not exist.");
const assignmentExists = () =>
  new GraphFault(400, "RoleAssignmentExists", "The Role assignment already exists.");

function perform(call: GraphCall, kind: Kind): GraphAnswer {
  const request = bodyOf(call, Request);
  const principalId = request.principalId.toLowerCase();
  const roleDefinitionId = request.roleDefinitionId.toLowerCase();
  const { directoryScopeId } = request;
  const of = { principalId, roleDefinitionId, directoryScopeId };
  const id = `${roleAssignmentId(principalId, roleDefinitionId, directoryScopeId)}${kind === "eligibility" ? "-e" : ""}`;
  const existing = call.directory.roleSchedules.get(id);
  switch (request.action) {
    case "adminRemove": {
      requireSchedule(call, KINDS[kind].remove);
      if (existing === undefined) throw assignmentMissing();
      if (kind === "assignment") {
        refuseLastGlobalAdministrator(call, existing);
        unassign(call, id);
        auditRoleChange(call, AUDIT_OPERATIONS.removeRoleMember, of, false);
      } else {
        call.directory.roleSchedules.remove(id, call.now);
        auditRoleChange(call, AUDIT_OPERATIONS.removeEligibleRoleMember, of, false);
      }
      return answer(call, kind, request, of, "Revoked", null);
    }
    case "adminAssign": {
      requireSchedule(call, KINDS[kind].write);
      const principal = objectById(call, principalId, call.asOf);
      if (principal === undefined) throw notFound(principalId);
      if (call.directory.roleDefinitions.get(roleDefinitionId, call.asOf) === undefined)
        throw notFound(roleDefinitionId);
      if (existing !== undefined) throw assignmentExists();
      const times = timesOf(call, request);
      if (kind === "assignment") {
        assign(call, of, times);
        auditRoleChange(call, AUDIT_OPERATIONS.addRoleMember, of, true);
      } else {
        // guess: the text; who cannot activate a role cannot be eligible for one.
        if (principal.kind === "servicePrincipal" || principal.kind === "application")
          throw badRequest("Only users and groups can be eligible for a role.");
        call.directory.roleSchedules.put({ id, kind, ...of, ...times, assignmentType: "Assigned" }, call.now);
        auditRoleChange(call, AUDIT_OPERATIONS.addEligibleRoleMember, of, true);
      }
      return answer(call, kind, request, of, "Provisioned", id);
    }
    default:
      throw notModelled(`the schedule request action '${request.action}'`);
  }
}

function timesOf(call: GraphCall, { scheduleInfo }: Request) {
  const startDateTime = scheduleInfo?.startDateTime ?? new Date(call.now).toISOString();
  const expiration = scheduleInfo?.expiration;
  switch (expiration?.type) {
    case undefined:
    case "noExpiration":
      return { startDateTime, endDateTime: null };
    case "afterDateTime":
      return { startDateTime, endDateTime: expiration.endDateTime ?? null };
    case "afterDuration": {
      const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(expiration.duration ?? "");
      if (match === null) throw badRequest(`Invalid duration '${expiration.duration ?? ""}'.`);
      const [, days = "0", hours = "0", minutes = "0"] = match;
      const length = Number(days) * 86_400_000 + Number(hours) * 3_600_000 + Number(minutes) * 60_000;
      return { startDateTime, endDateTime: new Date(Date.parse(startDateTime) + length).toISOString() };
    }
    default:
      throw notModelled(`the expiration type '${expiration?.type ?? ""}'`);
  }
}

function answer(
  call: GraphCall,
  kind: Kind,
  request: Request,
  of: { readonly principalId: string; readonly roleDefinitionId: string; readonly directoryScopeId: string },
  status: "Revoked" | "Provisioned",
  targetScheduleId: string | null,
): GraphAnswer {
  const now = new Date(call.now).toISOString();
  const id = call.tenant.random.guid();
  return {
    status: 201,
    headers: {
      Location: `https://${call.request.host}/v1.0/roleManagement/directory/${KINDS[kind].name}Requests/${id}`,
    },
    body: {
      "@odata.context": contextOf(call, `roleManagement/directory/${KINDS[kind].name}Requests/$entity`),
      id,
      status,
      createdDateTime: now,
      completedDateTime: now,
      approvalId: null,
      customData: null,
      action: request.action,
      ...of,
      appScopeId: null,
      isValidationOnly: false,
      targetScheduleId,
      justification: request.justification ?? null,
      createdBy: { application: null, device: null, user: { displayName: null, id: call.caller.objectId } },
      scheduleInfo: request.scheduleInfo ?? null,
      ticketInfo: request.ticketInfo ?? { ticketNumber: null, ticketSystem: null },
    },
  };
}

const PATH = "/roleManagement/directory";

export const roleScheduleRoutes: readonly Route[] = (["eligibility", "assignment"] as const).flatMap(
  (kind): Route[] => {
    const { name, read } = KINDS[kind];
    const views = [
      [`${name}Instances`, scheduleInstance(kind)],
      [`${name}s`, schedule(kind)],
    ] as const;
    return [
      ...views.flatMap(([plural, entity]): Route[] => [
        {
          method: "GET",
          path: `${PATH}/${plural}`,
          handle: (call) => {
            requireSchedule(call, read);
            return collection(call, entity, {
              context: `roleManagement/directory/${plural}`,
              items: shown(call, kind),
              idOf: ({ id }) => id,
            });
          },
        },
        {
          method: "GET",
          path: `${PATH}/${plural}/{id}`,
          handle: (call) => {
            requireSchedule(call, read);
            const found = shown(call, kind).find(({ id }) => id === parameter(call, "id"));
            if (found === undefined) throw notFound(parameter(call, "id"));
            return single(call, entity, found, `roleManagement/directory/${plural}`);
          },
        },
      ]),
      { method: "POST", path: `${PATH}/${name}Requests`, handle: (call) => perform(call, kind) },
    ];
  },
);
