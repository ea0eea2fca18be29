import type { FederatedTrust } from "../case/credential.ts";

/** What a federated credential says about whom it trusts. */
export interface FederatedClaim {
  readonly issuer: string;
  readonly subject: string | null;
  readonly claimsMatchingExpression: { readonly value: string } | null;
}

const GITHUB_ISSUER = /^https:\/\/token\.actions\.githubusercontent\.com(?:\/[\w.-]+)?$/i;
const AZURE_DEVOPS_ISSUER = /^https:\/\/vstoken\.dev\.azure\.com\/([0-9a-f-]{36})$/i;
const ENTRA_ISSUER =
  /^https:\/\/(?:login\.microsoftonline\.com|sts\.windows\.net)\/([0-9a-f-]{36})(?:\/v2\.0)?$/i;
/** `https://{region}.oic.prod-aks.azure.com/{tenant}/{id}/`, and the issuer that identity bindings share. */
const AKS_ISSUER = /^https:\/\/[\w-]+\.oic\.prod-aks\.azure\.com\/[0-9a-f-]{36}\/[0-9a-f-]{36}$/i;

/**
 * Reads what a federated credential lets in. `clusterIdOf` names the cluster whose OIDC issuer this is, or null. Only an
 * issuer somebody is known to run gets a kind; every other one, and every subject that does not have the form its issuer
 * writes, is `unknown-issuer`: an attacker's own issuer looks like it.
 */
export function federatedTrust(
  claim: FederatedClaim,
  clusterIdOf: (issuer: string) => string | null,
): FederatedTrust {
  const { issuer, subject } = claim;
  const bare = bareIssuer(issuer);
  const unknown: FederatedTrust = { kind: "unknown-issuer", issuer, subject };
  const cluster = clusterIdOf(issuer);
  const known =
    cluster !== null ||
    [GITHUB_ISSUER, AZURE_DEVOPS_ISSUER, ENTRA_ISSUER, AKS_ISSUER].some((it) => it.test(bare));
  // An expression does not make an unknown issuer any better known.
  if (!known) return unknown;
  if (claim.claimsMatchingExpression !== null) {
    return { kind: "flexible", issuer, expression: claim.claimsMatchingExpression.value };
  }
  if (subject === null) return unknown;
  if (cluster !== null || AKS_ISSUER.test(bare)) {
    const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(subject);
    if (account === null) return unknown;
    const [, namespace = "", serviceAccount = ""] = account;
    return { kind: "kubernetes", clusterId: cluster, issuer, namespace, serviceAccount };
  }
  if (GITHUB_ISSUER.test(bare)) return github(subject) ?? unknown;
  if (AZURE_DEVOPS_ISSUER.test(bare)) {
    const connection = /^sc:\/\/([^/]+)\/([^/]+)\/(.+)$/.exec(subject);
    if (connection === null) return unknown;
    const [, organisation = "", project = "", name = ""] = connection;
    return { kind: "azure-devops", organisation, project, connection: name };
  }
  const tenantId = ENTRA_ISSUER.exec(bare)?.[1];
  if (tenantId === undefined) return unknown;
  // Azure DevOps moved its service connections to Entra's issuer: `<prefix>/sc/<organisation id>/<connection id>`.
  const connection = /(?:^|\/)sc\/([0-9a-f-]{36})\/([0-9a-f-]{36})$/i.exec(subject);
  if (connection !== null) {
    const [, organisation = "", id = ""] = connection;
    return { kind: "azure-devops", organisation, project: null, connection: id };
  }
  return { kind: "entra", tenantId: tenantId.toLowerCase(), subject };
}

/** Issuers without their closing slash: Entra compares it, people and alerts leave it out. */
export function bareIssuer(issuer: string): string {
  return issuer.replace(/\/+$/, "");
}

/** `repo:owner/name:filter`, or the immutable form `repo:owner@id/name@id:filter` that survives a renaming. */
function github(subject: string): FederatedTrust | null {
  const parts = /^repo:([^/:@]+)(?:@(\d+))?\/([^/:@]+)(?:@(\d+))?:(.+)$/.exec(subject);
  if (parts === null) return null;
  const [, owner = "", ownerId, repository = "", repositoryId, filter = ""] = parts;
  return {
    kind: "github",
    owner,
    ownerId: ownerId ?? null,
    repository,
    repositoryId: repositoryId ?? null,
    filter,
  };
}
