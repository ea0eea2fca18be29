import { z } from "zod";
import { AUDIT_OPERATIONS } from "../../logs/rows/audit.ts";
import { user as userOf } from "../../state/directory.ts";
import type { User } from "../../state/directory.ts";
import type { AuditTarget } from "../audit-events.ts";
import { modified } from "../audit-events.ts";
import { bodyOf, contextOf, noContent, parameter } from "../call.ts";
import type { GraphAnswer, GraphCall, Route } from "../call.ts";
import { group, user } from "../expandable.ts";
import { insufficientPrivileges } from "../errors.ts";
import { collection, countOf, single } from "../odata/collection.ts";
import { NEEDS, holdsRole, require } from "../permissions.ts";
import { readGroup, readUser, writableUser } from "../resolve.ts";
import { heldDirectoryRoles } from "../../state/directory.ts";

const Settings = z.strictObject({
  "@odata.type": z.string().optional(),
  accountEnabled: z.boolean().optional(),
  displayName: z.string().min(1).optional(),
  givenName: z.string().nullable().optional(),
  surname: z.string().nullable().optional(),
  jobTitle: z.string().nullable().optional(),
  mail: z.string().nullable().optional(),
});

function targetOf(found: User, modifiedProperties: AuditTarget["modifiedProperties"]): AuditTarget {
  return {
    id: found.id,
    displayName: found.displayName,
    type: "User",
    userPrincipalName: found.userPrincipalName,
    modifiedProperties,
  };
}

/** Who holds directory roles can be touched only by a caller who holds a high one: a permission alone does not do (microsoft-graph-docs#13816). */
function protectAdministrators(call: GraphCall, target: User): void {
  const held = heldDirectoryRoles(call.directory, target.id, call.asOf);
  if (held.length === 0) return;
  const privileged = held.some((id) => call.directory.roleDefinitions.get(id)?.isPrivileged === true);
  const enough = ["Global Administrator", "Privileged Authentication Administrator"];
  if (!holdsRole(call, privileged ? enough : [...enough, "User Administrator"]))
    throw insufficientPrivileges();
}

function update(call: GraphCall): GraphAnswer {
  const before = writableUser(call, parameter(call, "id"));
  const settings = bodyOf(call, Settings);
  const names = Object.keys(settings).filter((name) => !name.startsWith("@"));
  const onlyEnabling = names.every((name) => name === "accountEnabled");
  require(call, onlyEnabling ? NEEDS.enableUser : NEEDS.writeUser);
  if (settings.accountEnabled !== undefined) protectAdministrators(call, before);
  const after: User = {
    ...before,
    accountEnabled: settings.accountEnabled ?? before.accountEnabled,
    displayName: settings.displayName ?? before.displayName,
    givenName: settings.givenName === undefined ? before.givenName : settings.givenName,
    surname: settings.surname === undefined ? before.surname : settings.surname,
    jobTitle: settings.jobTitle === undefined ? before.jobTitle : settings.jobTitle,
    mail: settings.mail === undefined ? before.mail : settings.mail,
  };
  call.directory.users.put(after, call.now);
  if (before.accountEnabled !== after.accountEnabled) {
    call.audits.push({
      operationName: after.accountEnabled ? AUDIT_OPERATIONS.enableUser : AUDIT_OPERATIONS.disableUser,
      category: "UserManagement",
      targets: [
        targetOf(after, [modified("AccountEnabled", [before.accountEnabled], [after.accountEnabled])]),
      ],
    });
  }
  if (names.length > 0) {
    call.audits.push({
      operationName: AUDIT_OPERATIONS.updateUser,
      category: "UserManagement",
      targets: [
        targetOf(
          after,
          names.map((name) =>
            modified(
              `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
              [Object.getOwnPropertyDescriptor(before, name)?.value],
              [Object.getOwnPropertyDescriptor(after, name)?.value],
            ),
          ),
        ),
      ],
    });
  }
  return noContent();
}

function remove(call: GraphCall): GraphAnswer {
  const found = writableUser(call, parameter(call, "id"));
  require(call, NEEDS.deleteUser);
  protectAdministrators(call, found);
  const deletedDateTime = new Date(call.now).toISOString().replace(/\.\d+Z$/, "Z");
  call.directory.users.remove(found.id, call.now);
  call.directory.deletedItems.put(
    { id: found.id, deletedDateTime, object: { kind: "user", value: { ...found, deletedDateTime } } },
    call.now,
  );
  call.audits.push({
    operationName: AUDIT_OPERATIONS.deleteUser,
    category: "UserManagement",
    operationType: "Delete",
    targets: [targetOf(found, [])],
  });
  return noContent();
}

function revokeSessions(call: GraphCall): GraphAnswer {
  const found = writableUser(call, parameter(call, "id"));
  const isSelf = call.caller.objectId === found.id;
  if (!isSelf) require(call, NEEDS.revokeSessions);
  // A guest's sessions are the home tenant's: the call succeeds and ends none of them.
  if (found.userType !== "Guest") {
    const now = new Date(call.now).toISOString();
    call.directory.users.put({ ...found, signInSessionsValidFromDateTime: now }, call.now);
    call.audits.push({
      operationName: AUDIT_OPERATIONS.revokeSessions,
      category: "UserManagement",
      targets: [
        targetOf(found, [
          modified("StsRefreshTokensValidFrom", [found.signInSessionsValidFromDateTime], [now]),
        ]),
      ],
    });
  }
  return { status: 200, body: { "@odata.context": contextOf(call, "Edm.Boolean"), value: true } };
}

export const peopleRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/users",
    units: 2,
    handle: (call) => {
      require(call, NEEDS.readUsers);
      const find = (key: string) => userOf(call.directory, key, call.asOf);
      return collection(call, user, {
        context: "users",
        items: call.directory.users.all(call.asOf),
        idOf: ({ id }) => id,
        quick: { id: find, userPrincipalName: find },
      });
    },
  },
  {
    method: "GET",
    path: "/users/$count",
    units: 2,
    handle: (call) => {
      require(call, NEEDS.readUsers);
      return countOf(call, user, call.directory.users.all(call.asOf));
    },
  },
  {
    method: "GET",
    path: "/users/{id}",
    handle: (call) => {
      const isSelf =
        parameter(call, "id") === call.caller.objectId && call.caller.scopes.includes("User.Read");
      if (!isSelf) require(call, NEEDS.readUsers);
      return single(call, user, readUser(call, parameter(call, "id")), "users");
    },
  },
  { method: "PATCH", path: "/users/{id}", handle: update },
  { method: "DELETE", path: "/users/{id}", handle: remove },
  { method: "POST", path: "/users/{id}/revokeSignInSessions", handle: revokeSessions },
  {
    method: "GET",
    path: "/groups",
    units: 2,
    handle: (call) => {
      require(call, NEEDS.readGroups);
      return collection(call, group, {
        context: "groups",
        items: call.directory.groups.all(call.asOf),
        idOf: ({ id }) => id,
        quick: { id: (id) => call.directory.groups.get(id, call.asOf) },
      });
    },
  },
  {
    method: "GET",
    path: "/groups/$count",
    units: 2,
    handle: (call) => {
      require(call, NEEDS.readGroups);
      return countOf(call, group, call.directory.groups.all(call.asOf));
    },
  },
  {
    method: "GET",
    path: "/groups/{id}",
    handle: (call) => {
      require(call, NEEDS.readGroups);
      return single(call, group, readGroup(call, parameter(call, "id")), "groups");
    },
  },
  {
    method: "GET",
    path: "/organization",
    handle: (call) => {
      require(call, NEEDS.readOrganization);
      const { tenant } = call;
      return {
        status: 200,
        body: {
          "@odata.context": contextOf(call, "organization"),
          value: [
            {
              id: tenant.id,
              deletedDateTime: null,
              displayName: tenant.displayName,
              tenantType: "AAD",
              verifiedDomains: [
                {
                  capabilities: "Email, OfficeCommunicationsOnline",
                  isDefault: true,
                  isInitial: true,
                  name: tenant.domain,
                  type: "Managed",
                },
              ],
            },
          ],
        },
      };
    },
  },
];
