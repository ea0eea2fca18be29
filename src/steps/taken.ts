import { principalKey } from "../case/principal.ts";
import type { Activity } from "../case/activity.ts";
import type { ClusterSettings, Reach } from "../case/reach.ts";
import type { Scope } from "../case/scope.ts";
import { shuttingAll, type StepReference } from "./shutting.ts";

/** A resource whose credentials the suspects got hold of, as the logs show. */
export interface Taken {
  readonly resourceId: string;
  readonly name: string;
  /** The last time they got them: what is younger than this is not known to them. */
  readonly since: string;
  /** Object ids of who got them. */
  readonly takers: readonly string[];
  /** What they called, as the logs spell it. */
  readonly operations: readonly string[];
  readonly because: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  /** What is known of the resource besides, if a role still reaches it. */
  readonly reach: Reach | null;
  /** How it is set up, where it is a cluster and that could be read. */
  readonly cluster: ClusterSettings | null;
  readonly touches: readonly string[];
}

/** How the scope's activity calls the taking of something. */
export type Taking = "cluster-credential" | "key-listing" | "publishing-credential";

const PATTERNS = {
  cluster:
    /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.ContainerService\/managedClusters\/[^/]+/i,
  "storage-account":
    /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Storage\/storageAccounts\/[^/]+/i,
  site: /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Web\/sites\/[^/]+(?:\/slots\/[^/]+)?/i,
} as const;

/**
 * Which resources of a kind were opened this way. From the activity, not from what is reachable: a role that is gone by
 * now opened the resource all the same. Where any call of a principal stands out, only those that do are counted: a
 * pipeline lists the same keys every night.
 */
export function takenThrough(scope: Scope, kind: keyof typeof PATTERNS, taking: Taking): readonly Taken[] {
  const events = tellingOf(scope).flatMap((event) => {
    const resourceId = event.expanded === taking ? PATTERNS[kind].exec(event.target ?? "")?.[0] : undefined;
    return resourceId === undefined ? [] : [{ event, resourceId }];
  });
  return [...Map.groupBy(events, ({ resourceId }) => resourceId.toLowerCase()).values()].flatMap((group) => {
    const first = group[0];
    return first === undefined
      ? []
      : [
          takenFrom(
            scope,
            first.resourceId,
            group.map(({ event }) => event),
          ),
        ];
  });
}

/** Resources whose data the suspects got at, with an identity of theirs or with what they had taken before. */
export function takenData(scope: Scope, kind: keyof typeof PATTERNS): readonly Taken[] {
  return [
    ...Map.groupBy(
      scope.reach.filter((it) => it.kind === kind && it.evidence === "read" && it.lastTouched !== null),
      ({ targetId }) => targetId.toLowerCase(),
    ).values(),
  ].flatMap((reached) => {
    const first = reached[0];
    return first === undefined || !PATTERNS[kind].test(first.targetId)
      ? []
      : [
          {
            resourceId: first.targetId,
            name: first.name,
            since: latest(reached.map(({ lastTouched }) => lastTouched ?? "")),
            takers: sorted(reached.map((it) => it.principalKey)),
            operations: [],
            because: [
              `Data of ${first.name} was touched, last ${latest(reached.map((it) => it.lastTouched ?? ""))}.`,
            ],
            tags: first.tags,
            reach: first,
            cluster: first.cluster ?? null,
            touches: sorted([first.targetId, ...reached.map((it) => it.principalKey)]),
          },
        ];
  });
}

/**
 * Clusters whose administrator certificate the suspects hold: fetched as such, or as a user's of a cluster without Entra
 * integration, which carries the same power. With Entra a user's kubeconfig holds no secret.
 */
export function takenCertificates(scope: Scope): readonly Taken[] {
  return takenThrough(scope, "cluster", "cluster-credential").filter(({ operations, cluster }) =>
    operations.some(
      (it) =>
        /\/(?:listClusterAdminCredential|accessProfiles\/listCredential)\/action$/i.test(it) ||
        (/\/listClusterUserCredential\/action$/i.test(it) && cluster?.entraIntegration !== true),
    ),
  );
}

/**
 * What covers a door of a cluster that stays open: its certificates are rotated, so that what was taken is dead; or, where
 * only what Entra asks after was taken, who took it is shut.
 */
export function coveredAtCluster(
  scope: Scope,
  { resourceId, takers }: Taken,
): readonly (readonly StepReference[])[] | undefined {
  const isCertificate = takenCertificates(scope).some((it) => it.resourceId === resourceId);
  return isCertificate
    ? [[{ kind: "rotate-cluster-certificates", target: { clusterId: resourceId } }]]
    : shuttingAll(scope, takers);
}

function takenFrom(scope: Scope, resourceId: string, events: readonly Activity[]): Taken {
  const id = resourceId.toLowerCase();
  const reach = scope.reach.find(({ targetId }) => targetId.toLowerCase() === id) ?? null;
  const opened = scope.opened?.find((it) => it.resourceId.toLowerCase() === id);
  const takers = sorted(events.map((it) => it.principalKey));
  const names = scope.principals
    .filter(({ principal }) => takers.includes(principalKey(principal)))
    .map(({ principal }) => principal.displayName)
    .toSorted();
  const operations = sorted(events.map(({ operation }) => operation));
  const since = latest(events.map(({ at }) => at));
  return {
    resourceId,
    name: reach?.name ?? nameOf(resourceId),
    since,
    takers,
    operations,
    because: [`${names.join(", ") || "The suspect"} called ${operations.join(", ")}, last ${since}.`],
    tags: reach?.tags ?? opened?.tags ?? {},
    reach,
    cluster: reach?.cluster ?? opened?.cluster ?? null,
    touches: sorted([resourceId, ...takers]),
  };
}

/** Successful calls, and of a principal with any that stand out only those. */
function tellingOf({ activity }: Scope): readonly Activity[] {
  const standOut = new Set(activity.filter((it) => it.suspicious).map((it) => it.principalKey));
  return activity.filter(
    (it) => it.outcome !== "failure" && (it.suspicious || !standOut.has(it.principalKey)),
  );
}

function nameOf(resourceId: string): string {
  const slot = /\/sites\/([^/]+)\/slots\/([^/]+)$/i.exec(resourceId);
  return slot === null ? (resourceId.split("/").at(-1) ?? resourceId) : `${slot[1] ?? ""}/${slot[2] ?? ""}`;
}

function latest(times: readonly string[]): string {
  return times.toSorted().at(-1) ?? "";
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted();
}
