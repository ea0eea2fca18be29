import { sideBySide } from "../azure/side-by-side.ts";
import type { PlannedStep } from "../case/plan.ts";
import { stepNamed } from "../steps/steps.ts";

/** Under Graph's 3,000 writes in 2.5 minutes with room for others, and few enough for one small function app. */
const AT_ONCE = 16;

/**
 * Side by side, but one after another where Azure refuses concurrent writes: on one application, identity or vault.
 * Outcomes stand in the order of the steps.
 */
export async function inLanes<Outcome>(
  steps: readonly PlannedStep[],
  perform: (step: PlannedStep) => Promise<Outcome>,
): Promise<readonly Outcome[]> {
  const lanes = new Map<string, number[]>();
  for (const [index, step] of steps.entries()) {
    const lane = stepNamed(step.kind).alone(step.target) ?? step.id;
    lanes.set(lane, [...(lanes.get(lane) ?? []), index]);
  }
  const outcomes: Outcome[] = [];
  await sideBySide([...lanes.values()], AT_ONCE, async (lane) => {
    for (const index of lane) {
      const step = steps[index];
      if (step !== undefined) outcomes[index] = await perform(step);
    }
  });
  return outcomes;
}
