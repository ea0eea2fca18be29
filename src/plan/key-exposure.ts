import type { ResidualExposure } from "../case/outcome.ts";
import { principalKey } from "../case/principal.ts";
import type { Scope, ScopedPrincipal } from "../case/scope.ts";
import { type Taken, takenCertificates, takenData, takenThrough } from "../steps/taken.ts";
import { type IsDone, isShut } from "./token-exposure.ts";

/** A user delegation key is good for seven days at the most. */
const DELEGATION_KEY_IN_MS = 7 * 86_400_000;
/** After one rotation the cluster's old signing key is accepted for a day; a second one ends that. */
const OLD_SIGNING_KEY_IN_MS = 86_400_000;

/** What the suspects hold that works without any identity of theirs, until it is replaced. */
export function keyExposure(scope: Scope, isDone: IsDone, cutAt: Date): readonly ResidualExposure[] {
  const left = (taken: Taken, what: string, until: Date | null, because: string): ResidualExposure => ({
    what,
    where: taken.name,
    principalKey: taken.takers[0] ?? "",
    until: until?.toISOString() ?? null,
    because,
  });
  return [
    ...takenThrough(scope, "storage-account", "key-listing").flatMap((taken) =>
      (["key1", "key2"] as const)
        .filter((keyName) => !isDone("regenerate-storage-key", { accountId: taken.resourceId, keyName }))
        .map((keyName) =>
          left(
            taken,
            `${keyName} of the storage account and every shared access signature made with it`,
            null,
            "It works until the key is regenerated.",
          ),
        ),
    ),
    ...takenData(scope, "storage-account")
      .filter(({ reach }) => reach?.can.some((power) => power === "read-data" || power === "write-data"))
      .map((taken) =>
        left(
          taken,
          "a user-delegation shared access signature, if one was made",
          new Date(cutAt.getTime() + DELEGATION_KEY_IN_MS),
          isDone("revoke-user-delegation-keys", { accountId: taken.resourceId })
            ? "The keys are revoked; Storage goes on from its cache for a time that is not published. They end after seven days at the latest."
            : "Such a key is good for up to seven days, without any role.",
        ),
      ),
    ...takenThrough(scope, "site", "publishing-credential")
      .filter(
        ({ resourceId }) =>
          !isDone("reset-publishing-credentials", { siteId: resourceId }) &&
          !isDone("disable-basic-publishing", { siteId: resourceId }),
      )
      .map((taken) =>
        left(
          taken,
          "the publishing password",
          null,
          "It works until it is reset or basic publishing is off.",
        ),
      ),
    ...takenCertificates(scope).flatMap((taken) => ofCluster(taken, isDone, cutAt, left)),
  ];
}

function ofCluster(
  taken: Taken,
  isDone: IsDone,
  cutAt: Date,
  left: (taken: Taken, what: string, until: Date | null, because: string) => ResidualExposure,
): readonly ResidualExposure[] {
  const clusterId = taken.resourceId;
  const turns = [1, 2].filter((turn) => isDone("rotate-cluster-signing-keys", { clusterId, turn })).length;
  const kubeconfig = isDone("rotate-cluster-certificates", { clusterId })
    ? []
    : [
        left(
          taken,
          "an administrator's kubeconfig",
          null,
          "Its certificate is good for two years and its token for longer, whatever becomes of the principal, until the cluster's certificates are rotated.",
        ),
      ];
  const tokens =
    turns === 2 || taken.cluster?.issuesTokens === false
      ? []
      : [
          left(
            taken,
            "tokens of service accounts, made or taken while inside",
            turns === 1 ? new Date(cutAt.getTime() + OLD_SIGNING_KEY_IN_MS) : null,
            turns === 1
              ? "The old signing key is accepted for a day after one rotation."
              : "They are good as long as whoever made them chose, until the signing key is rotated twice.",
          ),
        ];
  return [...kubeconfig, ...tokens];
}

/** Credentials with which new tokens can be got, because neither they nor the principal's sign-in is gone. */
export function credentialExposure(
  { principal, passwords, certificates, federated }: ScopedPrincipal,
  isDone: IsDone,
): readonly ResidualExposure[] {
  if (isShut(principal, isDone)) return [];
  const isApplication = (holder: "application" | "service-principal") => holder === "application";
  const left = [
    ...passwords.filter(({ holder, holderId, keyId }) =>
      isApplication(holder)
        ? !isDone("remove-application-password", { applicationId: holderId, keyId })
        : !isDone("remove-service-principal-password", { servicePrincipalId: holderId, keyId }),
    ),
    ...certificates.filter(({ holder, holderId, keyId, customKeyIdentifier, usage }) =>
      usage !== "Verify"
        ? false
        : isApplication(holder)
          ? !isDone("remove-application-certificate", { applicationId: holderId, keyId, customKeyIdentifier })
          : !isDone("remove-service-principal-certificate", {
              servicePrincipalId: holderId,
              keyId,
              customKeyIdentifier,
            }),
    ),
    ...federated.filter(({ holder, holderId, id, name }) =>
      holder === "application"
        ? !isDone("delete-application-federated-credential", { applicationId: holderId, credentialId: id })
        : !isDone("delete-identity-federated-credential", { identityId: holderId, name }),
    ),
  ].length;
  const isIdentity =
    principal.kind === "user-assigned-identity" || principal.kind === "system-assigned-identity";
  if (left === 0 && !isIdentity && principal.kind !== "user") return [];
  return [
    {
      what: `new tokens of ${principal.displayName}`,
      where: "everywhere",
      principalKey: principalKey(principal),
      until: null,
      because:
        principal.kind === "user"
          ? "Its sign-in is not disabled."
          : `Its sign-in is not disabled, and ${isIdentity ? "its workloads" : `${left} of its credentials`} can still ask for them.`,
    },
  ];
}
