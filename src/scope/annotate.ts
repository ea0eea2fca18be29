import type { Activity } from "../case/activity.ts";
import type { CertificateCredential, CredentialEvidence, PasswordCredential } from "../case/credential.ts";
import type { Planted } from "../case/planted.ts";
import type { ScopedPrincipal } from "../case/scope.ts";
import type { LeakedCredential } from "./resolve/resolution.ts";

/** What the activity, the looks at what was planted, and the finding say of a principal's parts. */
export interface Known {
  readonly activity: readonly Activity[];
  readonly planted: readonly Planted[];
  /** Credentials that others added to it in the window: key ids in lower case. */
  readonly addedKeyIds: ReadonlySet<string>;
  readonly leaked: readonly LeakedCredential[];
}

/** Marks on a principal's credentials and links what part they had: used, planted, leaked. Pure. */
export function annotated(principal: ScopedPrincipal, known: Known): ScopedPrincipal {
  const signIns = known.activity.filter(({ operation }) => operation === "Sign-in");
  const present = known.planted.filter((it) => it.present !== false);
  const ids = (kind: Planted["kind"], onId?: string) =>
    new Set(
      present
        .filter(
          (it) => it.kind === kind && (onId === undefined || it.onId.toLowerCase() === onId.toLowerCase()),
        )
        .flatMap(({ id }) => id?.toLowerCase() ?? []),
    );
  const plantedKeys = new Set([
    ...ids("application-password"),
    ...ids("application-certificate"),
    ...ids("service-principal-password"),
    ...ids("service-principal-certificate"),
  ]);
  const evidenceOf = (names: readonly string[], keyId: string, hint: string | null): CredentialEvidence => {
    const uses = signIns.filter(({ credentialKeyId }) =>
      names.includes(credentialKeyId?.toLowerCase() ?? "\u0000"),
    );
    return {
      usedBySuspiciousSignIn: uses.some(({ suspicious }) => suspicious),
      lastUsed: uses.findLast(({ outcome }) => outcome === "success")?.at ?? null,
      planted: plantedKeys.has(keyId) || known.addedKeyIds.has(keyId),
      leaked: known.leaked.some((leak) =>
        leak.keyId === null ? leak.hint !== null && leak.hint === hint : leak.keyId.toLowerCase() === keyId,
      ),
    };
  };
  const password = (it: PasswordCredential): PasswordCredential => {
    const keyId = it.keyId.toLowerCase();
    return { ...it, evidence: evidenceOf([keyId], keyId, it.hint) };
  };
  const certificate = (it: CertificateCredential): CertificateCredential => {
    const keyId = it.keyId.toLowerCase();
    // Sign-in logs name certificates by key id or by thumbprint.
    return { ...it, evidence: evidenceOf([keyId, it.thumbprint?.toLowerCase() ?? keyId], keyId, null) };
  };
  const groups = present.flatMap(({ kind, onId, id }) =>
    kind === "group-membership" && id?.toLowerCase() === principal.principal.objectId?.toLowerCase()
      ? [onId.toLowerCase()]
      : [],
  );
  const marked = <T extends { readonly id: string; readonly planted: boolean }>(
    items: readonly T[],
    planted: ReadonlySet<string>,
  ): readonly T[] => items.map((it) => (planted.has(it.id.toLowerCase()) ? { ...it, planted: true } : it));

  return {
    ...principal,
    passwords: principal.passwords.map(password),
    certificates: principal.certificates.map(certificate),
    federated: principal.federated.map((it) => ({
      ...it,
      planted: [it.id, it.name].some((name) =>
        ids("federated-credential", it.holderId).has(name.toLowerCase()),
      ),
      usedBySuspiciousSignIn: signIns.some(
        ({ suspicious, credentialKeyId }) =>
          suspicious &&
          [it.id, it.name].some((name) => name.toLowerCase() === credentialKeyId?.toLowerCase()),
      ),
    })),
    owners: principal.owners.map((it) => ({
      ...it,
      planted: ids("owner", it.of.objectId).has(it.objectId.toLowerCase()),
    })),
    ownedObjects: principal.ownedObjects.map((it) => ({
      ...it,
      planted: ids("owner", it.of.objectId).has(it.objectId.toLowerCase()),
    })),
    groups: principal.groups.map((it) => ({ ...it, planted: groups.includes(it.groupId.toLowerCase()) })),
    appRoles: marked(principal.appRoles, ids("app-role-assignment")),
    appRolesOnIt: marked(principal.appRolesOnIt, ids("app-role-assignment")),
    delegatedGrants: marked(principal.delegatedGrants, ids("delegated-grant")),
    directoryRoles: marked(principal.directoryRoles, ids("directory-role")),
    roleAssignments: marked(principal.roleAssignments, ids("role-assignment")),
    vaultPolicies: principal.vaultPolicies.map((it) => ({
      ...it,
      planted: ids("vault-policy", it.vaultId).has(it.objectId.toLowerCase()),
    })),
  };
}
