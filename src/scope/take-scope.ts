import type { Azure } from "../azure/azure.ts";
import type { TimeWindow } from "../case/case.ts";
import { principalKey } from "../case/principal.ts";
import type { Activity } from "../case/activity.ts";
import type { Scope, ScopedPrincipal } from "../case/scope.ts";
import { actOf } from "./acted.ts";
import { counting } from "./counting.ts";
import { readDenials } from "./denials.ts";
import { directoryReader } from "./directory-reader.ts";
import { type Gaps, openGaps } from "./gaps.ts";
import { byText } from "./identifiers.ts";
import { readInventory } from "./inventory.ts";
import { denialObstacles, lastOwners, lockObstacles, readLocks } from "./obstacles.ts";
import { sortPlanted } from "./planted/planted.ts";
import { unexplainedTrust } from "./planted/unexplained-trust.ts";
import { openedResources } from "./opened.ts";
import { readPublishingDoors } from "./publishing-doors.ts";
import { reachOfCase, withEvidence } from "./reach-of-case.ts";
import type { Reading } from "./reading.ts";
import type { Resolution } from "./resolve/resolution.ts";
import { discoverRoleAssignments } from "./role-assignments.ts";
import { finish, readOne } from "./scoped-principal.ts";
import { readTenantMap } from "./tenant-map.ts";

export interface ScopeRequest {
  readonly caseId: string;
  readonly resolution: Resolution;
  readonly window: TimeWindow;
  /** Log Analytics workspaces, by their own GUIDs. */
  readonly workspaceIds: readonly string[];
  /** Where the alert saw the attacker. */
  readonly addresses?: readonly string[];
}

export interface TakenScope {
  readonly scope: Scope;
  /** Calls made; a list of several pages is one. */
  readonly requests: number;
}

/**
 * An attack is noticed hours to days after it began. With a shorter window its first days would be taken for what is
 * usual, and what came of them for what has always been there.
 */
const SHORTEST_WINDOW_IN_MS = 3 * 86_400_000;
/** More events than this are not kept in the scope, what stands out excepted; the logs still have them. */
const MOST_ACTIVITY = 5_000;

/**
 * Everything there is to know about the principals of a case, by reads only, side by side: the longest chain of dependent
 * requests is six (groups, roles, their definitions, a vault's challenge, its secrets; pages come on top). Never throws for
 * what Azure answers: what could not be read is in `limitations`. Equal tenants at equal times give equal scopes.
 */
export async function takeScope(azure: Azure, asked: ScopeRequest): Promise<TakenScope> {
  const request: ScopeRequest = { ...asked, window: longEnough(asked.window) };
  const counted = counting(azure);
  const gaps = openGaps();
  for (const { about, code, detail } of request.resolution.limitations) gaps.note(about, code, detail);
  const reading: Reading = { azure: counted.azure, directory: directoryReader(counted.azure.graph), gaps };
  const takenAt = azure.now().toISOString();
  const resolved = request.resolution.principals.toSorted((a, b) =>
    byText(principalKey(a.principal), principalKey(b.principal)),
  );

  const mapping = readTenantMap(reading);
  const stock = readInventory(reading);
  const denying = mapping.then(({ subscriptionIds }) => readDenials(reading, subscriptionIds));
  const locking = mapping.then(({ subscriptionIds }) => readLocks(reading, subscriptionIds));
  const ownRoles = discoverRoleAssignments(
    reading,
    resolved.flatMap(({ principal }) => principal.objectId ?? []),
  );
  const principals = Promise.all(resolved.map((it) => readOne(reading, it, { ownRoles, mapping, stock })));
  const acting = actOf(reading, request, resolved, stock);
  const [read, inventory, tenantMap, denials, locks, activity] = await Promise.all([
    principals,
    stock,
    mapping,
    denying,
    locking,
    acting,
  ]);

  const scoped = read.map((it) => finish(it, inventory, activity));
  const timeline = activity.case.events.map((it) => it.activity);
  const [reached, owners, publishingDoors] = await Promise.all([
    reachOfCase(
      reading,
      scoped.map((it) => ({
        ...it,
        principalKey: principalKey(it.principal),
        objectId: it.principal.objectId,
        groupIds: it.groups.map(({ groupId }) => groupId),
      })),
      { inventory, tenantMap, denials },
    ),
    lastOwners(
      reading,
      scoped.flatMap(({ roleAssignments }) =>
        roleAssignments.filter(({ throughGroupId }) => throughGroupId === null),
      ),
    ),
    readPublishingDoors(reading, timeline),
  ]);
  const opened = openedResources(timeline, inventory);
  const reach = withEvidence(reached.reach, timeline, inventory);
  const unexplained = unexplainedTrust(scoped, activity.planted, request.window.from);
  const scope: Scope = {
    schema: 1,
    caseId: request.caseId,
    takenAt,
    window: request.window,
    principals: scoped.map((it) => withUnexplained(it, unexplained)),
    reach,
    activity: kept(gaps, timeline),
    planted: sortPlanted([...activity.planted, ...unexplained]),
    obstacles: [
      ...lockObstacles(locks, touchable(scoped, reach, activity.planted)),
      ...owners,
      ...denialObstacles(reached.denials),
    ],
    limitations: gaps.all(),
    ...(opened.length === 0 ? {} : { opened }),
    ...(publishingDoors.length === 0 ? {} : { publishingDoors }),
    related: activity.related,
    affected: activity.affected,
  };
  return { scope, requests: counted.requests() };
}

/** The principal's own list says the same of a federated credential as the list of what was planted. */
function withUnexplained(principal: ScopedPrincipal, planted: Scope["planted"]): ScopedPrincipal {
  const ids = new Set(planted.map(({ onId, id }) => `${onId} ${id ?? ""}`));
  return {
    ...principal,
    federated: principal.federated.map((it) =>
      ids.has(`${it.holderId} ${it.id}`) ? { ...it, planted: true } : it,
    ),
  };
}

function longEnough({ from, to }: TimeWindow): TimeWindow {
  const latest = new Date(Date.parse(to) - SHORTEST_WINDOW_IN_MS).toISOString();
  return { from: from < latest ? from : latest, to };
}

/** Everything that a cut may have to change: locks on any of it are in the way. */
function touchable(
  principals: readonly ScopedPrincipal[],
  reach: Scope["reach"],
  planted: Scope["planted"],
): readonly string[] {
  return [
    ...principals.flatMap(({ principal, roleAssignments, vaultPolicies, attachments }) => [
      ...(principal.resourceId === null ? [] : [principal.resourceId]),
      ...roleAssignments.map(({ scope }) => scope),
      ...vaultPolicies.map(({ vaultId }) => vaultId),
      ...attachments.map(({ resourceId }) => resourceId),
    ]),
    ...reach.map(({ targetId }) => targetId),
    ...planted.map(({ onId }) => onId),
  ].filter((id) => id.startsWith("/"));
}

function kept(gaps: Gaps, timeline: readonly Activity[]): readonly Activity[] {
  if (timeline.length <= MOST_ACTIVITY) return timeline;
  const isTelling = ({ suspicious, expanded }: Activity) => suspicious || expanded != null;
  const telling = timeline.filter(isTelling);
  const room = Math.max(0, MOST_ACTIVITY - telling.length);
  const others = timeline.filter((it) => !isTelling(it));
  gaps.note(
    "activity",
    "CUT_OFF",
    `${others.length - Math.min(room, others.length)} events that do not stand out were left out`,
  );
  const chosen = new Set([...telling, ...others.slice(Math.max(0, others.length - room))]);
  return timeline.filter((it) => chosen.has(it));
}
