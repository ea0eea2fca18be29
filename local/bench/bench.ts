/** One measured figure. `ratio` rows compare two figures of the same run, so that they mean the same on a slow machine. */
export interface BenchRow {
  readonly measure: string;
  readonly value: number;
  readonly unit: string;
  readonly note?: string;
}

/** What a bench may be told on the command line; each takes what it knows. */
export interface BenchOptions {
  /** How many secrets are rotated, instead of the number that is promised. */
  readonly secrets?: number;
  /** Whether the host is killed in the middle and started again. */
  readonly kill?: boolean;
  /** Only the case of this name. */
  readonly size?: string;
  /** How long every answer of the stand-in takes: the longer, the less a busy machine matters. */
  readonly latencyInMs?: number;
}

/** A group of measurements that `npm run bench -- NAME` runs on its own. It cleans up what it starts. */
export interface Bench {
  readonly name: string;
  readonly describes: string;
  run(options: BenchOptions): Promise<readonly BenchRow[]>;
}
