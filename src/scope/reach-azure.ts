import { z } from "zod";
import type { ClusterSettings, Reach, ReachPower } from "../case/reach.ts";
import { type ArmResource, CLUSTER, lastSegment, tagsOf } from "./arm-resources.ts";
import { byText } from "./identifiers.ts";
import { POWERS, type PowerRule, SCOPE_POWERS } from "./powers.ts";
import { type AccessRules, normalScope } from "./reach.ts";

/** Powers gained at one target, with what gives each. */
export interface Gained {
  readonly can: readonly ReachPower[];
  readonly through: readonly string[];
}

/** Asks every rule at every one of some scopes. Null when none of them is allowed. */
export function gainedAt(
  rules: AccessRules,
  powers: readonly PowerRule[],
  scopes: readonly string[],
): Gained | null {
  const can = new Set<ReachPower>();
  const through = new Set<string>();
  for (const scope of scopes) {
    for (const { operation, power } of powers) {
      const verdict = rules.decide(operation, scope);
      if (!verdict.allowed) continue;
      can.add(power);
      for (const id of verdict.through) through.add(id);
    }
  }
  return can.size === 0 ? null : { can: [...can].toSorted(byText), through: [...through].toSorted(byText) };
}

/**
 * What a principal's Azure roles let it do to the resources there are, vaults aside. `heldScopes` are the scopes its
 * roles stand on: one below a resource (a container, a namespace) reaches that part of it.
 */
export function azureReach(
  principalKey: string,
  rules: AccessRules,
  heldScopes: readonly string[],
  resources: readonly ArmResource[],
): readonly Reach[] {
  const scopes = [...new Set(heldScopes.map(normalScope))];
  const found: Reach[] = [];
  for (const resource of resources) {
    const known = POWERS[resource.type];
    if (known === undefined) continue;
    const own = normalScope(resource.id);
    const below = scopes.filter((scope) => scope.startsWith(`${own}/`));
    const gained = gainedAt(rules, known.rules, [own, ...below]);
    if (gained === null) continue;
    const can = resource.type === CLUSTER ? clusterPowers(resource, gained.can) : gained.can;
    if (can.length === 0) continue;
    found.push({
      kind: known.kind,
      targetId: resource.id,
      name: resource.name,
      can,
      through: gained.through,
      evidence: "reachable",
      lastTouched: null,
      tags: tagsOf(resource.tags),
      principalKey,
      ...(resource.type === CLUSTER ? { cluster: clusterSettings(resource) } : {}),
    });
  }
  for (const scope of scopes) {
    if (!isContainer(scope)) continue;
    const gained = gainedAt(rules, SCOPE_POWERS, [scope]);
    if (gained === null) continue;
    found.push({
      kind: "subscription",
      targetId: scope,
      name: scope === "/" ? "/" : lastSegment(scope),
      ...gained,
      evidence: "reachable",
      lastTouched: null,
      tags: {},
      principalKey,
    });
  }
  return found;
}

/** Subscriptions, resource groups, management groups and the root: what holds resources instead of being one. */
function isContainer(scope: string): boolean {
  return (
    scope === "/" ||
    /^\/subscriptions\/[^/]+(?:\/resourcegroups\/[^/]+)?$/.test(scope) ||
    /^\/providers\/microsoft\.management\/managementgroups\/[^/]+$/.test(scope)
  );
}

function clusterPowers(cluster: ArmResource, can: readonly ReachPower[]): readonly ReachPower[] {
  const localAccountsOff = cluster.properties?.["disableLocalAccounts"] === true;
  const entra = cluster.properties?.["aadProfile"] != null;
  const powers = new Set(can);
  // With local accounts off nobody is handed the admin credential any more (unless they may switch them on again).
  if (localAccountsOff && !powers.has("write-resource")) powers.delete("admin-credential");
  // Without Entra integration the user credential carries an administrator's certificate.
  if (!entra && powers.has("user-credential")) powers.add("admin-credential");
  return [...powers].toSorted(byText);
}

const Guarding = z.object({
  aadProfile: z.unknown().optional(),
  disableLocalAccounts: z.boolean().nullish(),
  apiServerAccessProfile: z
    .object({
      authorizedIPRanges: z.array(z.string()).nullish(),
      enablePrivateCluster: z.boolean().nullish(),
    })
    .nullish(),
  oidcIssuerProfile: z.object({ enabled: z.boolean().nullish() }).nullish(),
});

/** How a cluster is set up, as far as its own description says. */
export function clusterSettings(cluster: ArmResource): ClusterSettings {
  const read = Guarding.safeParse(cluster.properties ?? {}).data;
  const access = read?.apiServerAccessProfile;
  return {
    entraIntegration: read?.aadProfile != null,
    localAccountsDisabled: read?.disableLocalAccounts ?? false,
    privateCluster: access?.enablePrivateCluster ?? false,
    authorizedIpRanges: (access?.authorizedIPRanges ?? []).toSorted(byText),
    issuesTokens: read?.oidcIssuerProfile?.enabled ?? false,
  };
}
