import { z } from "zod";
import { type ClusterRotation, rotateOnce, verifyRotated } from "./cluster-rotation.ts";
import { lockInTheWay } from "./hindrances.ts";
import { sinceTaken, SinceTaken } from "./logged-action.ts";
import { AZURE } from "./needs.ts";
import { cannotBeUndone, defineStep } from "./step.ts";
import { takenCertificates } from "./taken.ts";

const ROTATE = "Microsoft.ContainerService/managedClusters/rotateClusterCertificates/action";
const rotation = (clusterId: string): ClusterRotation => ({
  clusterId,
  verb: "rotateClusterCertificates",
  turn: 1,
});

/**
 * Gives a cluster a new certificate authority: the only end of a stolen administrator kubeconfig before its own, two years
 * on. AKS recreates every node for it.
 */
export const rotateClusterCertificates = defineStep({
  kind: "rotate-cluster-certificates",
  wave: "workloads",
  target: z.object({ clusterId: z.string().startsWith("/") }),
  before: SinceTaken,
  needs: [
    AZURE("Microsoft.ContainerService/managedClusters/read"),
    AZURE(ROTATE),
    AZURE("Microsoft.Insights/eventtypes/values/Read"),
  ],
  undoing: cannotBeUndone("The old certificates are dead; everybody fetches a new kubeconfig."),
  alwaysAsks:
    "It takes the cluster down for up to 30 minutes, and what is on its nodes, evidence included, is lost.",

  propose: (scope) =>
    takenCertificates(scope).map((taken) => {
      const hindered = lockInTheWay(
        scope.obstacles,
        taken.resourceId,
        "write",
        `rotate the certificates of ${taken.name}`,
      );
      return {
        target: { clusterId: taken.resourceId },
        before: sinceTaken(taken),
        title: `Rotate the certificates of the cluster ${taken.name}`,
        because: [
          ...taken.because,
          "A kubeconfig fetched then works for two years, whatever becomes of the principal.",
        ],
        cost: [
          `${taken.name} is down for up to 30 minutes; all its nodes are recreated, and their disks are lost: secure evidence first.`,
          `Everybody's kubeconfig of ${taken.name} has to be fetched again.`,
        ],
        touches: taken.touches,
        tags: taken.tags,
        rank: 2,
        ...(hindered === null ? {} : { hindered }),
      };
    }),

  alone: ({ clusterId }) => clusterId.toLowerCase(),
  apply: ({ azure }, { clusterId }, before) => rotateOnce(azure, rotation(clusterId), before),
  verify: ({ azure }, { clusterId }, before) => verifyRotated(azure, rotation(clusterId), before),
});
