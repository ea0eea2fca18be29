import { z } from "zod";
import { principalKey } from "../case/principal.ts";
import type { Ownership } from "../case/grant.ts";
import type { Scope } from "../case/scope.ts";
import { type Link, linkCut } from "./link-removal.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { defineStep, type Proposal } from "./step.ts";
import { plantedBecause } from "./hindrances.ts";

const COLLECTIONS = { application: "applications", "service-principal": "servicePrincipals" } as const;
const Target = z.object({
  objectKind: z.enum(["application", "service-principal"]),
  objectId: z.guid(),
  ownerId: z.guid(),
});
type Target = z.infer<typeof Target>;
const Before = z.object({ ownerName: z.string().nullable() });

const linkOf = ({ objectKind, objectId, ownerId }: Target): Link => ({
  list: `/${COLLECTIONS[objectKind]}/${objectId}/owners`,
  query: "$select=id",
  id: ownerId,
});

/**
 * Takes an owner away: an owner may add credentials, re-enable and reactivate. Managed identities have no owners.
 * Of a suspect all owners go; of others only those the suspect planted, or is itself.
 */
export const removeOwner = defineStep({
  kind: "remove-owner",
  wave: "owners",
  target: Target,
  before: Before,
  needs: [MICROSOFT_GRAPH("Application.ReadWrite.All")],

  propose: (scope) => [
    ...scope.principals.flatMap(({ principal, owners: held }) =>
      held.flatMap((it) =>
        propose(
          it,
          { id: it.objectId, name: it.displayName },
          principal.displayName,
          [principalKey(principal)],
          reason(it),
        ),
      ),
    ),
    ...scope.principals.flatMap(({ principal, ownedObjects }) =>
      ownedObjects.flatMap((it) =>
        principal.objectId === null
          ? []
          : propose(
              it,
              { id: principal.objectId, name: principal.displayName },
              it.displayName ?? it.of.objectId,
              [it.of.objectId],
              [`${principal.displayName} owns it and could add credentials to it.`],
            ),
      ),
    ),
    ...plantedOwners(scope),
  ],

  alone: ({ objectId }) => objectId,
  ...linkCut(linkOf, "an owner"),
});

function propose(
  { of }: Ownership,
  owner: { readonly id: string; readonly name: string | null },
  objectName: string,
  touches: readonly string[],
  because: readonly string[],
): readonly Proposal<Target, z.infer<typeof Before>>[] {
  if (of.kind !== "application" && of.kind !== "service-principal") return [];
  const name = owner.name ?? owner.id;
  return [
    {
      target: { objectKind: of.kind, objectId: of.objectId, ownerId: owner.id },
      before: { ownerName: owner.name },
      title: `Remove the owner ${name} from the ${of.kind.replace("-", " ")} ${objectName}`,
      because,
      cost: [`${name} can no longer manage ${objectName}; a restore makes them owner again.`],
      // The owner too: what is taken from a protected account is done to it.
      touches: [...new Set([...touches, of.objectId, owner.id])],
    },
  ];
}

function reason({ planted }: Ownership): readonly string[] {
  return [
    ...(planted ? ["It was made an owner during the attack."] : []),
    "An owner can add credentials and undo the containment.",
  ];
}

function plantedOwners(scope: Scope) {
  return scope.planted.flatMap(({ detail, onName, evidence, by, present }) =>
    detail.kind === "owner" && present !== false
      ? propose(
          detail.ownership,
          { id: detail.ownership.objectId, name: detail.ownership.displayName },
          onName ?? detail.ownership.of.objectId,
          [],
          [plantedBecause({ by, evidence })],
        )
      : [],
  );
}
