import type { TimeWindow } from "../../case/case.ts";
import { type Principal, principalKey } from "../../case/principal.ts";
import { armIdOf, byText, guidOf, isQueryText } from "../identifiers.ts";
import type { Reading } from "../reading.ts";
import { callsWithoutName, clusterEvent } from "./cluster-log.ts";
import { collectActivity, readRows, rowsOf } from "./collect.ts";
import { type LoggedEvent, onlyAddresses, type Who } from "./log-source.ts";
import { keyedCallsFrom, storageEvent } from "./storage-log.ts";
import { judge, type Judgement } from "./suspicion.ts";
import { trustExpansion } from "./trust-expansion.ts";

export interface CaseActivity extends Judgement {
  /** What others than the principals did to them in the directory: an accomplice, or the owner. */
  readonly doneTo: readonly LoggedEvent[];
}

/**
 * What the principals of a case did, in one ordered timeline: first the rows that name them, then, where they took a
 * cluster's or an account's key, the rows that name nobody and come from the same address. Two round trips.
 */
export async function activityOfCase(
  reading: Reading,
  principals: readonly Principal[],
  window: TimeWindow,
  workspaceIds: readonly string[],
  addresses: readonly string[] = [],
): Promise<CaseActivity> {
  const collected = await collectActivity(reading, whoIs(principals), window, workspaceIds);
  const keyOf = keyedBy(principals);
  const alerted = new Set(addresses.map((it) => it.toLowerCase()));
  const named = judge(collected.events, collected.usual, keyOf, alerted);
  const nameless = await namelessEvents(reading, named, window, workspaceIds);
  const inferred = new Map(nameless.map(({ event, principalKey: key }) => [event.key, key]));
  const all = judge(
    [...collected.events, ...nameless.map(({ event }) => event)],
    collected.usual,
    (event) => keyOf(event) ?? inferred.get(event.key) ?? null,
    alerted,
  );
  noteJudgement(reading, all, workspaceIds);
  return { ...all, doneTo: collected.events.filter((event) => keyOf(event) === null) };
}

/** Who the logs are asked about. A managed identity entered through a federated credential may be in either sign-in table. */
function whoIs(principals: readonly Principal[]): Who {
  const kinds = new Set<"service-principal" | "managed-identity" | "user">();
  for (const { kind } of principals) {
    if (kind === "user") kinds.add("user");
    else kinds.add("service-principal");
    if (kind === "user-assigned-identity" || kind === "system-assigned-identity")
      kinds.add("managed-identity");
  }
  const objectIds = principals.flatMap(({ objectId }) => guidOf(objectId ?? "") ?? []);
  return {
    objectIds,
    appIds: principals.flatMap(({ appId }) => guidOf(appId ?? "") ?? []),
    userPrincipalNames: principals.flatMap(({ userPrincipalName: name }) =>
      name !== null && isQueryText(name) ? [name] : [],
    ),
    targetIds: [...objectIds, ...principals.flatMap(({ applicationObjectId: id }) => guidOf(id ?? "") ?? [])],
    kinds,
  };
}

function keyedBy(principals: readonly Principal[]): (event: LoggedEvent) => string | null {
  const keys = new Map<string, string>();
  for (const principal of principals) {
    const { objectId, appId, userPrincipalName } = principal;
    for (const id of [objectId, appId, userPrincipalName]) {
      if (id !== null) keys.set(id.toLowerCase(), principalKey(principal));
    }
  }
  return ({ actor }) => {
    // The object id decides where there is one: many principals may act through one application.
    if (actor.objectId !== null) return keys.get(actor.objectId.toLowerCase()) ?? null;
    return (
      keys.get(actor.userPrincipalName?.toLowerCase() ?? "") ??
      keys.get(actor.appId?.toLowerCase() ?? "") ??
      null
    );
  };
}

interface NamelessEvent {
  readonly event: LoggedEvent;
  readonly principalKey: string;
}

/** Rows without a name of their own, tied to a principal by address and time: inferred, and said to be. */
async function namelessEvents(
  reading: Reading,
  { events, addresses }: Judgement,
  window: TimeWindow,
  workspaceIds: readonly string[],
): Promise<readonly NamelessEvent[]> {
  const fetches = events.flatMap(({ event, activity }) => {
    const address = activity.address;
    if (trustExpansion(event) !== "cluster-credential" || activity.outcome === "failure") return [];
    return address === null || activity.target === null
      ? []
      : [
          {
            clusterId: clusterOf(activity.target),
            address,
            at: activity.at,
            principalKey: activity.principalKey,
          },
        ];
  });
  const owners = new Map<string, string>();
  for (const { activity } of events) {
    if (activity.suspicious && activity.address !== null && addresses.has(activity.address)) {
      owners.set(activity.address, activity.principalKey);
    }
  }
  const asked = workspaceIds.length > 0;
  const clusterIds = [...new Set(fetches.flatMap(({ clusterId }) => armIdOf(clusterId) ?? []))].toSorted(
    byText,
  );
  const from = onlyAddresses(addresses);
  const [clusterRows, storageRows] = await Promise.all([
    asked && (clusterIds.length > 0 || from.length > 0)
      ? rowsOf(
          reading,
          "cluster calls without a name",
          callsWithoutName(clusterIds, from),
          window,
          workspaceIds,
        )
      : [],
    asked && from.length > 0
      ? rowsOf(reading, "storage calls with a key or SAS", keyedCallsFrom(from), window, workspaceIds)
      : [],
  ]);
  const known = new Set(events.map(({ event }) => event.key));
  const cluster = readRows(reading, "AKSAudit", clusterRows, (row) => clusterEvent(row, "inferred"));
  const storage = readRows(reading, "StorageBlobLogs", storageRows, (row) => storageEvent(row, "inferred"));
  return [...cluster, ...storage].flatMap((event): readonly NamelessEvent[] => {
    const { address, at, target } = event.activity;
    // A caller whom Entra names and who is not of this case is somebody else, whatever the address.
    if (known.has(event.key) || address === null || event.actor.objectId !== null) return [];
    const fetch = fetches.find(
      (it) =>
        it.address === address &&
        it.at <= at &&
        target?.toLowerCase().startsWith(it.clusterId.toLowerCase()) === true,
    );
    const key = fetch?.principalKey ?? owners.get(address);
    return key === undefined ? [] : [{ event, principalKey: key }];
  });
}

function clusterOf(target: string): string {
  return /^(.+\/managedclusters\/[^/]+)/i.exec(target)?.[1] ?? target;
}

function noteJudgement({ gaps }: Reading, judged: Judgement, workspaceIds: readonly string[]): void {
  for (const key of judged.withoutUsual) {
    gaps.note(
      `what is usual for ${key}`,
      "NOTHING_TO_COMPARE",
      "no activity in the two weeks before: nothing could be told from the usual by its address",
    );
  }
  if (workspaceIds.length > 0 && judged.firstSuspiciousAt === null) {
    gaps.note(
      "activity",
      "NOTHING_STANDS_OUT",
      "no event stands out by the rules there are; that is no all-clear",
    );
  }
  if (judged.events.some(({ activity }) => activity.attribution === "inferred")) {
    gaps.note(
      "activity",
      "INFERRED",
      "some events carry no name and were tied to the principal by address and time only",
    );
  }
}
