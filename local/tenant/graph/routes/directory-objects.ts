import { z } from "zod";
import { bodyOf, contextOf, parameter } from "../call.ts";
import type { Route } from "../call.ts";
import { directoryObject, directoryObjectJson, objectById, objectsById } from "../directory-objects.ts";
import { badRequest, notFound } from "../errors.ts";
import { itemJson } from "../odata/shape.ts";
import { NEEDS, require } from "../permissions.ts";

const GetByIds = z.strictObject({ ids: z.array(z.guid()), types: z.array(z.string()).optional() });
const MAX_IDS = 1_000;

export const directoryObjectRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/directoryObjects/getByIds",
    units: 3,
    handle: (call) => {
      require(call, NEEDS.readDirectoryObjects);
      const { ids, types } = bodyOf(call, GetByIds);
      if (ids.length > MAX_IDS) throw badRequest(`Too many ids: at most ${MAX_IDS} are allowed.`);
      const wanted = types?.map((type) => type.toLowerCase());
      // What does not exist is left out, without a word.
      const found = objectsById(call, new Set(ids)).filter(
        ({ kind }) =>
          wanted === undefined || wanted.includes("directoryobject") || wanted.includes(kind.toLowerCase()),
      );
      return {
        status: 200,
        headers: { Location: `https://${call.request.host}` },
        body: {
          "@odata.context": contextOf(call, "directoryObjects"),
          value: found.map((object) => itemJson(call, directoryObject, object)),
        },
      };
    },
  },
  {
    method: "GET",
    path: "/directoryObjects/{id}",
    handle: (call) => {
      require(call, NEEDS.readDirectoryObjects);
      const found = objectById(call, parameter(call, "id"), call.asOf);
      if (found === undefined) throw notFound(parameter(call, "id"));
      return {
        status: 200,
        body: {
          "@odata.context": contextOf(call, "directoryObjects/$entity"),
          ...directoryObjectJson(call, found),
        },
      };
    },
  },
];
