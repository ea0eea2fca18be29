import { ClusterRow } from "../activity/cluster-log.ts";
import { recordOf, textOf } from "../activity/log-source.ts";
import type { JudgedEvent } from "../activity/suspicion.ts";
import { trustExpansion } from "../activity/trust-expansion.ts";
import type { Lead } from "./lead.ts";

/** What a call to a cluster made or changed. It cannot be looked at from here: that takes the cluster's own API. */
export function clusterLeads({ event, activity }: JudgedEvent): readonly Lead[] {
  const parsed = ClusterRow.safeParse(event.row);
  if (trustExpansion(event) === null || activity.outcome === "failure" || !parsed.success) return [];
  const { ObjectRef: object, Verb: verb, ResponseObject: response, ResourceId: clusterId } = parsed.data;
  const resource = textOf(object?.resource);
  if (resource === null || clusterId == null || isPassing(resource)) return [];
  const metadata = recordOf(recordOf(response)["metadata"]);
  return [
    {
      at: activity.at,
      by: activity.principalKey,
      evidence: `cluster audit: ${activity.operation}${activity.attribution === "inferred" ? ", by address and time" : ""}`,
      kind: "cluster-object",
      clusterId,
      verb,
      apiGroup: textOf(object?.apiGroup),
      apiVersion: textOf(object?.apiVersion),
      resource,
      namespace: textOf(object?.namespace),
      name: textOf(object?.name) ?? textOf(metadata["name"]),
      uid: textOf(metadata["uid"]) ?? textOf(object?.uid),
      inferred: activity.attribution === "inferred",
    },
  ];
}

/** What clients make in passing and what is gone by itself: questions about permissions, events, leases. */
function isPassing(resource: string): boolean {
  return /^(?:selfsubject\w+|subjectaccessreviews|localsubjectaccessreviews|tokenreviews|events|leases|endpoints|endpointslices)$/.test(
    resource,
  );
}
