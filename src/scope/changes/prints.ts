import { createHash } from "node:crypto";
import { z } from "zod";
import { sideBySide } from "../../azure/side-by-side.ts";
import { identityFederatedCredentials } from "../federated.ts";
import type { Read } from "../gaps.ts";
import { patiently } from "../patience.ts";
import type { Reading } from "../reading.ts";
import { roleAssignmentsOf, vaultsNaming } from "../resource-graph.ts";
import { eligibleRolesIn } from "../role-assignments.ts";
import { readTenantMap } from "../tenant-map.ts";
import type { Concern, Place } from "./concern.ts";

/** What an object that is not there looks like. */
export const ABSENT = "absent";

/** How something looks: equal answers have equal prints, whatever order they came in. */
export interface Print {
  readonly key: string;
  readonly print: Read<string>;
}

const Any = z.looseObject({});
const READS_AT_ONCE = 12;
/** Eligible roles are asked of ARM subscription by subscription; in a larger tenant they are left to the full look. */
const MOST_SUBSCRIPTIONS = 10;

/** The directory's answers for these places, 20 to a request. */
export function printsOfDirectory(
  { directory }: Reading,
  places: readonly Place[],
): Promise<readonly Print[]> {
  return Promise.all(
    places.map(async ({ key, path, version, answers }): Promise<Print> => {
      const read: Read<unknown> =
        answers === "object"
          ? await directory.get(path, Any, { version })
          : await directory.list(path, Any, { version });
      return { key, print: printed(read) };
    }),
  );
}

/**
 * What only Azure's own side shows: roles and access policies by one query each (minutes late, as Resource Graph is), the
 * federated credentials of identities, and, for people, eligible roles.
 */
export async function printsOfAzure(reading: Reading, concern: Concern): Promise<readonly Print[]> {
  const { azure } = reading;
  const { holderIds, appIds, identityIds } = concern;
  const ask = async (key: string, query: string, scopeFilter?: "AtScopeAboveAndBelow"): Promise<Print> => ({
    key,
    print: printed(
      await patiently(() =>
        azure.arm.resourceGraph(query, Any, scopeFilter === undefined ? {} : { scopeFilter }),
      ),
    ),
  });
  const [shared, identities, eligible] = await Promise.all([
    holderIds.length === 0
      ? Promise.resolve([])
      : Promise.all([
          ask("role assignments", roleAssignmentsOf(holderIds), "AtScopeAboveAndBelow"),
          ask("vault access policies", vaultsNaming([...holderIds, ...appIds])),
        ]),
    sideBySide(identityIds, READS_AT_ONCE, async (id): Promise<Print> => ({
      key: `federated credentials of ${id}`,
      print: printed(await identityFederatedCredentials(azure, id)),
    })),
    eligibleRoles(reading, concern),
  ]);
  return [...shared, ...identities, ...eligible];
}

async function eligibleRoles(reading: Reading, { userIds, suspectIds }: Concern): Promise<readonly Print[]> {
  // Applications and identities cannot be eligible: they could not activate a role.
  const people = userIds.filter((id) => suspectIds.includes(id));
  if (people.length === 0) return [];
  const { subscriptionIds } = await readTenantMap(reading);
  if (subscriptionIds.length > MOST_SUBSCRIPTIONS) return [];
  const asked = people.flatMap((id) => subscriptionIds.map((subscriptionId) => ({ id, subscriptionId })));
  return sideBySide(asked, READS_AT_ONCE, async ({ id, subscriptionId }): Promise<Print> => ({
    key: `eligible roles of ${id} in ${subscriptionId}`,
    print: printed(await eligibleRolesIn(reading.azure, id, subscriptionId)),
  }));
}

/** Not being there is an answer. Anything else that went wrong is none. */
function printed(read: Read<unknown>): Read<string> {
  if (read.kind === "ok") return { kind: "ok", value: printOf(read.value) };
  return read.failure.code === "NOT_FOUND" ? { kind: "ok", value: ABSENT } : read;
}

export function printOf(value: unknown): string {
  const text = Array.isArray(value)
    ? value
        .map((it) => JSON.stringify(it))
        .toSorted()
        .join("\n")
    : JSON.stringify(value);
  return createHash("sha256")
    .update(text ?? "")
    .digest("hex")
    .slice(0, 24);
}
