import type { Planted } from "../case/planted.ts";
import type { Obstacle } from "../case/scope.ts";
import type { StepReference } from "./shutting.ts";

/** Why a step cannot work, and what a person does instead. */
export interface Hindrance {
  readonly reason: string;
  readonly action: string;
  /**
   * With one step of each group confirmed nothing is left for the hindered one to cut. Not given: the gap stays until
   * somebody makes the cut. Empty: it never was a cut that anybody could make, and nothing is open by it.
   */
  readonly coveredBy?: readonly (readonly StepReference[])[];
}

/**
 * The lock in the way of a change, or null. Any lock refuses deletions, role assignments' included; a ReadOnly one refuses
 * writes and POST actions as well. Locks are not ours to lift: somebody put them there on purpose.
 */
export function lockInTheWay(
  obstacles: readonly Obstacle[],
  scope: string,
  change: "deletion" | "write",
  task: string,
  coveredBy?: Hindrance["coveredBy"],
): Hindrance | null {
  for (const obstacle of obstacles) {
    if (obstacle.kind !== "lock" || !isWithin(scope, obstacle.scope)) continue;
    if (change === "write" && obstacle.level !== "ReadOnly") continue;
    return {
      reason: `a ${obstacle.level} lock on ${obstacle.scope} refuses it`,
      action: `Lift the lock ${obstacle.lockId}, ${task}, set the lock again`,
      ...(coveredBy === undefined ? {} : { coveredBy }),
    };
  }
  return null;
}

/** Whether a scope is another one or lies below it. */
export function isWithin(scope: string, container: string): boolean {
  const [inner, outer] = [scope.toLowerCase(), container.toLowerCase().replace(/\/$/, "")];
  return inner === outer || inner.startsWith(`${outer}/`);
}

/** Why a planted thing has to go. What no log explains may be the attacker's, and is not said to be. */
export function plantedBecause({ by, evidence }: Pick<Planted, "by" | "evidence">): string {
  return by === "unknown" ? evidence : `Planted by the suspect: ${evidence}`;
}
