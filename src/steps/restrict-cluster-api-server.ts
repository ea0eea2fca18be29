import { z } from "zod";
import {
  changeCluster,
  type ClusterChange,
  type ClusterProperties,
  verifyCluster,
} from "./cluster-change.ts";
import { type Hindrance, lockInTheWay } from "./hindrances.ts";
import { AZURE } from "./needs.ts";
import { defineStep } from "./step.ts";
import { coveredAtCluster, type Taken, takenThrough } from "./taken.ts";

const Ranges = z.array(z.string());
const PRIVATE: Hindrance = {
  reason: "A private cluster knows no authorised ranges.",
  action: "Cut the network path by which the attacker reaches the private address",
};

/**
 * Lets only the policy's address ranges reach a cluster's API server. A stolen kubeconfig is then good for nothing from
 * elsewhere, within two minutes. The run command of AKS still gets past it.
 */
export const restrictClusterApiServer = defineStep({
  kind: "restrict-cluster-api-server",
  wave: "workloads",
  target: z.object({ clusterId: z.string().startsWith("/"), ranges: Ranges.min(1).max(200) }),
  /** Null where the scope could not show it. */
  before: z.object({ ranges: Ranges.nullable() }),
  needs: [
    AZURE("Microsoft.ContainerService/managedClusters/read"),
    AZURE("Microsoft.ContainerService/managedClusters/write"),
  ],

  propose: (scope, { apiServerRanges }) =>
    takenThrough(scope, "cluster", "cluster-credential").map((taken) => {
      const coveredBy = coveredAtCluster(scope, taken);
      const hindered =
        hindering(taken, apiServerRanges, coveredBy) ??
        lockInTheWay(
          scope.obstacles,
          taken.resourceId,
          "write",
          `restrict the API server of ${taken.name}`,
          coveredBy,
        );
      return {
        target: { clusterId: taken.resourceId, ranges: [...apiServerRanges].toSorted() },
        before: { ranges: taken.cluster ? [...taken.cluster.authorizedIpRanges] : null },
        title: `Let only the address ranges of the policy reach the API server of ${taken.name}`,
        because: taken.because,
        cost: [
          `Everybody else loses the API server of ${taken.name}: people, pipelines, and nodes whose outbound address is not in the list.`,
        ],
        touches: taken.touches,
        tags: taken.tags,
        rank: 1,
        ...(hindered === null ? {} : { hindered }),
      };
    }),

  alone: ({ clusterId }) => clusterId.toLowerCase(),
  apply: ({ azure }, { clusterId, ranges }) =>
    changeCluster(azure, clusterId, (it) => withRanges(it, ranges), "is-as-wanted"),
  verify: ({ azure }, { clusterId, ranges }) =>
    verifyCluster(azure, clusterId, {
      holds: (it) => same(rangesOf(it), ranges),
      otherwise: "other addresses may still reach the API server",
      absentHolds: true,
    }),
  undoing: {
    kind: "can",
    undo: ({ azure }, { clusterId, ranges: ours }, { ranges }) =>
      changeCluster(
        azure,
        clusterId,
        (it) => {
          if (ranges === null || !(same(rangesOf(it), ours) || same(rangesOf(it), ranges))) {
            return {
              kind: "needs-person",
              reason:
                ranges === null
                  ? "The ranges allowed before were not read when the snapshot was taken."
                  : "Somebody changed the ranges meanwhile.",
              action: `Set the authorised ranges of ${clusterId} to what they should be`,
            };
          }
          return withRanges(it, ranges);
        },
        "fails",
      ),
    verifyUndone: ({ azure }, { clusterId }, { ranges }) =>
      verifyCluster(azure, clusterId, {
        holds: (it) => ranges !== null && same(rangesOf(it), ranges),
        otherwise: "the authorised ranges are not as they were",
        absentHolds: false,
      }),
  },
});

function hindering(
  { cluster, name }: Taken,
  ranges: readonly string[],
  coveredBy: Hindrance["coveredBy"],
): Hindrance | null {
  const covered = coveredBy === undefined ? {} : { coveredBy };
  if (cluster?.privateCluster === true) return { ...PRIVATE, ...covered };
  if (ranges.length > 0) return null;
  return {
    ...covered,
    reason: "the policy names no ranges that must keep access (clusters.apiServerRanges)",
    action: `Restrict the API server of ${name} to your own addresses`,
  };
}

/** The list is replaced as a whole: what is sent is what may come in. */
function withRanges(it: ClusterProperties, ranges: readonly string[]): ClusterChange {
  if (it.apiServerAccessProfile?.enablePrivateCluster === true) return { kind: "needs-person", ...PRIVATE };
  if (same(rangesOf(it), ranges)) return { kind: "as-wanted" };
  return {
    kind: "write",
    properties: { apiServerAccessProfile: { ...it.apiServerAccessProfile, authorizedIPRanges: [...ranges] } },
  };
}

function rangesOf({ apiServerAccessProfile }: ClusterProperties): readonly string[] {
  return apiServerAccessProfile?.authorizedIPRanges ?? [];
}

function same(a: readonly string[], b: readonly string[]): boolean {
  const normal = (ranges: readonly string[]) =>
    // AKS adds the length to a single address.
    JSON.stringify([...new Set(ranges.map((it) => (it.includes("/") ? it : `${it}/32`)))].toSorted());
  return normal(a) === normal(b);
}
