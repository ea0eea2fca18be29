import type { SignIns } from "../scope/changes/log-prints.ts";
import type { CaseStanding, CaseStep } from "./case-standing.ts";

/** A sign-in with what was taken away. */
export interface RevokedUse {
  /** Makes it the same finding at every look. */
  readonly key: string;
  readonly principalId: string;
  /** Null where the log does not say which: of a secret that is not there any more Entra does not know the id. */
  readonly credentialId: string | null;
  readonly succeeded: boolean;
  /** Entra's error number. */
  readonly result: string;
  readonly times: number;
  readonly first: string;
  readonly last: string;
  readonly addresses: readonly string[];
}

const REMOVALS: Readonly<Record<string, "keyId" | "credentialId">> = {
  "remove-application-password": "keyId",
  "remove-application-certificate": "keyId",
  "remove-service-principal-password": "keyId",
  "remove-service-principal-certificate": "keyId",
  "delete-application-federated-credential": "credentialId",
};
const DISABLING: readonly string[] = ["disable-service-principal", "disable-user", "deactivate-application"];

/**
 * Refused for want of what we took: the account or application is disabled, the secret or certificate is not one it has,
 * nothing trusts the token presented. Entra's numbers; anything else has reasons of its own (a policy, a typing error).
 */
const REFUSED_FOR_IT: readonly string[] = [
  "50057",
  "7000112",
  "7000215",
  "7000222",
  "700027",
  "70021",
  "700211",
  "700212",
  "700213",
];
/** Entra's token endpoint honours what is gone for a while: a success shortly after a cut is the cut arriving. */
const ARRIVING_IN_MS = 10 * 60_000;

/** Which sign-ins used what the case had taken away, after it was. One for each credential, and one for those unnamed. Pure. */
export function revokedUses(
  signIns: readonly SignIns[],
  steps: readonly CaseStep[],
  standing: CaseStanding,
): readonly RevokedUse[] {
  const cut = steps.flatMap(({ step }) => {
    const { performed, performedAt, restored } = standing.of(step.id);
    return performed && performedAt !== null && !restored ? [{ step, performedAt }] : [];
  });
  const removedAt = new Map(
    cut.flatMap(({ step, performedAt }) => {
      const member = REMOVALS[step.kind];
      const id = member === undefined ? undefined : step.target[member];
      return typeof id === "string" ? [[id.toLowerCase(), performedAt] as const] : [];
    }),
  );
  const closedAt = earliest(
    cut.flatMap(({ step, performedAt }) =>
      DISABLING.includes(step.kind) || step.kind in REMOVALS
        ? step.touches.map((id) => [id.toLowerCase(), performedAt] as const)
        : [],
    ),
  );
  return signIns.flatMap((it): readonly RevokedUse[] => {
    const succeeded = it.result === "0";
    const at = it.credentialId === null ? undefined : removedAt.get(it.credentialId);
    const since = at ?? (succeeded ? undefined : closedAt.get(it.principalId));
    if (since === undefined) return [];
    if (!succeeded && at === undefined && !REFUSED_FOR_IT.includes(it.result)) return [];
    const from = succeeded ? new Date(Date.parse(since) + ARRIVING_IN_MS).toISOString() : since;
    if (it.last <= from) return [];
    const key = [it.principalId, it.credentialId ?? it.result, succeeded ? "in" : "refused", since].join(" ");
    return [{ key, ...it, succeeded }];
  });
}

/** Principals that are disabled by the case, as far as is known. Pure. */
export function closedIds(steps: readonly CaseStep[], standing: CaseStanding): readonly string[] {
  return steps.flatMap(({ step: { id, kind, target } }) => {
    const { confirmed, restored } = standing.of(id);
    const who = target["servicePrincipalId"] ?? target["userId"];
    const isClosed = DISABLING.includes(kind) && confirmed === "confirmed" && !restored;
    return isClosed && typeof who === "string" ? [who.toLowerCase()] : [];
  });
}

function earliest(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  const first = new Map<string, string>();
  for (const [id, at] of pairs) {
    const known = first.get(id);
    if (known === undefined || at < known) first.set(id, at);
  }
  return first;
}
