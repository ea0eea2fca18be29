import { z } from "zod";
import type { Principal } from "../../case/principal.ts";
import type { DirectoryReader } from "../directory-reader.ts";
import {
  APPLICATION_FIELDS,
  GraphApplication,
  GraphServicePrincipal,
  GraphUser,
  SERVICE_PRINCIPAL_FIELDS,
  USER_FIELDS,
} from "../directory-objects.ts";
import type { AzureFailure } from "../../azure/failure.ts";
import type { Read } from "../gaps.ts";
import { odataText } from "../identifiers.ts";
import { applicationAs, servicePrincipalAs, userAs } from "./principals.ts";

/** How an id belongs to what it found: alerts mix these up, so it is said which it was. */
export type IdKind = "object id" | "app id" | "application object id" | "user id" | "user principal name";

export type Match =
  | { readonly kind: "principal"; readonly principal: Principal; readonly as: IdKind }
  | {
      readonly kind: "unsupported";
      readonly type: string;
      readonly objectId: string;
      readonly as: IdKind;
    };

export interface Lookup {
  readonly matches: readonly Match[];
  /** Reads that failed with anything but "not found": with one of them, no match is not a no. */
  readonly failures: readonly AzureFailure[];
}

/** Looks ids up in the directory, each as everything it may be, side by side. */
export interface DirectoryIndex {
  /** As service principal, application and user; by object id and by app id. One round trip deep. */
  guid(id: string): Promise<Lookup>;
  userPrincipalName(name: string): Promise<Lookup>;
  /** Display names are not unique, and attackers choose theirs. */
  named(name: string): Promise<Lookup>;
}

const Organisation = z.object({ id: z.string() });

export function directoryIndex(directory: DirectoryReader): DirectoryIndex {
  // Asked once, in the same batch as the first id: whose tenant this is decides what is foreign.
  let tenant: Promise<string | null> | undefined;
  const tenantId = () =>
    (tenant ??= directory
      .list("/organization?$select=id", Organisation)
      .then((read) => (read.kind === "ok" ? (read.value[0]?.id ?? null) : null)));

  const servicePrincipal = (path: string) =>
    directory.get(`${path}?$select=${SERVICE_PRINCIPAL_FIELDS}`, GraphServicePrincipal);
  const application = (path: string) =>
    directory.get(`${path}?$select=${APPLICATION_FIELDS}`, GraphApplication);
  const user = (path: string) => directory.get(`${path}?$select=${USER_FIELDS}`, GraphUser);

  return {
    async guid(id) {
      const [home, byObjectId, byAppId, appByObjectId, appByAppId, asUser] = await Promise.all([
        tenantId(),
        servicePrincipal(`/servicePrincipals/${id}`),
        servicePrincipal(`/servicePrincipals(appId='${id}')`),
        application(`/applications/${id}`),
        application(`/applications(appId='${id}')`),
        user(`/users/${id}`),
      ]);
      const failures = failuresOf([byObjectId, byAppId, appByObjectId, appByAppId, asUser]);
      const matches: Match[] = [];
      const own = valueOf(appByAppId);
      const found = valueOf(byAppId);
      if (found !== null) matches.push(matchOf(found, own, home, "app id"));
      else if (own !== null) {
        matches.push({ kind: "principal", principal: applicationAs(own, home), as: "app id" });
      }
      const direct = valueOf(byObjectId);
      if (direct !== null) matches.push(matchOf(direct, null, home, "object id"));
      const object = valueOf(appByObjectId);
      if (object !== null) {
        matches.push({
          kind: "principal",
          principal: applicationAs(object, home),
          as: "application object id",
        });
      }
      const person = valueOf(asUser);
      if (person !== null)
        matches.push({ kind: "principal", principal: userAs(person, home), as: "user id" });
      return { matches, failures };
    },

    async userPrincipalName(name) {
      const [home, read] = await Promise.all([tenantId(), user(`/users/${encodeURIComponent(name)}`)]);
      const person = valueOf(read);
      return {
        matches:
          person === null
            ? []
            : [{ kind: "principal", principal: userAs(person, home), as: "user principal name" }],
        failures: failuresOf([read]),
      };
    },

    async named(name) {
      const filter = `$filter=displayName eq ${odataText(name)}`;
      const [home, found, people] = await Promise.all([
        tenantId(),
        directory.list(
          `/servicePrincipals?${filter}&$select=${SERVICE_PRINCIPAL_FIELDS}`,
          GraphServicePrincipal,
        ),
        directory.list(`/users?${filter}&$select=${USER_FIELDS}`, GraphUser),
      ]);
      return {
        matches: [
          ...(found.kind === "ok" ? found.value : []).map((it) => matchOf(it, null, home, "object id")),
          ...(people.kind === "ok" ? people.value : []).map((it): Match => ({
            kind: "principal",
            principal: userAs(it, home),
            as: "user id",
          })),
        ],
        failures: failuresOf([found, people]),
      };
    },
  };
}

/**
 * Adds to each principal what only another read gives: an application's service principal, a service principal's
 * application. One more round trip, and none where nothing is missing.
 */
export async function withLinkedObjects(
  directory: DirectoryReader,
  principals: readonly Principal[],
): Promise<{ readonly principals: readonly Principal[]; readonly failures: readonly AzureFailure[] }> {
  const failures: AzureFailure[] = [];
  const linked = await Promise.all(
    principals.map(async (principal): Promise<Principal> => {
      const { kind, appId } = principal;
      if (kind !== "application" || appId === null) return principal;
      if (principal.objectId === null) {
        const read = await directory.get(
          `/servicePrincipals(appId='${appId}')?$select=${SERVICE_PRINCIPAL_FIELDS}`,
          GraphServicePrincipal,
        );
        failures.push(...failuresOf([read]));
        const object = valueOf(read);
        return object === null ? principal : { ...principal, objectId: object.id };
      }
      if (principal.applicationObjectId !== null || principal.home === "microsoft") return principal;
      const read = await directory.get(
        `/applications(appId='${appId}')?$select=${APPLICATION_FIELDS}`,
        GraphApplication,
      );
      failures.push(...failuresOf([read]));
      const application = valueOf(read);
      return application === null
        ? principal
        : { ...principal, home: "here", applicationObjectId: application.id };
    }),
  );
  return { principals: linked, failures };
}

function matchOf(
  object: GraphServicePrincipal,
  application: GraphApplication | null,
  tenantId: string | null,
  as: IdKind,
): Match {
  const recognised = servicePrincipalAs(object, application, tenantId);
  return recognised.kind === "principal"
    ? { kind: "principal", principal: recognised.principal, as }
    : { kind: "unsupported", type: recognised.type, objectId: object.id, as };
}

function valueOf<T>(read: Read<T>): T | null {
  return read.kind === "ok" ? read.value : null;
}

/** "Not found" is an answer; a bad request is one too, for an id that cannot be of this kind. */
function failuresOf(reads: readonly Read<unknown>[]): readonly AzureFailure[] {
  return reads.flatMap((read) =>
    read.kind === "failed" && read.failure.code !== "NOT_FOUND" ? [read.failure] : [],
  );
}
