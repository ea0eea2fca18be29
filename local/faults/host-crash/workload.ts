/** One instance the campaign starts, what is raised to it, and what it must have come to in the end. */
export interface Job {
  readonly id: string;
  readonly orchestrator: string;
  readonly input: unknown;
  readonly events: readonly { readonly name: string; readonly step: number }[];
  /** What a host that is never killed gives as `steps`. */
  readonly expected: readonly number[];
  /** Which steps of which instances have side effects, and how often at least. */
  readonly effects: readonly { readonly instance: string; readonly step: number; readonly atLeast: number }[];
  /** Instances whose steps follow one another: a later one is never followed by an earlier one. */
  readonly inOrder: readonly string[];
  /** Results and fired timers that the history holds in the end, exactly. */
  readonly history: { readonly TaskCompleted: number; readonly TimerFired?: number } | undefined;
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index);

/** One instance of every kind of orchestration. */
export function jobs(prefix: string): readonly Job[] {
  return [
    fanOut(`${prefix}-fan`),
    sequence(`${prefix}-seq`),
    {
      ...plain(`${prefix}-events`, "Events", 3),
      events: upTo(3).map((step) => ({ name: `e${step}`, step })),
      history: { TaskCompleted: 3 },
    },
    {
      ...plain(`${prefix}-collect`, "Collect", 3),
      input: { steps: [] },
      events: upTo(3).map((step) => ({ name: "item", step })),
      history: { TaskCompleted: 1 },
    },
    {
      ...plain(`${prefix}-rounds`, "Rounds", 5),
      input: { steps: [] },
      history: { TaskCompleted: 1, TimerFired: 1 },
    },
    family(`${prefix}-family`),
  ];
}

function plain(id: string, orchestrator: string, steps: number): Job {
  return {
    id,
    orchestrator,
    input: null,
    events: [],
    expected: upTo(steps),
    effects: upTo(steps).map((step) => ({ instance: id, step, atLeast: 1 })),
    inOrder: [id],
    history: undefined,
  };
}

function sequence(id: string): Job {
  return { ...plain(id, "Sequence", 5), history: { TaskCompleted: 5, TimerFired: 5 } };
}

function fanOut(id: string): Job {
  return {
    ...plain(id, "FanOut", 6),
    // Every other step fails the first time.
    effects: upTo(6).map((step) => ({ instance: id, step, atLeast: 1 + (step % 2) })),
    inOrder: [],
    history: { TaskCompleted: 6 },
  };
}

function family(id: string): Job {
  const children = [fanOut(`${id}-fan`), sequence(`${id}-seq`)];
  return {
    ...plain(id, "Family", 0),
    expected: children.flatMap((it) => it.expected),
    effects: children.flatMap((it) => it.effects),
    inOrder: children.flatMap((it) => it.inOrder),
  };
}
