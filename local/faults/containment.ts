import { join } from "node:path";
import type { Campaign, CampaignOptions, CampaignResult } from "./campaign.ts";
import { seededRandom } from "./seeded-random.ts";
import { type Moment, momentsOf, nameOf } from "./whole-case/moment.ts";
import { type Played, play } from "./whole-case/play.ts";

const SCENARIOS = ["cicd-service-connection", "war-story"] as const;
const POINTS = 84;
const POLICY = join(import.meta.dirname, "containment", "policy.json");
/** The golden ratio's part: cases spread their moments over a phase, however many there are. */
const SPREAD = 0.618_034;

/**
 * Plays whole cases, from the alert to the restore, with one thing going wrong in each phase of each case: the host or the
 * tenant killed between an effect and its outcome or before it, storage standing still, answers lost, throttling, 5xx.
 * Promised: the same end as undisturbed, in the case, in the tenant and on record; no effect without an intent before it
 * or after its outcome; nothing intended that did not end.
 */
export const campaign: Campaign = {
  name: "containment",
  describes:
    "whole cases with kills of host and tenant, lost answers, throttling and standstills in every phase",
  run,
};

async function run({ seed, points = POINTS, report }: CampaignOptions): Promise<CampaignResult> {
  const failures: string[] = [];
  let injected = 0;
  const undisturbed = new Map<string, Played>();
  for (let n = 0; injected < points; n++) {
    const scenario = SCENARIOS[n % SCENARIOS.length] ?? SCENARIOS[0];
    const without = undisturbed.get(scenario) ?? (await play(scenario, POLICY, []));
    if (!undisturbed.has(scenario)) {
      undisturbed.set(scenario, without);
      report(`${scenario} undisturbed: ${JSON.stringify(without.end)}`);
      failures.push(...without.wrong.map((it) => `${scenario} undisturbed: ${it}`));
    }
    const random = seededRandom(seed * 1_000 + n);
    const moments = momentsOf(without.counts, n * SPREAD, random).slice(0, points - injected);
    const found = await playWith(scenario, moments, without);
    for (const line of found.lines) report(line);
    failures.push(...found.wrong);
    injected += found.injected;
  }
  return { points: injected, failures };
}

async function playWith(scenario: string, moments: readonly Moment[], without: Played) {
  const startedAt = performance.now();
  const played = await play(scenario, POLICY, moments).catch((error: unknown) => String(error));
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  if (typeof played === "string") {
    const name = `${scenario}: ${moments.map(nameOf).join("; ")}`;
    return { lines: [`${name}: ${played}`], wrong: [`${name}: ${played}`], injected: moments.length };
  }
  const differs = Object.entries(played.end).flatMap(([what, is]) =>
    is === without.end[what] ? [] : [`${what}: ${is}, not ${without.end[what]}`],
  );
  const wrong = [...differs, ...played.wrong];
  const lines = moments.map((moment) => {
    const met = played.met.get(moment);
    return `${scenario}: ${nameOf(moment)}: ${met === undefined ? "did not come" : `at ${met}`}`;
  });
  const verdict = wrong.length === 0 ? "as without" : wrong.join("; ");
  return {
    lines: [...lines, `${scenario}: ${played.met.size} faults in one case (${seconds} s): ${verdict}`],
    wrong: wrong.map((it) => `${scenario}, ${moments.map(nameOf).join(", ")}: ${it}`),
    // A case in which nothing happened counts too, or the campaign would never end.
    injected: Math.max(1, played.met.size),
  };
}
