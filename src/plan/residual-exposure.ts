import canonicalize from "canonicalize";
import type { ResidualExposure } from "../case/outcome.ts";
import type { Plan } from "../case/plan.ts";
import type { Scope } from "../case/scope.ts";
import { credentialExposure, keyExposure } from "./key-exposure.ts";
import { tokenExposure } from "./token-exposure.ts";

/** What of the plan holds: as far as exposure depends on it. */
export interface StepStanding {
  readonly result: string | null;
}

/**
 * Until when something already issued or taken may still work, and where: tokens, keys, kubeconfigs, and credentials that
 * were left. Pure. Limits: sign-ins that the logs do not show yet cannot be counted.
 */
export function residualExposure(
  scope: Scope,
  plan: Plan,
  standing: (stepId: string) => StepStanding,
  cutAt: Date,
): readonly ResidualExposure[] {
  const name = (kind: string, target: object) => `${kind} ${canonicalize(target) ?? ""}`;
  const done = new Set(
    plan.waves
      .flatMap((wave) => wave.steps)
      .filter(({ id }) => ["applied", "already-so"].includes(standing(id).result ?? ""))
      .map(({ kind, target }) => name(kind, target)),
  );
  const isDone = (kind: string, target: object) => done.has(name(kind, target));
  return [
    ...scope.principals.flatMap((scoped) => [
      ...credentialExposure(scoped, isDone),
      ...tokenExposure(scope, scoped, isDone, cutAt),
    ]),
    ...keyExposure(scope, isDone, cutAt),
  ];
}
