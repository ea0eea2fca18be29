import type { Principal } from "../case/principal.ts";
import type { AppRoleAssignment, DelegatedGrant, DirectoryRole, GroupMembership } from "../case/grant.ts";
import type { SignInState } from "../case/scope.ts";
import { readAppRoles } from "./app-roles.ts";
import type { ArmResource } from "./arm-resources.ts";
import { readAttachments } from "./attachments.ts";
import { type Credentials, credentialsOf } from "./credentials.ts";
import { readDirectoryObjects, signInState } from "./directory-object.ts";
import { readDirectoryRoles, readDirectoryRolesOfGroups } from "./directory-roles.ts";
import { type RawFederated, readFederated } from "./federated.ts";
import { readGrants } from "./grants.ts";
import { readGroups } from "./groups.ts";
import { type Owners, readOwners } from "./owners.ts";
import type { Reading } from "./reading.ts";

/** A principal as the directory, and the resources it is fastened to, show it. */
export interface PrincipalReading extends Credentials, Owners {
  /** With its application object, where resolving had not come to it. */
  readonly principal: Principal;
  readonly signIn: SignInState;
  readonly federated: readonly RawFederated[];
  readonly groups: readonly GroupMembership[];
  readonly appRoles: readonly AppRoleAssignment[];
  readonly appRolesOnIt: readonly AppRoleAssignment[];
  readonly delegatedGrants: readonly DelegatedGrant[];
  readonly directoryRoles: readonly DirectoryRole[];
  readonly fastened: readonly ArmResource[];
}

/** Parts of a principal that others wait for: its groups decide which roles are asked about. */
export interface PrincipalParts {
  readonly groups: Promise<readonly GroupMembership[]>;
  readonly whole: Promise<PrincipalReading>;
}

/** Reads everything the directory says of a principal, side by side: two round trips, and a third for names of roles. */
export function readPrincipal(reading: Reading, principal: Principal): PrincipalParts {
  const groups = readGroups(reading, principal);
  return { groups, whole: readWhole(reading, principal, groups) };
}

async function readWhole(
  reading: Reading,
  given: Principal,
  groupsRead: Promise<readonly GroupMembership[]>,
): Promise<PrincipalReading> {
  const objects = readDirectoryObjects(reading, given);
  // Owners and federated credentials hang on the application object, which may only be known from this very read.
  const known =
    given.applicationObjectId !== null || given.kind !== "application"
      ? Promise.resolve(given)
      : objects.then(({ application }): Principal =>
          application === null ? given : { ...given, home: "here", applicationObjectId: application.id },
        );
  const [
    read,
    principal,
    owned,
    federated,
    groups,
    appRoles,
    delegatedGrants,
    ownRoles,
    groupRoles,
    fastened,
  ] = await Promise.all([
    objects,
    known,
    known.then((it) => readOwners(reading, it)),
    known.then((it) => readFederated(reading.azure, reading.directory, reading.gaps, it)),
    groupsRead,
    readAppRoles(reading, given),
    readGrants(reading, given),
    given.objectId === null ? [] : readDirectoryRoles(reading, given.objectId),
    groupsRead.then((found) => readDirectoryRolesOfGroups(reading, found)),
    readAttachments(reading, given),
  ]);
  return {
    principal,
    signIn: signInState(read),
    ...credentialsOf(read),
    ...owned,
    ...appRoles,
    federated,
    groups,
    delegatedGrants,
    directoryRoles: [...ownRoles, ...groupRoles],
    fastened,
  };
}
