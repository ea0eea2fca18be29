/** What a fault campaign found: how many faults were injected, and a line for each that ended differently than promised. */
export interface CampaignResult {
  readonly points: number;
  readonly failures: readonly string[];
}

export interface CampaignOptions {
  /** The same seed injects the same faults. */
  readonly seed: number;
  /** Fewer points than the campaign's own number: the bounded sample that `npm test` runs. */
  readonly points?: number;
  readonly report: (line: string) => void;
}

/** Breaks something on purpose, many times, and checks the end state. `npm run faults -- NAME` runs one on its own. */
export interface Campaign {
  readonly name: string;
  readonly describes: string;
  run(options: CampaignOptions): Promise<CampaignResult>;
}
