import type { Reach } from "../case/reach.ts";
import type { IssuerUnknown, NamedSecret, Scope } from "../case/scope.ts";
import type { Subject } from "../case/subject.ts";
import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import type { Intake } from "../intake/intake.ts";
import { keyVaultEvent } from "../intake/key-vault-event.ts";
import { consumersBySecret, readConsumers } from "../scope/consumers/read-consumers.ts";
import { isQueryText, kqlText } from "../scope/identifiers.ts";
import { vaultUriOf } from "../steps/rotate-secret.ts";

type VaultSecretSubject = Extract<Subject, { readonly kind: "vault-secret" }>;

export function secretsNamedIn({ subjects }: Pick<Intake, "subjects">): readonly VaultSecretSubject[] {
  return subjects.filter((subject) => subject.kind === "vault-secret");
}

/** The scope of a case that is about secrets and nobody: no principal, nothing reached, nothing done. */
export function scopeWithoutPrincipals(caseId: string, window: Scope["window"], now: Date): Scope {
  return {
    schema: 1,
    caseId,
    takenAt: now.toISOString(),
    window,
    principals: [],
    reach: [],
    activity: [],
    planted: [],
    obstacles: [],
    limitations: [],
  };
}

/**
 * What could be read stays so: once a role is cut, the secrets behind it are no longer in reach, and have been all the
 * same. Pure.
 */
export function withReachedBefore(scope: Scope, earlier: Scope | null): Scope {
  if (earlier === null) return scope;
  const before = new Map(
    earlier.reach.filter(({ kind }) => kind.startsWith("vault-")).map((it) => [keyOf(it), it]),
  );
  const known = new Set(scope.reach.map(keyOf));
  const kept = [...before.values()].filter(
    (it) => (it.kind === "vault-secret" || it.kind === "vault-certificate") && !known.has(keyOf(it)),
  );
  // What only a log tells of now has neither tags nor consumers; before the cut they were read.
  const reach = scope.reach.map((it) => {
    const was = before.get(keyOf(it));
    if (was === undefined) return it;
    const tags = Object.keys(it.tags).length === 0 ? was.tags : it.tags;
    const consumers = it.consumers ?? was.consumers;
    return { ...it, tags, ...(consumers === undefined ? {} : { consumers }) };
  });
  return { ...scope, reach: [...reach, ...kept] };
}

/**
 * What rotations of the case found out in vain: the next plan offers to disable those secrets. Not where the vault itself
 * reported that one expires: nobody is suspected of having it, and its users would lose it before its time. Pure.
 */
export function withIssuersUnknown(
  scope: Scope,
  issuerUnknown: readonly IssuerUnknown[],
  { trigger }: Pick<Intake, "trigger">,
): Scope {
  return issuerUnknown.length === 0 || trigger === keyVaultEvent.name ? scope : { ...scope, issuerUnknown };
}

function keyOf({ kind, targetId, principalKey }: Reach): string {
  return `${kind} ${targetId.toLowerCase()} ${principalKey}`;
}

const Vault = z.object({ id: z.string() });

/** Adds the secrets that the case is about by name, as they are now; what cannot be found or read is a limitation. */
export async function withNamedSecrets(azure: Azure, scope: Scope, intake: Intake): Promise<Scope> {
  const named: NamedSecret[] = [];
  const limitations = [...scope.limitations];
  const asked = secretsNamedIn(intake);
  if (asked.length === 0) return scope;
  const seen = await readConsumers(azure);
  for (const { what, failure } of seen.unread)
    limitations.push({
      about: what,
      code: failure.code,
      detail: "who takes the secret may not all be named",
    });
  const consumers = consumersBySecret(seen.consumers);
  for (const { vaultName, secretName } of asked) {
    const about = `secret ${secretName} in ${vaultName}`;
    const lost = (code: string, detail: string) => limitations.push({ about, code, detail });
    if (!isQueryText(vaultName)) {
      lost("NOT_UNDERSTOOD", "not a vault's name");
      continue;
    }
    const vaults = await azure.arm.resourceGraph(
      `resources | where type =~ 'microsoft.keyvault/vaults' | where name =~ ${kqlText(vaultName)} | project id | order by id asc`,
      Vault,
    );
    if (vaults.kind === "failed") {
      lost(vaults.failure.code, "the vault could not be looked up");
      continue;
    }
    const vaultId = vaults.value[0]?.id;
    if (vaultId === undefined) {
      lost("NOT_FOUND", "there is no vault of this name that we can see");
      continue;
    }
    const versions = await azure.vault(vaultUriOf(vaultId)).listVersions(secretName);
    if (versions.kind === "failed") {
      lost(versions.failure.code, "its versions could not be listed");
      continue;
    }
    const newest = versions.value.toSorted((a, b) => ((a.createdOn ?? "") < (b.createdOn ?? "") ? 1 : -1))[0];
    if (newest === undefined) lost("NOT_FOUND", "the vault has no such secret");
    else {
      named.push({
        vaultId,
        name: secretName,
        managed: newest.managed,
        tags: newest.tags,
        because: `It was asked for: ${intake.title}.`,
        consumers: consumers
          .of(vaultName, secretName)
          .map(({ kind, resourceId, setting, version }) => ({ kind, resourceId, setting, version })),
      });
    }
  }
  return { ...scope, limitations, ...(named.length === 0 ? {} : { namedSecrets: named }) };
}
