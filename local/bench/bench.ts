/** One measured figure. `ratio` rows compare two figures of the same run, so that they mean the same on a slow machine. */
export interface BenchRow {
  readonly measure: string;
  readonly value: number;
  readonly unit: string;
  readonly note?: string;
}

/** A group of measurements that `npm run bench -- NAME` runs on its own. It cleans up what it starts. */
export interface Bench {
  readonly name: string;
  readonly describes: string;
  run(): Promise<readonly BenchRow[]>;
}
