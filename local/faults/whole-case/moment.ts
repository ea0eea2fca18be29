/** Stretches of a case, each beginning when its first entry is about to be recorded; the first with the alert. */
export const PHASES = ["open", "scope", "cut", "decide", "evict", "watch", "restore"] as const;
export type Phase = (typeof PHASES)[number];

export const BEGINS_WITH: Readonly<Record<Phase, string | null>> = {
  open: null,
  scope: "worm-status",
  cut: "planned",
  decide: "decision-asked",
  evict: "decision-made",
  watch: "watch-started",
  restore: "restore-asked",
};

export const MISHAPS = [
  "host killed",
  "tenant killed",
  "storage stands still",
  "throttled",
  "throttled without a hint",
  "unavailable",
  "answer lost",
] as const;
export type Mishap = (typeof MISHAPS)[number];

/**
 * When something goes wrong, by what happens and not by the clock: at the nth request to Azure, or the nth write to
 * storage, since the phase began or the moment before it in the same phase was over; or, where nothing happens, after a
 * while.
 */
export interface Moment {
  readonly phase: Phase;
  readonly on: "azure" | "storage" | "nothing";
  /** Only these are counted: requests of an operation, as a fault rule names it, or writes that hold an entry of a type. */
  readonly only?: string;
  /** Counts from 1; milliseconds where nothing happens. */
  readonly nth: number;
  /** Whether the request is still served, so that only its answer is lost. */
  readonly served: boolean;
  readonly mishap: Mishap;
}

export function nameOf({ phase, on, only, nth, served, mishap }: Moment): string {
  const what = on === "nothing" ? `${nth} ms in` : `${only ?? on} ${nth}`;
  const kills = mishap === "host killed" || mishap === "tenant killed";
  const when = on === "nothing" || !kills ? "" : served ? ", after it was served" : ", before it was served";
  return `${phase}, ${what}${when}: ${mishap}`;
}

/** How much happens in a phase undisturbed: what moments are drawn from. */
export type PhaseCounts = ReadonlyMap<Phase, { readonly azure: number; readonly storage: number }>;

const AZURE_MISHAPS: readonly Mishap[] = [
  "host killed",
  "host killed",
  "host killed",
  "tenant killed",
  "tenant killed",
  "throttled",
  "throttled without a hint",
  "unavailable",
  "answer lost",
];
const STORAGE_MISHAPS: readonly Mishap[] = [
  "host killed",
  "host killed",
  "host killed",
  "storage stands still",
  "unavailable",
  "answer lost",
];

/** One moment for each phase, spread over the phase from case to case. The same draws give the same moments. */
export function momentsOf(counts: PhaseCounts, place: number, random: () => number): readonly Moment[] {
  return PHASES.map((phase): Moment => {
    const { azure, storage } = counts.get(phase) ?? { azure: 1, storage: 1 };
    // While people are waited for nothing happens at all; a quarter of the moments are there.
    if (phase === "decide" && random() < 0.25) {
      return {
        phase,
        on: "nothing",
        nth: 200 + Math.floor(random() * 1_500),
        served: false,
        mishap: "host killed",
      };
    }
    const on = azure > 0 && random() < 0.5 ? "azure" : "storage";
    const count = Math.max(1, on === "azure" ? azure : storage);
    const mishaps = on === "azure" ? AZURE_MISHAPS : STORAGE_MISHAPS;
    return {
      phase,
      on,
      nth: 1 + Math.floor(((place + random()) % 1) * count),
      served: random() < 0.5,
      mishap: mishaps[Math.floor(random() * mishaps.length)] ?? "host killed",
    };
  });
}
