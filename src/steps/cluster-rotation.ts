import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import type { Confirmation, StepOutcome } from "../case/outcome.ts";
import { timesDone } from "./action-log.ts";
import { alreadySo, evidenceOf, failed, outcomeOfRemoval } from "./answers.ts";
import { CLUSTER_API, readCluster, verifyCluster } from "./cluster-change.ts";
import type { SinceTaken } from "./logged-action.ts";

/** A rotation that a cluster makes of itself; it takes minutes and leaves nothing to read back but the log and the state. */
export interface ClusterRotation {
  readonly clusterId: string;
  readonly verb: "rotateClusterCertificates" | "rotateServiceAccountSigningKeys";
  /** The how-manieth since the theft. */
  readonly turn: number;
}

const sought = ({ clusterId, verb }: ClusterRotation, { since, takers }: SinceTaken) => ({
  resourceId: clusterId,
  action: `Microsoft.ContainerService/managedClusters/${verb}/action`,
  since,
  notBy: takers,
});

/** Starts the rotation unless this turn of it was had. While the cluster is busy, Azure refuses, and a later try starts it. */
export async function rotateOnce(
  azure: Azure,
  rotation: ClusterRotation,
  taken: SinceTaken,
): Promise<StepOutcome> {
  const [done, cluster] = await Promise.all([
    timesDone(azure, sought(rotation, taken)),
    readCluster(azure, rotation.clusterId),
  ]);
  if (cluster.kind === "failed") {
    return cluster.failure.code === "NOT_FOUND"
      ? alreadySo(cluster.failure.requestId, azure.now())
      : failed(cluster.failure, azure.now());
  }
  if (done.kind === "failed") return failed(done.failure, azure.now());
  if (done.value >= rotation.turn) return alreadySo(done.requestId, azure.now());
  const isBusy = cluster.value.properties.provisioningState !== "Succeeded";
  // Before its turn, or while another operation runs: the log may not show yet what was begun a moment ago.
  if (done.value < rotation.turn - 1 || isBusy) {
    return {
      kind: "failed",
      code: "CONFLICT",
      status: null,
      azureCode: null,
      retryable: true,
      retryAfterInMs: null,
      evidence: evidenceOf(cluster.requestId, azure.now(), {
        provisioningState: cluster.value.properties.provisioningState ?? null,
        rotationsSeen: done.value,
      }),
    };
  }
  return outcomeOfRemoval(
    await azure.arm.post(`${rotation.clusterId}/${rotation.verb}`, CLUSTER_API, undefined, z.unknown()),
    azure.now(),
  );
}

/** The rotation is in the log and the cluster has come to rest. A cluster whose rotation ended failed is not confirmed. */
export async function verifyRotated(
  azure: Azure,
  rotation: ClusterRotation,
  taken: SinceTaken,
): Promise<Confirmation> {
  const done = await timesDone(azure, sought(rotation, taken));
  if (done.kind === "failed") {
    const { failure } = done;
    const outcome = failed(failure, azure.now());
    return {
      kind: "unreadable",
      code: outcome.kind === "failed" ? outcome.code : "UNEXPECTED",
      evidence: evidenceOf(failure.requestId, azure.now()),
    };
  }
  return verifyCluster(azure, rotation.clusterId, {
    holds: () => done.value >= rotation.turn,
    otherwise: "the activity log does not show the rotation yet",
    absentHolds: true,
  });
}
