import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import { principalKey } from "../case/principal.ts";
import type { Ownership } from "../case/grant.ts";
import type { Scope } from "../case/scope.ts";
import { alreadySo, confirmation, failed, outcomeOfChange, outcomeOfRemoval } from "./answers.ts";
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
const Owner = z.object({ id: z.string() });

const owners = ({ objectKind, objectId }: Target) => `/${COLLECTIONS[objectKind]}/${objectId}/owners`;
const list = ({ graph }: Azure, target: Target) => graph.list(`${owners(target)}?$select=id`, Owner);

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
  async apply({ azure }, target) {
    return outcomeOfRemoval(
      await azure.graph.delete(`${owners(target)}/${target.ownerId}/$ref`),
      azure.now(),
    );
  },
  verify: async ({ azure }, target) =>
    confirmation(await list(azure, target), azure.now(), {
      holds: (it) => it.every(({ id }) => id !== target.ownerId),
      otherwise: "still an owner",
      absentHolds: true,
    }),
  undoing: {
    kind: "can",
    async undo({ azure }, target) {
      const present = await list(azure, target);
      if (present.kind === "failed") return failed(present.failure, azure.now());
      if (present.value.some(({ id }) => id === target.ownerId)) {
        return alreadySo(present.requestId, azure.now());
      }
      const reference = {
        "@odata.id": `https://graph.microsoft.com/v1.0/directoryObjects/${target.ownerId}`,
      };
      return outcomeOfChange(
        await azure.graph.post(`${owners(target)}/$ref`, reference, z.unknown()),
        azure.now(),
      );
    },
    verifyUndone: async ({ azure }, target) =>
      confirmation(await list(azure, target), azure.now(), {
        holds: (it) => it.some(({ id }) => id === target.ownerId),
        otherwise: "not an owner",
        absentHolds: false,
      }),
  },
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
