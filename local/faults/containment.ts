import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifyRecord } from "../../src/record/verify.ts";
import { apiClient, type CallApi } from "../run/api-client.ts";
import { CaseSeenSchema, OpenedSchema } from "../run/case-seen.ts";
import { type House, startHouse } from "../run/house.ts";
import { seededRandom } from "./seeded-random.ts";
import type { Campaign, CampaignOptions, CampaignResult } from "./campaign.ts";

const POINTS = 24;
const KILLS_PER_CASE = 3;
const SCENARIO = "cicd-service-connection";
/** A case takes about this long here undisturbed; the moments are drawn from it. */
const LENGTH_IN_MS = 12_000;
const PATIENCE_IN_MS = 180_000;
const POLICY = join(import.meta.dirname, "containment", "policy.json");
const WHAT = ["host", "tenant", "storage"] as const;

/**
 * Kills host and tenant, and makes storage stand still, at moments drawn from the seed while a case runs from its alert to
 * the watch. Promised: the same end as undisturbed, an intact record, no step intended twice in one attempt, each outcome once.
 */
export const campaign: Campaign = {
  name: "containment",
  describes:
    "SIGKILL of host and tenant and standstill of storage while a case runs; the end must be as without",
  run,
};

async function run(options: CampaignOptions): Promise<CampaignResult> {
  const { seed, points = POINTS } = options;
  const random = seededRandom(seed);
  const undisturbed = await oneCase([]);
  const failures: string[] = undisturbed.problems.map((it) => `undisturbed: ${it}`);
  for (let done = 0; done < points; done += KILLS_PER_CASE) {
    const faults = Array.from({ length: Math.min(KILLS_PER_CASE, points - done) }, () => ({
      what: WHAT[Math.floor(random() * WHAT.length)] ?? "host",
      afterInMs: Math.floor((random() * LENGTH_IN_MS) / KILLS_PER_CASE),
    }));
    const name = faults.map(({ what, afterInMs }) => `${what} after ${afterInMs} ms`).join(", ");
    const { end, problems } = await oneCase(faults);
    const found = end === undisturbed.end ? problems : [...problems, `ended ${end}, not ${undisturbed.end}`];
    options.report(`${name}: ${found.length === 0 ? "as without" : found.join("; ")}`);
    failures.push(...found.map((it) => `${name}: ${it}`));
  }
  return { points, failures };
}

interface Fault {
  readonly what: (typeof WHAT)[number];
  readonly afterInMs: number;
}

interface Ended {
  /** Outcome, access as it stands in the tenant, confirmed steps: what has to be equal. */
  readonly end: string;
  readonly problems: readonly string[];
}

async function oneCase(faults: readonly Fault[]): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), "tourniquet-faults-"));
  const house = await startHouse({ folder, scenario: SCENARIO, policy: POLICY, delays: 0, fresh: true });
  try {
    const call = apiClient(house.api, house.callers);
    const posted = await call("playbook", "POST", "/incidents", house.alert);
    const { caseId } = OpenedSchema.parse(posted.body);
    const following = follow(call, caseId);
    for (const { what, afterInMs } of faults) {
      await new Promise((done) => setTimeout(done, afterInMs));
      await house.crash(what);
    }
    const outcome = await following;
    return await judge(house, call, caseId, outcome);
  } finally {
    await house.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Plays the approver until the case is watched; calls that meet a dead host are made again. */
async function follow(call: CallApi, caseId: string): Promise<string> {
  const deadline = performance.now() + PATIENCE_IN_MS;
  while (performance.now() < deadline) {
    await new Promise((done) => setTimeout(done, 250));
    const answer = await call("reader", "GET", `/cases/${caseId}`).catch(() => null);
    if (answer?.status !== 200) continue;
    const { status, outcome, decision } = CaseSeenSchema.parse(answer.body);
    if (status === "watching" || status === "closed") return `${status} ${outcome ?? "without outcome"}`;
    if (status !== "awaiting-decision" || decision === null) continue;
    const body = { decision: "approve", planDigest: decision.planDigest };
    await call("approver", "POST", `/cases/${caseId}/decision`, body).catch(() => null);
  }
  return "no end in time";
}

async function judge(house: House, call: CallApi, caseId: string, outcome: string): Promise<Ended> {
  const { text } = await call("reader", "GET", `/cases/${caseId}/record`);
  const problems: string[] = [];
  const verified = await verifyRecord(() => [Buffer.from(text)], { caseId });
  if (verified.kind !== "intact") problems.push(`the record is ${verified.kind}`);
  const entries: { type: string; id: string; data: Record<string, unknown> }[] = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
  const ids = entries.filter(({ id }) => id !== undefined).map(({ id }) => id);
  if (new Set(ids).size !== ids.length) problems.push("an entry stands twice");
  const attempt = ({ data }: (typeof entries)[number]) =>
    [data["planDigest"], data["stepId"], data["attempt"]].join(" ");
  const intended = new Set(entries.filter(({ type }) => type === "intent").map(attempt));
  for (const entry of entries) {
    if (entry.type === "outcome" && !intended.has(attempt(entry))) problems.push("an outcome without intent");
  }
  const access = (await house.ask("seen"))?.access.map(({ fact }) => fact).join("\n") ?? "";
  return { end: `${outcome} ${digest(access)}`, problems };
}

/** Short, to compare and to print. */
function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
