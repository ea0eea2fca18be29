import { z } from "zod";
import { type ClusterRotation, rotateOnce, verifyRotated } from "./cluster-rotation.ts";
import { lockInTheWay } from "./hindrances.ts";
import { sinceTaken, SinceTaken } from "./logged-action.ts";
import { AZURE } from "./needs.ts";
import { cannotBeUndone, defineStep } from "./step.ts";
import { takenCertificates } from "./taken.ts";

const ROTATE = "Microsoft.ContainerService/managedClusters/rotateServiceAccountSigningKeys/action";
const TURNS = [1, 2] as const;
const rotation = (clusterId: string, turn: number): ClusterRotation => ({
  clusterId,
  verb: "rotateServiceAccountSigningKeys",
  turn,
});

/**
 * Gives a cluster's token issuer a new signing key. The old one stays good for 24 hours; a second turn ends it at once, so
 * there are two steps, one for each turn. Deleting federated credentials is the faster cut for Azure access.
 */
export const rotateClusterSigningKeys = defineStep({
  kind: "rotate-cluster-signing-keys",
  wave: "workloads",
  target: z.object({ clusterId: z.string().startsWith("/"), turn: z.union([z.literal(1), z.literal(2)]) }),
  before: SinceTaken,
  needs: [
    AZURE("Microsoft.ContainerService/managedClusters/read"),
    AZURE(ROTATE),
    AZURE("Microsoft.Insights/eventtypes/values/Read"),
  ],
  undoing: cannotBeUndone("The old signing key is gone; pods get tokens of the new one."),

  propose: (scope) =>
    takenCertificates(scope)
      // A cluster that issues no tokens to the outside has no such key; where that is not known it is tried.
      .filter(({ cluster }) => cluster?.issuesTokens !== false)
      .flatMap((taken) => {
        const hindered = lockInTheWay(
          scope.obstacles,
          taken.resourceId,
          "write",
          `rotate the signing keys of ${taken.name} twice`,
        );
        return TURNS.map((turn) => ({
          target: { clusterId: taken.resourceId, turn },
          before: sinceTaken(taken),
          title: `Rotate the token signing key of the cluster ${taken.name} (${turn} of 2)`,
          because: [...taken.because, "Tokens of its service accounts could be taken and made."],
          cost: [`Pods of ${taken.name} that do not renew their tokens have to be restarted.`],
          touches: taken.touches,
          tags: taken.tags,
          rank: 2 + turn,
          ...(hindered === null ? {} : { hindered }),
        }));
      }),

  alone: ({ clusterId }) => clusterId.toLowerCase(),
  apply: ({ azure }, { clusterId, turn }, before) => rotateOnce(azure, rotation(clusterId, turn), before),
  verify: ({ azure }, { clusterId, turn }, before) => verifyRotated(azure, rotation(clusterId, turn), before),
});
