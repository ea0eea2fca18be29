import { type AuditTarget, auditRow } from "../../logs/rows/audit.ts";
import { directoryObjectKind } from "../../state/directory.ts";
import type { LogRow } from "../../state/logs.ts";
import { type Cast, CastError } from "./cast.ts";
import type { EventOf } from "./format.ts";
import type { Moment } from "./sign-ins.ts";

const TYPES = {
  application: "Application",
  servicePrincipal: "ServicePrincipal",
  user: "User",
  group: "Group",
} as const;

/** The AuditLogs row of a change to the directory. */
export function auditRowOf(event: EventOf<"audit">, cast: Cast, { at, id }: Moment): LogRow {
  const actor = cast.actor(event.who);
  return auditRow({
    at,
    id: id("audit"),
    correlationId: id("correlation"),
    tenantId: cast.tenantId,
    operationName: event.operation,
    category: event.category,
    operationType: event.kind,
    initiatedBy:
      actor.kind === "user"
        ? { kind: "user", id: actor.objectId, userPrincipalName: actor.upn ?? "", ipAddress: event.from }
        : {
            kind: "app",
            appId: actor.appId,
            servicePrincipalId: actor.objectId,
            displayName: actor.displayName,
          },
    targets: event.targets.map((target) => targetOf(target, cast)),
  });
}

function targetOf(
  { of, modified }: EventOf<"audit">["targets"][number],
  { names, state: { directory } }: Cast,
): AuditTarget {
  const dot = of.indexOf(".");
  const id = dot < 0 ? of : names.guid(of.slice(0, dot), of.slice(dot + 1));
  const kind = directoryObjectKind(directory, id);
  if (kind === undefined) throw new CastError(`there is no ${of}`);
  const object =
    directory.applications.get(id) ??
    directory.servicePrincipals.get(id) ??
    directory.users.get(id) ??
    directory.groups.get(id);
  return {
    id,
    type: TYPES[kind],
    displayName: object?.displayName,
    userPrincipalName: directory.users.get(id)?.userPrincipalName,
    modifiedProperties: modified.map(({ name, old: before, new: after }) => ({
      displayName: name,
      oldValue: before === null ? null : JSON.stringify(before),
      newValue: after === null ? null : JSON.stringify(after),
    })),
  };
}
