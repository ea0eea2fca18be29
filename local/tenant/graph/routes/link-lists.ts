import { z } from "zod";
import type { AuditTarget } from "../audit-events.ts";
import { bodyOf, contextOf } from "../call.ts";
import type { GraphAnswer, GraphCall, Route } from "../call.ts";
import { directoryObject, objectById } from "../directory-objects.ts";
import type { DirectoryObject } from "../directory-objects.ts";
import { badRequest, notFound, unsupportedQuery } from "../errors.ts";
import { collection, countOf } from "../odata/collection.ts";

function list(call: GraphCall, items: readonly DirectoryObject[]): GraphAnswer {
  return collection(call, directoryObject, {
    context: "directoryObjects",
    items,
    idOf: ({ value }) => value.id,
  });
}

const CASTS = ["application", "servicePrincipal", "user", "group", "directoryRole"] as const;

/** A list of linked objects, its `$count`, and the list narrowed to one type by a cast. */
export function listRoutes(
  path: string,
  units: number,
  items: (call: GraphCall) => DirectoryObject[],
): Route[] {
  return [
    { method: "GET", path, units, handle: (call) => list(call, items(call)) },
    {
      method: "GET",
      path: `${path}/$ref`,
      units,
      handle: (call) => ({
        status: 200,
        body: {
          "@odata.context": contextOf(call, "Collection($ref)"),
          value: items(call).map(({ kind, value }) => ({
            "@odata.id": `https://${call.request.host}/v2/${call.tenant.id}/directoryObjects/${value.id}/Microsoft.DirectoryServices.${kind.charAt(0).toUpperCase()}${kind.slice(1)}`,
          })),
        },
      }),
    },
    {
      method: "GET",
      path: `${path}/$count`,
      units,
      handle: (call) => countOf(call, directoryObject, items(call)),
    },
    ...CASTS.map((kind): Route => ({
      method: "GET",
      path: `${path}/microsoft.graph.${kind}`,
      units,
      handle: (call) => {
        const found = items(call).filter((item) => item.kind === kind);
        // A cast is an advanced query.
        if (!call.query.eventual || !call.query.count) throw unsupportedQuery("Unsupported Query.");
        return list(call, found);
      },
    })),
  ];
}

const Reference = z.strictObject({
  "@odata.id": z.string(),
  "@odata.type": z.string().optional(),
});

/** What the body refers to, if it exists. */
export function referenced(call: GraphCall): DirectoryObject {
  const { "@odata.id": address } = bodyOf(call, Reference);
  const id = /\/([0-9a-f-]{36})\/?$/i.exec(address)?.[1];
  // guess: the text.
  if (id === undefined)
    throw badRequest(`Invalid URL format specified in @odata.id for reference: '${address}'.`);
  const found = objectById(call, id, call.asOf);
  if (found === undefined) throw notFound(id.toLowerCase());
  return found;
}

/** A linked object as the audit log names it. */
export function targetOf(
  object: DirectoryObject,
  modifiedProperties: AuditTarget["modifiedProperties"] = [],
): AuditTarget {
  const types = {
    application: "Application",
    servicePrincipal: "ServicePrincipal",
    user: "User",
    group: "Group",
    directoryRole: "Role",
  } as const;
  return {
    id: object.value.id,
    displayName: object.value.displayName,
    type: types[object.kind],
    ...(object.kind === "user" ? { userPrincipalName: object.value.userPrincipalName } : {}),
    modifiedProperties,
  };
}
