import { sideBySide } from "../azure/side-by-side.ts";
import type { PlannedStep } from "../case/plan.ts";
import { stepNamed } from "../steps/steps.ts";

/** Under Graph's 3,000 writes in 2.5 minutes with room for others, and few enough for one small function app. */
const AT_ONCE = 16;

/**
 * Side by side, but one after another where Azure refuses concurrent writes: on one application, identity or vault.
 * Outcomes stand in the order of the steps.
 */
export function inLanes<Outcome>(
  steps: readonly PlannedStep[],
  perform: (step: PlannedStep) => Promise<Outcome>,
): Promise<readonly Outcome[]> {
  return inBundles(
    steps,
    () => 1,
    (bundle) => Promise.all(bundle.map((step) => perform(step))),
  );
}

/** As `inLanes`, with as many steps of one kind and lane at a time as `mostOf` allows for the kind. */
export async function inBundles<Outcome>(
  steps: readonly PlannedStep[],
  mostOf: (kind: string) => number,
  perform: (bundle: readonly PlannedStep[]) => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  const numbered = steps.map((step, index) => ({ step, index }));
  const lanes = Map.groupBy(numbered, ({ step }) => stepNamed(step.kind).alone(step.target) ?? step.id);
  const outcomes: Outcome[] = [];
  await sideBySide([...lanes.values()], AT_ONCE, async (lane) => {
    for (const bundle of bundlesOf(lane, mostOf)) {
      const made = await perform(bundle.map(({ step }) => step));
      for (const [place, outcome] of made.entries()) outcomes[bundle[place]?.index ?? -1] = outcome;
    }
  });
  return outcomes;
}

function bundlesOf<Numbered extends { readonly step: PlannedStep }>(
  lane: readonly Numbered[],
  mostOf: (kind: string) => number,
): readonly (readonly Numbered[])[] {
  const bundles: Numbered[][] = [];
  for (const it of lane) {
    const last = bundles.at(-1);
    const { kind } = it.step;
    if (last !== undefined && last[0]?.step.kind === kind && last.length < mostOf(kind)) last.push(it);
    else bundles.push([it]);
  }
  return bundles;
}
