import { z } from "zod";
import { changeCluster, verifyCluster } from "./cluster-change.ts";
import { lockInTheWay } from "./hindrances.ts";
import { AZURE } from "./needs.ts";
import { defineStep } from "./step.ts";
import { coveredAtCluster, takenCertificates } from "./taken.ts";

const LOCKOUT = {
  reason:
    "Without Entra integration the local accounts are the only ones: disabling them locks everybody out.",
  action: "Turn Entra integration on first, or rotate the certificates and hand out the new ones",
};

/**
 * Stops new administrator kubeconfigs, which know neither Entra nor Azure roles. Those already fetched go on working until
 * the cluster's certificates are rotated. Refused on a cluster without Entra integration.
 */
export const disableClusterLocalAccounts = defineStep({
  kind: "disable-cluster-local-accounts",
  wave: "workloads",
  target: z.object({ clusterId: z.string().startsWith("/") }),
  /** Null where the scope could not show it. */
  before: z.object({ disabled: z.boolean().nullable() }),
  needs: [
    AZURE("Microsoft.ContainerService/managedClusters/read"),
    AZURE("Microsoft.ContainerService/managedClusters/write"),
  ],

  propose: (scope) =>
    takenCertificates(scope).map((taken) => {
      const settings = taken.cluster;
      const coveredBy = coveredAtCluster(scope, taken);
      const hindered =
        settings?.entraIntegration === false
          ? { ...LOCKOUT, ...(coveredBy === undefined ? {} : { coveredBy }) }
          : lockInTheWay(
              scope.obstacles,
              taken.resourceId,
              "write",
              `disable the local accounts of ${taken.name}`,
              coveredBy,
            );
      return {
        target: { clusterId: taken.resourceId },
        before: { disabled: settings?.localAccountsDisabled ?? null },
        title: `Disable the local accounts of the cluster ${taken.name}`,
        because: taken.because,
        cost: [`Whoever works on ${taken.name} with an administrator kubeconfig cannot fetch one again.`],
        touches: taken.touches,
        tags: taken.tags,
        ...(hindered === null ? {} : { hindered }),
      };
    }),

  alone: ({ clusterId }) => clusterId.toLowerCase(),
  apply: ({ azure }, { clusterId }) =>
    changeCluster(
      azure,
      clusterId,
      (it) => {
        if (it.disableLocalAccounts === true) return { kind: "as-wanted" };
        if (it.aadProfile == null) return { kind: "needs-person", ...LOCKOUT };
        return { kind: "write", properties: { disableLocalAccounts: true } };
      },
      "is-as-wanted",
    ),
  verify: ({ azure }, { clusterId }) =>
    verifyCluster(azure, clusterId, {
      holds: (it) => it.disableLocalAccounts === true,
      otherwise: "local accounts are still on",
      absentHolds: true,
    }),
  undoing: {
    kind: "can",
    undo: ({ azure }, { clusterId }, { disabled }) =>
      changeCluster(
        azure,
        clusterId,
        (it) => {
          if (disabled === null) {
            return {
              kind: "needs-person",
              reason: "Whether local accounts were on before was not read when the snapshot was taken.",
              action: `Turn the local accounts of ${clusterId} on again if somebody needs them`,
            };
          }
          if ((it.disableLocalAccounts ?? false) === disabled) return { kind: "as-wanted" };
          if (disabled) {
            return {
              kind: "needs-person",
              reason: "Local accounts were off before, and somebody has turned them on since.",
              action: `Decide whether the local accounts of ${clusterId} are to stay on`,
            };
          }
          return { kind: "write", properties: { disableLocalAccounts: false } };
        },
        "fails",
      ),
    verifyUndone: ({ azure }, { clusterId }, { disabled }) =>
      verifyCluster(azure, clusterId, {
        holds: (it) => (it.disableLocalAccounts ?? false) === disabled,
        otherwise: "local accounts are not as they were",
        absentHolds: false,
      }),
  },
});
