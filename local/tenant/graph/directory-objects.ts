import { heldDirectoryRoles, transitiveGroupIds } from "../state/directory.ts";
import type { Application, Group, ServicePrincipal, User } from "../state/directory.ts";
import { namedGuid } from "../random.ts";
import type { GraphCall } from "./call.ts";
import { application, group, servicePrincipal, user } from "./entities.ts";
import type { Entity, Json } from "./entities.ts";

/** Any object of the directory, as links lead to them. */
export type DirectoryObject =
  | { readonly kind: "application"; readonly value: Application }
  | { readonly kind: "servicePrincipal"; readonly value: ServicePrincipal }
  | { readonly kind: "user"; readonly value: User }
  | { readonly kind: "group"; readonly value: Group }
  | { readonly kind: "directoryRole"; readonly value: DirectoryRole };

/** A built-in role as the older face of the directory shows it: something one is a member of. */
interface DirectoryRole {
  readonly id: string;
  readonly displayName: string;
  readonly description: string;
  readonly roleTemplateId: string;
}

export function objectById(
  call: GraphCall,
  id: string,
  asOf: number | undefined,
): DirectoryObject | undefined {
  const { directory } = call;
  const key = id.toLowerCase();
  const foundApplication = directory.applications.get(key, asOf);
  if (foundApplication !== undefined) return { kind: "application", value: foundApplication };
  const foundPrincipal = directory.servicePrincipals.get(key, asOf);
  if (foundPrincipal !== undefined) return { kind: "servicePrincipal", value: foundPrincipal };
  const foundUser = directory.users.get(key, asOf);
  if (foundUser !== undefined) return { kind: "user", value: foundUser };
  const foundGroup = directory.groups.get(key, asOf);
  return foundGroup === undefined ? undefined : { kind: "group", value: foundGroup };
}

export function objectsById(call: GraphCall, ids: Iterable<string>): DirectoryObject[] {
  return [...ids].flatMap((id) => objectById(call, id, call.asOf) ?? []);
}

/** Always says what it is, and shows what its own type would. */
export function directoryObjectJson(call: GraphCall, object: DirectoryObject): Json {
  const type = { "@odata.type": `#microsoft.graph.${object.kind}` };
  switch (object.kind) {
    case "application":
      return { ...type, ...application.json(call, object.value) };
    case "servicePrincipal":
      return { ...type, ...servicePrincipal.json(call, object.value) };
    case "user": {
      const json = user.json(call, object.value);
      const shown =
        call.query.select === undefined ? (user.defaults ?? Object.keys(json)) : Object.keys(json);
      return { ...type, ...Object.fromEntries(shown.map((name) => [name, json[name]])) };
    }
    case "group":
      return { ...type, ...group.json(call, object.value) };
    case "directoryRole":
      return {
        ...type,
        id: object.value.id,
        deletedDateTime: null,
        description: object.value.description,
        displayName: object.value.displayName,
        roleTemplateId: object.value.roleTemplateId,
      };
    default:
      return object satisfies never;
  }
}

export const directoryObject: Entity<DirectoryObject> = {
  type: "directoryObject",
  resource: "DirectoryObject",
  mixed: true,
  json: directoryObjectJson,
  filter: { id: ["eq", "in"], displayName: ["eq", "ne", "not", "startswith"] },
  search: ["displayName"],
  orderBy: ["displayName"],
  advancedOrder: "always",
};

/** Groups and built-in roles that an object is directly a member of. */
export function memberOf(call: GraphCall, id: string): DirectoryObject[] {
  const groups = call.directory.memberships.find("member", id, call.asOf).map(({ groupId }) => groupId);
  return [
    ...objectsById(call, groups),
    ...rolesOf(
      call,
      call.directory.roleAssignments.find("principal", id, call.asOf).map((it) => it.roleDefinitionId),
    ),
  ];
}

export function transitiveMemberOf(call: GraphCall, id: string): DirectoryObject[] {
  return [
    ...objectsById(call, transitiveGroupIds(call.directory, id, call.asOf)),
    ...rolesOf(call, heldDirectoryRoles(call.directory, id, call.asOf)),
  ];
}

function rolesOf(call: GraphCall, definitionIds: readonly string[]): DirectoryObject[] {
  return [...new Set(definitionIds)].flatMap((definitionId): DirectoryObject[] => {
    const definition = call.directory.roleDefinitions.get(definitionId, call.asOf);
    if (definition?.isBuiltIn !== true) return [];
    return [
      {
        kind: "directoryRole",
        value: {
          id: namedGuid(call.tenant.id, "directoryRole", definition.templateId),
          displayName: definition.displayName,
          description: definition.description,
          roleTemplateId: definition.templateId,
        },
      },
    ];
  });
}

/** Members of a group, through groups in it too. */
export function transitiveMembers(call: GraphCall, groupId: string): DirectoryObject[] {
  const found = new Set<string>();
  let edge = [groupId];
  while (edge.length > 0) {
    const next: string[] = [];
    for (const id of edge) {
      for (const { memberId } of call.directory.memberships.find("group", id, call.asOf)) {
        if (found.has(memberId)) continue;
        found.add(memberId);
        next.push(memberId);
      }
    }
    edge = next;
  }
  return objectsById(call, found);
}
