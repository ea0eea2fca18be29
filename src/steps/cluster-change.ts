import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import type { Confirmation, StepOutcome } from "../case/outcome.ts";
import { alreadySo, confirmation, failed, outcomeOfChange } from "./answers.ts";

export const CLUSTER_API = "2025-05-01";

const Cluster = z.looseObject({
  // Served as eTag by AKS, as etag by ARM's own convention.
  eTag: z.string().nullish(),
  etag: z.string().nullish(),
  systemData: z.unknown().optional(),
  properties: z.looseObject({
    provisioningState: z.string().nullish(),
    aadProfile: z.unknown().optional(),
    disableLocalAccounts: z.boolean().nullish(),
    apiServerAccessProfile: z
      .looseObject({
        authorizedIPRanges: z.array(z.string()).nullish(),
        enablePrivateCluster: z.boolean().nullish(),
      })
      .nullish(),
  }),
});
type Cluster = z.infer<typeof Cluster>;
export type ClusterProperties = Cluster["properties"];

export const readCluster = ({ arm }: Azure, clusterId: string) => arm.get(clusterId, CLUSTER_API, Cluster);

/** What is to become of a cluster, decided from how it is now. */
export type ClusterChange =
  | { readonly kind: "as-wanted" }
  | { readonly kind: "needs-person"; readonly reason: string; readonly action: string }
  | { readonly kind: "write"; readonly properties: Partial<ClusterProperties> };

/**
 * Reads a cluster, changes some of its properties and writes the whole back, if nobody wrote meanwhile: AKS has no PATCH
 * for properties. The write starts an operation of minutes; its end is for `verifyCluster` to see.
 */
export async function changeCluster(
  azure: Azure,
  clusterId: string,
  decide: (properties: ClusterProperties) => ClusterChange,
  gone: "is-as-wanted" | "fails",
): Promise<StepOutcome> {
  const present = await readCluster(azure, clusterId);
  if (present.kind === "failed") {
    return present.failure.code === "NOT_FOUND" && gone === "is-as-wanted"
      ? alreadySo(present.failure.requestId, azure.now())
      : failed(present.failure, azure.now());
  }
  const change = decide(present.value.properties);
  switch (change.kind) {
    case "as-wanted":
      return alreadySo(present.requestId, azure.now());
    case "needs-person":
      return change;
    case "write": {
      const { eTag, etag, systemData: _, ...cluster } = present.value;
      const version = eTag ?? etag ?? null;
      const body = { ...cluster, properties: { ...cluster.properties, ...change.properties } };
      const answer = await azure.arm.put(
        clusterId,
        CLUSTER_API,
        body,
        z.unknown(),
        version === null ? {} : { ifMatch: version },
      );
      return outcomeOfChange(answer, azure.now());
    }
    default:
      return change satisfies never;
  }
}

/** Whether a cluster is as wanted and no operation on it is under way. */
export async function verifyCluster(
  azure: Azure,
  clusterId: string,
  judge: {
    readonly holds: (properties: ClusterProperties) => boolean;
    readonly otherwise: string;
    readonly absentHolds: boolean;
  },
): Promise<Confirmation> {
  const answer = await readCluster(azure, clusterId);
  const settled = (properties: ClusterProperties) => properties.provisioningState === "Succeeded";
  const otherwise =
    answer.kind === "ok" && !settled(answer.value.properties)
      ? `the cluster is ${answer.value.properties.provisioningState ?? "in an unknown state"}`
      : judge.otherwise;
  return confirmation(answer, azure.now(), {
    ...judge,
    holds: ({ properties }) => settled(properties) && judge.holds(properties),
    otherwise,
  });
}
