import type { Campaign, CampaignOptions, CampaignResult } from "./campaign.ts";
import { crashRound } from "./host-crash/crash-round.ts";
import { seededRandom } from "./seeded-random.ts";

const POINTS = 200;
const KILLS_PER_ROUND = 20;

/**
 * Kills the embedded host without warning while it runs fan-outs, retries, timers, events, sub-orchestrations and
 * continue-as-new, and starts it again on the same store. The moments are drawn from the seed; what the host happens
 * to do at such a moment is up to the machine.
 */
export const campaign: Campaign = {
  name: "host-crash",
  describes: "SIGKILL of the host at random moments; every instance must end as without it",
  run,
};

async function run(options: CampaignOptions): Promise<CampaignResult> {
  const { seed, points = POINTS } = options;
  const random = seededRandom(seed);
  const failures: string[] = [];
  for (let done = 0; done < points; done += KILLS_PER_ROUND) {
    const kills = Math.min(KILLS_PER_ROUND, points - done);
    const name = `s${seed}-r${done / KILLS_PER_ROUND}`;
    const found = await crashRound({ name, kills, random });
    options.report(
      `${name}: ${kills} kills, ${found.length === 0 ? "all as without them" : found.join("; ")}`,
    );
    failures.push(...found);
  }
  return { points, failures };
}
