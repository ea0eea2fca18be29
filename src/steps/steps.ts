import { disableServicePrincipal } from "./disable-service-principal.ts";
import type { Step } from "./step.ts";

/** Every step kind there is. Nothing else lists them. */
export const STEPS: readonly Step[] = [disableServicePrincipal];

const BY_KIND = new Map(STEPS.map((step) => [step.kind, step]));

/** The step of a kind. Throws for a kind that does not exist: a plan of ours never names one. */
export function stepNamed(kind: string): Step {
  const step = BY_KIND.get(kind);
  if (step === undefined) throw new TypeError(`there is no step kind ${JSON.stringify(kind)}`);
  return step;
}
