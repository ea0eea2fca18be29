import { z } from "zod";
import { notUnderstood } from "../../azure/failure.ts";
import { type DirectoryReader, graphPathOf } from "../directory-reader.ts";
import type { Read } from "../gaps.ts";
import type { Concern } from "./concern.ts";

/** What Graph can be asked for the changes of. Links (owners, members, app roles, federated credentials) are not in it. */
export const DELTAS = ["applications", "servicePrincipals", "users", "oauth2PermissionGrants"] as const;
export type DeltaCollection = (typeof DELTAS)[number];

const Changed = z.object({
  id: z.string(),
  appId: z.string().nullish(),
  clientId: z.string().nullish(),
  principalId: z.string().nullish(),
});
type Changed = z.infer<typeof Changed>;

const Page = z.object({
  value: z.array(Changed),
  "@odata.nextLink": z.string().nullish(),
  "@odata.deltaLink": z.string().nullish(),
});

export interface DeltaRound {
  /** Changes since the link was given out that concern the case; none from a link that was only now begun. */
  readonly concerning: readonly string[];
  /** Where the next look goes on. */
  readonly link: string;
}

/** A filter takes no more ids; beyond, changes of all people are read and those of others passed over. */
const MOST_IDS = 50;
/** Far more changes than come between two looks. Whoever meets this starts over. */
const MOST_PAGES = 200;

/** Where a collection's changes are asked for from now on. Null: nothing of the case is in it. */
export function beginningOf(collection: DeltaCollection, { objectIds, userIds }: Concern): string | null {
  if (objectIds.length === 0) return null;
  if (collection !== "users") return `/${collection}/delta?$deltatoken=latest`;
  if (userIds.length === 0) return null;
  const only =
    userIds.length > MOST_IDS ? "" : `$filter=${userIds.map((id) => `id eq '${id}'`).join(" or ")}&`;
  return `/users/delta?$select=accountEnabled&${only}$deltatoken=latest`;
}

/**
 * Reads what changed since a link was given out. The first request goes out in a batch with whatever else is asked in
 * this turn. Any failure, an expired link (400 or 410) among them, is the caller's to start over from.
 */
export async function readDelta(
  directory: DirectoryReader,
  link: string,
  concern: Concern,
): Promise<Read<DeltaRound>> {
  const concerning: string[] = [];
  let path: string | null = link;
  for (let pages = 0; pages < MOST_PAGES && path !== null; pages++) {
    const read: Read<z.infer<typeof Page>> = await directory.get(path, Page);
    if (read.kind === "failed") return read;
    concerning.push(...read.value.value.filter((it) => concerns(concern, it)).map(({ id }) => id));
    const next: string | null = read.value["@odata.nextLink"] ?? null;
    if (next === null) {
      const following = graphPathOf(read.value["@odata.deltaLink"] ?? "", "v1.0");
      if (following === null) break;
      return { kind: "ok", value: { concerning, link: following } };
    }
    path = graphPathOf(next, "v1.0");
  }
  return { kind: "failed", failure: notUnderstood(200, null) };
}

function concerns({ objectIds, appIds }: Concern, { id, appId, clientId, principalId }: Changed): boolean {
  return (
    [id, clientId, principalId].some((it) => it != null && objectIds.includes(it.toLowerCase())) ||
    (appId != null && appIds.includes(appId.toLowerCase()))
  );
}
