import type { FederatedCredential } from "../../case/credential.ts";
import type { Planted } from "../../case/planted.ts";
import type { ScopedPrincipal } from "../../case/scope.ts";

/**
 * Issuers that many organisations rightly trust and that anybody may have an account at. Trust in them is shown as what it
 * is, but is no sign by itself that it was planted.
 */
const PUBLIC_ISSUERS: readonly RegExp[] = [
  /^https:\/\/gitlab\.com$/i,
  /^https:\/\/app\.terraform\.io$/i,
  /^https:\/\/accounts\.google\.com$/i,
  /^https:\/\/agent\.buildkite\.com$/i,
  /^https:\/\/api\.pulumi\.com\/oidc$/i,
  /^https:\/\/oidc\.circleci\.com\/org\/[0-9a-f-]{36}$/i,
  /^https:\/\/oidc\.eks\.[a-z0-9-]+\.amazonaws\.com\/id\/[0-9A-F]+$/i,
  /^https:\/\/container\.googleapis\.com\/v1\/projects\/[\w./-]+$/i,
  /^https:\/\/api\.bitbucket\.org\/2\.0\/workspaces\/[\w.-]+\/pipelines-config\/identity\/oidc$/i,
];

/**
 * Federated credentials of the suspects that trust an issuer nobody is known to run and that no log row explains: made
 * before the logs begin, or while they were off. By whom is not known, and the time given is only that of the window.
 */
export function unexplainedTrust(
  principals: readonly ScopedPrincipal[],
  planted: readonly Planted[],
  windowBegins: string,
): readonly Planted[] {
  const explained = new Set(
    planted.flatMap(({ detail }) => (detail.kind === "federated" ? [keyOf(detail.credential)] : [])),
  );
  return principals
    .flatMap(({ federated }) => federated)
    .filter((credential) => isNobodys(credential) && !explained.has(keyOf(credential)))
    .map((credential) => ({
      kind: "federated-credential",
      at: windowBegins,
      onId: credential.holderId,
      onKind: credential.holder,
      onName: null,
      id: credential.id,
      by: "unknown",
      evidence:
        "it trusts an issuer that nobody is known to run; no log row tells when or by whom it was made",
      present: true,
      detail: { kind: "federated", credential: { ...credential, planted: true } },
    }));
}

function isNobodys({ trusts }: FederatedCredential): boolean {
  if (trusts.kind !== "unknown-issuer") return false;
  const issuer = trusts.issuer.replace(/\/+$/, "");
  return !PUBLIC_ISSUERS.some((it) => it.test(issuer));
}

function keyOf({ holderId, id }: FederatedCredential): string {
  return `${holderId} ${id}`.toLowerCase();
}
