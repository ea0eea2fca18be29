import type { Principal } from "../case/principal.ts";
import type { DirectoryObjectKind, Ownership } from "../case/grant.ts";
import { GraphDirectoryObject } from "./directory-objects.ts";
import { readOrAbsent } from "./gaps.ts";
import { byText } from "./identifiers.ts";
import { directoryPath, principalLabel, type Reading } from "./reading.ts";

const FIELDS = "?$select=id,displayName,appId&$top=999";

export interface Owners {
  /** Who can add credentials to it, or switch it back on. */
  readonly owners: readonly Ownership[];
  /** What it can add credentials to itself. */
  readonly ownedObjects: readonly Ownership[];
}

export async function readOwners(reading: Reading, principal: Principal): Promise<Owners> {
  const path = directoryPath(principal);
  const application = principal.applicationObjectId;
  // Managed identities cannot have owners, and nobody owns a user.
  const ownable = principal.kind === "application" || principal.kind === "legacy";
  const [ofServicePrincipal, ofApplication, owned] = await Promise.all([
    path === null || !ownable
      ? []
      : ownersAt(reading, path, {
          kind: "service-principal",
          objectId: principal.objectId ?? "",
        }),
    application === null
      ? []
      : ownersAt(reading, `/applications/${application}`, { kind: "application", objectId: application }),
    path === null ? [] : ownedBy(reading, path, principal),
  ]);
  return { owners: [...ofServicePrincipal, ...ofApplication].toSorted(byOwnership), ownedObjects: owned };
}

/** The owners of one object, whoever it belongs to. */
export async function ownersAt(
  { directory, gaps }: Reading,
  path: string,
  of: Ownership["of"],
): Promise<readonly Ownership[]> {
  const read = await directory.list(`${path}/owners${FIELDS}`, GraphDirectoryObject);
  return readOrAbsent(gaps, `owners of ${of.kind} ${of.objectId}`, read, []).map((it) => ({
    objectId: it.id,
    objectKind: objectKindOf(it["@odata.type"]),
    displayName: it.displayName ?? null,
    of,
    planted: false,
  }));
}

async function ownedBy(
  { directory, gaps }: Reading,
  path: string,
  principal: Principal,
): Promise<readonly Ownership[]> {
  const read = await directory.list(`${path}/ownedObjects${FIELDS}`, GraphDirectoryObject);
  return readOrAbsent(gaps, `objects owned by ${principalLabel(principal)}`, read, [])
    .map((it): Ownership => {
      const kind = objectKindOf(it["@odata.type"]);
      return {
        objectId: principal.objectId ?? "",
        objectKind: principal.kind === "user" ? "user" : "service-principal",
        displayName: it.displayName ?? null,
        of: { kind: kind === "user" ? "other" : kind, objectId: it.id },
        planted: false,
      };
    })
    .toSorted(byOwnership);
}

/** Graph's type names as ours; what is new to us is `other`, not left out. */
export function objectKindOf(odataType: string | null | undefined): DirectoryObjectKind {
  switch (odataType) {
    case "#microsoft.graph.application":
      return "application";
    case "#microsoft.graph.servicePrincipal":
      return "service-principal";
    case "#microsoft.graph.user":
      return "user";
    case "#microsoft.graph.group":
      return "group";
    default:
      return "other";
  }
}

function byOwnership(a: Ownership, b: Ownership): number {
  return byText(a.of.objectId, b.of.objectId) || byText(a.objectId, b.objectId);
}
