import { join } from "node:path";
import type { Campaign, CampaignOptions, CampaignResult } from "./campaign.ts";
import { playRotations } from "./rotation/play.ts";
import { AGED_POINTS, nameOf, type Point, POINTS, type RotationMoment } from "./rotation/points.ts";
import { seededRandom } from "./seeded-random.ts";

const POLICY = join(import.meta.dirname, "containment", "policy.json");
/** Every effect of the scenario's rotations, before it and after it. */
const ALL = 2 * (POINTS.length + AGED_POINTS.length);
const MISHAPS: readonly RotationMoment["mishap"][] = [
  "host killed",
  "host killed",
  "host killed",
  "host killed",
  "tenant killed",
  "throttled",
  "answer lost",
];
/** As many at once as a rotation has thirds: a later moment cannot have passed when an earlier one is over. */
const AT_ONCE = 3;

/**
 * Rotates a vault that holds something of every provider model, in an incident and by name with an overlap, while host
 * and tenant are killed before and after every effect. Promised: each secret rotated once in effect, the old credential
 * no longer its provider's and the new one so, one version enabled, no credential that nobody knows of, locks as they
 * were, every effect intended on record, no value anywhere.
 */
export const campaign: Campaign = {
  name: "rotation",
  describes:
    "kills of host and tenant before and after every effect of rotations, in an incident and by name",
  run,
};

async function run({ seed, points = ALL, report }: CampaignOptions): Promise<CampaignResult> {
  const random = seededRandom(seed);
  const undisturbed = await playRotations(POLICY, [], []);
  report(`undisturbed: ${undisturbed.end}`);
  const failures = undisturbed.wrong.map((it) => `undisturbed: ${it}`);
  const third = Math.ceil(POINTS.length / AT_ONCE);
  const thirds = Array.from({ length: AT_ONCE }, (_, n) =>
    shuffled(bothWays(POINTS.slice(n * third, (n + 1) * third), random), random),
  );
  const byName = shuffled(bothWays(AGED_POINTS, random), random);
  let done = 0;
  for (let round = 0; done < points && round < third * 2; round++) {
    const incident = thirds.flatMap((moments) => moments[round] ?? []).slice(0, points - done);
    const aged = byName.slice(round, round + 1).slice(0, Math.max(0, points - done - incident.length));
    const moments = [...incident, ...aged];
    const played = await playRotations(POLICY, incident, aged);
    const wrong = [
      ...(played.end === undisturbed.end ? [] : [`ended ${played.end}, not ${undisturbed.end}`]),
      ...played.wrong,
    ];
    for (const moment of moments) {
      report(`${nameOf(moment)}${played.met.has(moment) ? "" : ": did not come"}`);
    }
    report(`${played.met.size} faults: ${wrong.length === 0 ? "as without" : wrong.join("; ")}`);
    failures.push(...wrong.map((it) => `${moments.map(nameOf).join(", ")}: ${it}`));
    done += Math.max(1, played.met.size);
  }
  return { points: done, failures };
}

function bothWays(points: readonly Point[], random: () => number): readonly RotationMoment[] {
  return points.flatMap((point) =>
    [false, true].map((served) => ({
      ...point,
      served,
      mishap: MISHAPS[Math.floor(random() * MISHAPS.length)] ?? "host killed",
    })),
  );
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
