import type { VaultPolicy } from "../case/grant.ts";
import type { Reach, ReachKind, ReachPower } from "../case/reach.ts";
import { type ArmResource, tagsOf } from "./arm-resources.ts";
import { byText } from "./identifiers.ts";
import { VAULT_OPERATIONS } from "./powers.ts";
import { type AccessRules, normalScope } from "./reach.ts";
import { gainedAt } from "./reach-azure.ts";
import type { ListedSecret } from "./vault-contents.ts";
import type { VaultSettings } from "./vault-policies.ts";

/** One vault as a principal meets it. */
export interface MetVault {
  readonly vault: ArmResource;
  readonly settings: VaultSettings;
}

/** What a principal holds that may open vaults. */
export interface VaultHolder {
  readonly principalKey: string;
  readonly rules: AccessRules;
  readonly heldScopes: readonly string[];
  readonly policies: readonly VaultPolicy[];
}

/** Whether anything in the vault can be reached, so that its contents are worth listing. */
export function isReachable(met: MetVault, holder: VaultHolder): boolean {
  return vaultReach(met, holder, null).length > 0;
}

/**
 * What a principal can do in a vault, secret by secret: by roles, down to those on a single secret, or by access policies,
 * whichever the vault's mode honours; and by changing the vault. `secrets` are the names there are; null when they could
 * not be listed, and then `*` stands for all of them.
 */
export function vaultReach(
  met: MetVault,
  holder: VaultHolder,
  secrets: readonly ListedSecret[] | null,
): readonly Reach[] {
  const { vault, settings } = met;
  const own = normalScope(vault.id);
  const below = holder.heldScopes.map(normalScope).filter((scope) => scope.startsWith(`${own}/`));
  const rbac = settings.enableRbacAuthorization === true;
  const opening = gainedAt(
    holder.rules,
    rbac ? VAULT_OPERATIONS.assignRoles : VAULT_OPERATIONS.changePolicies,
    [own],
  );
  const policies = rbac ? [] : holder.policies.filter(({ vaultId }) => normalScope(vaultId) === own);

  const secretPowers = (name: string): Gathered => {
    const gathered = gather();
    add(gathered, opening);
    if (rbac) {
      const scope = `${own}/secrets/${name.toLowerCase()}`;
      add(
        gathered,
        gainedAt(holder.rules, [VAULT_OPERATIONS.readSecret, VAULT_OPERATIONS.writeSecret], [scope]),
      );
    }
    for (const policy of policies) {
      if (grants(policy.permissions.secrets, "get")) addPolicy(gathered, "read-secret", policy);
      if (grants(policy.permissions.secrets, "set")) addPolicy(gathered, "write-secret", policy);
    }
    return gathered;
  };

  const known =
    secrets === null
      ? [{ name: "*", managed: false, tags: {} }, ...namedBelow(below, own, "secrets")]
      : secrets.map(({ name, managed, tags }) => ({ name, managed, tags }));
  const found: Reach[] = [];
  const push = (kind: ReachKind, part: string, name: string, tags: Reach["tags"], gathered: Gathered) => {
    if (gathered.can.size === 0) return;
    found.push({
      kind,
      targetId: `${vault.id}/${part}/${name}`,
      name,
      can: [...gathered.can].toSorted(byText),
      through: [...gathered.through].toSorted(byText),
      evidence: "reachable",
      lastTouched: null,
      tags,
      principalKey: holder.principalKey,
    });
  };
  for (const secret of known) {
    // A certificate's private key is the value of the secret of the same name.
    push(
      secret.managed ? "vault-certificate" : "vault-secret",
      secret.managed ? "certificates" : "secrets",
      secret.name,
      tagsOf(secret.tags),
      secretPowers(secret.name),
    );
  }
  for (const { name } of [{ name: "*" }, ...namedBelow(below, own, "keys")]) {
    const gathered = gather();
    const scope = name === "*" ? own : `${own}/keys/${name}`;
    if (rbac) add(gathered, gainedAt(holder.rules, VAULT_OPERATIONS.useKey, [scope]));
    for (const policy of policies) {
      if (["sign", "decrypt", "unwrapkey"].some((it) => grants(policy.permissions.keys, it))) {
        addPolicy(gathered, "use-key", policy);
      }
    }
    push("vault-key", "keys", name, {}, gathered);
  }
  return found;
}

interface Gathered {
  readonly can: Set<ReachPower>;
  readonly through: Set<string>;
}

function gather(): Gathered {
  return { can: new Set(), through: new Set() };
}

function add(
  to: Gathered,
  gained: { readonly can: readonly ReachPower[]; readonly through: readonly string[] } | null,
) {
  for (const power of gained?.can ?? []) to.can.add(power);
  for (const id of gained?.through ?? []) to.through.add(id);
}

function addPolicy(to: Gathered, power: ReachPower, policy: VaultPolicy): void {
  to.can.add(power);
  const application = policy.applicationId === null ? "" : `/${policy.applicationId}`;
  to.through.add(`${policy.vaultId}/accessPolicies/${policy.objectId}${application}`);
}

/** Policies name permissions one by one, or `all`. */
function grants(permissions: readonly string[], name: string): boolean {
  return permissions.includes(name) || permissions.includes("all");
}

/** Names that are known only because a role stands on them. */
function namedBelow(
  scopes: readonly string[],
  vaultScope: string,
  part: "secrets" | "keys",
): readonly {
  readonly name: string;
  readonly managed: false;
  readonly tags: Readonly<Record<string, string>>;
}[] {
  const prefix = `${vaultScope}/${part}/`;
  const names = scopes.filter((scope) => scope.startsWith(prefix)).map((scope) => scope.slice(prefix.length));
  return [...new Set(names)].map((name) => ({ name, managed: false as const, tags: {} }));
}
