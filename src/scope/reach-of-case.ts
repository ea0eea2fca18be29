import type { Activity } from "../case/activity.ts";
import type {
  AppRoleAssignment,
  DirectoryRole,
  Ownership,
  RoleAssignment,
  VaultPolicy,
} from "../case/grant.ts";
import type { ReachKind, ReachPower, Reach } from "../case/reach.ts";
import { type ArmDenyAssignment, denialsFor } from "./denials.ts";
import { lastSegment } from "./arm-resources.ts";
import { consumersBySecret, readConsumers } from "./consumers/read-consumers.ts";
import { byText } from "./identifiers.ts";
import type { Inventory } from "./inventory.ts";
import { accessRules, type HeldDenial } from "./reach.ts";
import { azureReach } from "./reach-azure.ts";
import { directoryReach } from "./reach-directory.ts";
import { isReachable, type MetVault, type VaultHolder, vaultReach } from "./reach-vaults.ts";
import type { Reading } from "./reading.ts";
import type { TenantMap } from "./tenant-map.ts";
import { listVaultContents } from "./vault-contents.ts";
import { VAULT, vaultSettings } from "./vault-policies.ts";

/** What one principal of the case holds. */
export interface Holdings {
  readonly principalKey: string;
  readonly objectId: string | null;
  readonly groupIds: readonly string[];
  readonly roleAssignments: readonly RoleAssignment[];
  readonly vaultPolicies: readonly VaultPolicy[];
  readonly appRoles: readonly AppRoleAssignment[];
  readonly directoryRoles: readonly DirectoryRole[];
  readonly ownedObjects: readonly Ownership[];
}

export interface CaseReach {
  readonly reach: readonly Reach[];
  readonly denials: readonly HeldDenial[];
}

/**
 * What the principals of a case could touch, each with what gives it. Lists the contents of the vaults that can be opened
 * (one more round trip); everything else is worked out from what was read before.
 */
export async function reachOfCase(
  reading: Reading,
  holdings: readonly Holdings[],
  known: {
    readonly inventory: Inventory;
    readonly tenantMap: TenantMap;
    readonly denials: readonly ArmDenyAssignment[];
  },
): Promise<CaseReach> {
  const { gaps } = reading;
  const vaults = known.inventory.resources
    .filter(({ type }) => type === VAULT)
    .flatMap((vault): readonly MetVault[] => {
      const settings = vaultSettings(gaps, vault);
      return settings === null ? [] : [{ vault, settings }];
    });
  const held = holdings.map((it) => {
    const objectIds = new Set([it.objectId, ...it.groupIds].flatMap((id) => id?.toLowerCase() ?? []));
    const denials = denialsFor(known.denials, objectIds);
    for (const denial of denials) {
      if (denial.condition !== null) {
        gaps.note(
          `deny assignment ${denial.id}`,
          "CONDITIONAL",
          "it denies only under a condition: it was not counted on",
        );
      }
    }
    const rules = accessRules(it.roleAssignments, denials, (id) => known.tenantMap.ancestorsOf(id));
    const heldScopes = it.roleAssignments.map(({ scope }) => scope);
    const holder: VaultHolder = {
      principalKey: it.principalKey,
      rules,
      heldScopes,
      policies: it.vaultPolicies,
    };
    for (const assignment of it.roleAssignments) {
      if (assignment.condition !== null) {
        gaps.note(
          `role assignment ${assignment.id}`,
          "CONDITIONAL",
          "its condition narrows what it allows; what is said to be reachable through it may be less",
        );
      }
    }
    return { it, denials, rules, heldScopes, holder };
  });
  const opened = new Map(
    held.map(({ holder }) => [holder, vaults.filter((met) => isReachable(met, holder))]),
  );
  const toList = new Map([...opened.values()].flat().map(({ vault }) => [vault.id.toLowerCase(), vault]));
  const [contents, consumers] = await Promise.all([
    listVaultContents(reading, [...toList.values()]),
    toList.size === 0 ? consumersBySecret([]) : consumersOf(reading),
  ]);
  const reach = held.flatMap(({ it, rules, heldScopes, holder }) => [
    ...azureReach(it.principalKey, rules, heldScopes, known.inventory.resources),
    ...(opened.get(holder) ?? []).flatMap((met) =>
      vaultReach(met, holder, contents.get(met.vault.id.toLowerCase()) ?? null).map((reached) =>
        withConsumers(reached, met.vault.name, consumers),
      ),
    ),
    ...directoryReach(it.principalKey, it),
  ]);
  return {
    reach: reach.toSorted(byReach),
    denials: [...new Map(held.flatMap(({ denials }) => denials).map((it) => [it.id, it])).values()],
  };
}

async function consumersOf({ azure, gaps }: Reading) {
  const { consumers, unread, sitesLeftOut } = await readConsumers(azure);
  for (const { what, failure } of unread) gaps.failed(what, failure);
  if (sitesLeftOut > 0) {
    gaps.note(
      "consumers of secrets",
      "CUT_OFF",
      `${sitesLeftOut} sites more than can be asked were not asked for their Key Vault references`,
    );
  }
  return consumersBySecret(consumers);
}

function withConsumers(
  reach: Reach,
  vaultName: string,
  consumers: ReturnType<typeof consumersBySecret>,
): Reach {
  if (reach.kind !== "vault-secret") return reach;
  const found = consumers
    .of(vaultName, reach.name)
    .map(({ kind, resourceId, setting, version }) => ({ kind, resourceId, setting, version }))
    .toSorted((a, b) => byText(a.resourceId, b.resourceId) || byText(a.setting, b.setting));
  return found.length === 0 ? reach : { ...reach, consumers: found };
}

/** Marks what the logs show was touched, and adds what was touched although nothing held today would allow it. */
export function withEvidence(
  reach: readonly Reach[],
  activity: readonly Activity[],
  inventory: Inventory,
): readonly Reach[] {
  const touched = new Map<string, Touch>();
  for (const event of activity) {
    const touch = touchOf(event, inventory);
    if (touch === null) continue;
    const key = touchKey(event.principalKey, touch.targetId);
    const can = new Set([...(touched.get(key)?.can ?? []), ...touch.can]);
    touched.set(key, { ...touch, can: [...can].toSorted(byText) });
  }
  const seen = new Set<string>();
  const marked = reach.map((it) => {
    const key = touchKey(it.principalKey, it.targetId);
    const touch = touched.get(key);
    if (touch === undefined) return it;
    seen.add(key);
    return { ...it, evidence: "read" as const, lastTouched: touch.event.at };
  });
  const unexplained = [...touched].flatMap(([key, { event, kind, targetId, can }]): readonly Reach[] =>
    seen.has(key) || kind === null
      ? []
      : [
          {
            kind,
            targetId,
            name: lastSegment(targetId),
            can,
            // Nothing that is held now explains it: a key or SAS did, or what did is gone or could not be seen.
            through: ["log"],
            evidence: "read",
            lastTouched: event.at,
            tags: {},
            principalKey: event.principalKey,
          },
        ],
  );
  return [...marked, ...unexplained].toSorted(byReach);
}

interface Touch {
  readonly event: Activity;
  readonly targetId: string;
  /** Null for what only confirms a reach that is known otherwise. */
  readonly kind: ReachKind | null;
  readonly can: readonly ReachPower[];
}

/** What an event got at: a secret's value, an account's keys or blobs, a cluster's credential. Null for all else. */
function touchOf(event: Activity, inventory: Inventory): Touch | null {
  const { source, target, outcome } = event;
  if (target === null || outcome !== "success" || !isTouch(event)) return null;
  if (source === "storage") {
    const name = /^https:\/\/([a-z0-9]+)\./.exec(target)?.[1];
    const account = inventory.resources.find(
      (it) => it.type === "microsoft.storage/storageaccounts" && it.name.toLowerCase() === name,
    );
    const isWrite = /^(?:Put|Append|Delete|Set|Copy|Create)/.test(event.operation);
    return {
      event,
      targetId: account?.id ?? target,
      kind: "storage-account",
      can: [isWrite ? "write-data" : "read-data"],
    };
  }
  const isSecret = event.operation === "SecretGet" && /\/secrets\/[^/]+$/i.test(target);
  return { event, targetId: target, kind: isSecret ? "vault-secret" : null, can: ["read-secret"] };
}

function isTouch({ source, operation, expanded }: Activity): boolean {
  if (source === "storage") return true;
  if (source === "key-vault")
    return /^(?:SecretGet|Key(?:Sign|Decrypt|Unwrap)|CertificateGet)$/i.test(operation);
  return (
    source === "azure-activity" &&
    ["cluster-credential", "key-listing", "publishing-credential"].includes(expanded ?? "")
  );
}

/** A certificate's private key is the value of the secret of its name. */
function touchKey(principalKey: string, target: string): string {
  return `${principalKey} ${target.toLowerCase().replace("/certificates/", "/secrets/")}`;
}

function byReach(a: Reach, b: Reach): number {
  return (
    byText(a.principalKey, b.principalKey) ||
    byText(a.kind, b.kind) ||
    byText(a.targetId.toLowerCase(), b.targetId.toLowerCase())
  );
}
