import { z } from "zod";
import type { Subject } from "../case/subject.ts";
import type { DirectoryReader } from "../scope/directory-reader.ts";
import { guidOf } from "../scope/identifiers.ts";

const Enabled = z.object({ id: z.string(), accountEnabled: z.boolean().nullish() });

/**
 * Whether those that the alert names could sign in before anything was done to them, by lower-case object id. Read beside
 * the question who they are, because the quick cut overwrites it and restoring needs it. Who could not be read is not there.
 */
export async function enabledBefore(
  directory: DirectoryReader,
  subjects: readonly Subject[],
): Promise<ReadonlyMap<string, boolean>> {
  const paths = subjects.filter(({ role }) => role !== "bystander").flatMap(pathsOf);
  const found = await Promise.all(
    [...new Set(paths)].map((path) => directory.get(`${path}?$select=id,accountEnabled`, Enabled)),
  );
  return new Map(
    found.flatMap((read) =>
      read.kind === "ok" ? [[read.value.id.toLowerCase(), read.value.accountEnabled ?? true] as const] : [],
    ),
  );
}

function pathsOf(subject: Subject): readonly string[] {
  switch (subject.kind) {
    case "guid": {
      const id = guidOf(subject.value);
      if (id === null) return [];
      return [`/servicePrincipals/${id}`, `/servicePrincipals(appId='${id}')`, `/users/${id}`];
    }
    case "upn":
      return [`/users/${encodeURIComponent(subject.value.trim())}`];
    case "leaked-credential": {
      const id = subject.appId === null ? null : guidOf(subject.appId);
      return id === null ? [] : [`/servicePrincipals(appId='${id}')`];
    }
    case "resource":
    case "federated":
    case "service-account":
    case "vault-secret":
    case "name":
      return [];
    default:
      return subject satisfies never;
  }
}
