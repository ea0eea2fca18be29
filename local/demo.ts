import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { verifyRecord } from "../src/record/verify.ts";
import { apiClient, type CallApi } from "./run/api-client.ts";
import {
  type CaseSeen,
  CaseSeenSchema,
  OpenedSchema,
  PlanSeenSchema,
  ReportSeenSchema,
} from "./run/case-seen.ts";
import { type House, startHouse } from "./run/house.ts";

/**
 * The main job, start to finish: storage, stand-in tenant and host come up, the scenario's alert is posted as its sender
 * would, and the case is followed to its end. Plays the playbook and the approver. Exit 0 only if the case ended
 * contained and its record verifies.
 */
const { values } = parseArgs({
  options: {
    scenario: { type: "string", default: "war-story" },
    json: { type: "boolean", default: false },
    keep: { type: "string" },
    app: { type: "string" },
  },
});

/** Azure's propagation and ingestion delays are scaled by this, so that the demo takes a minute and not an hour. */
const DELAYS = 1 / 100;
const MOST_SECONDS = 300;
const out = values.json ? process.stderr : process.stdout;
const startedAt = performance.now();
const say = (line: string) => out.write(`${elapsed()}  ${line}\n`);

const folder = values.keep ?? join(tmpdir(), `tourniquet-demo-${process.pid}`);
mkdirSync(folder, { recursive: true, mode: 0o700 });
let house: House | undefined;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void house?.stop().then(() => process.exit(130)));
}
try {
  say(`starting storage, tenant (${values.scenario}, Azure's delays scaled to a hundredth) and host`);
  house = await startHouse({
    folder,
    scenario: values.scenario,
    delays: DELAYS,
    fresh: true,
    ...(values.app === undefined ? {} : { app: resolve(values.app) }),
  });
  process.exitCode = (await demo(house)) ? 0 : 1;
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await house?.stop();
  if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
}

async function demo(up: House): Promise<boolean> {
  const call = apiClient(up.api, up.callers);
  await up.ask("attack");
  say(`up at ${up.api}; the attacker is at work`);
  const posted = await call("playbook", "POST", "/incidents", up.alert);
  if (posted.status !== 202) {
    say(`the alert was refused: ${posted.status} ${posted.text}`);
    return false;
  }
  const { caseId } = OpenedSchema.parse(posted.body);
  say(`the alert is case ${caseId}`);
  const ended = await follow(call, caseId);
  const record = await call("reader", "GET", `/cases/${caseId}/record`);
  const verification = await verifyRecord(() => [Buffer.from(record.text)], { caseId });
  const verified = verification.kind === "intact";
  const reports = await saveReports(call, caseId);
  const seen = await up.ask("seen");
  const contained = ended?.outcome === "contained";

  say(`outcome: ${ended?.outcome ?? "none"} (${ended?.reason ?? "it did not end in time"})`);
  for (const { what, where, until } of ended?.residualExposure ?? []) {
    say(`until ${until ?? "further notice"} at ${where}: ${what}`);
  }
  if (seen?.adversary != null) {
    say("the attacker's last successes, seen from outside:");
    for (const [name, at] of Object.entries(seen.adversary.lastSuccess))
      say(`  ${at ?? "never".padEnd(24)}  ${name}`);
  }
  say(
    `record: ${verified ? `${verification.entries} entries, intact, head ${verification.head}` : JSON.stringify(verification)}`,
  );
  for (const path of reports) say(`report: ${relative(process.cwd(), path)}`);
  for (const host of new Set(seen?.refused ?? [])) say(`tried to reach ${host}, which is not Azure`);
  for (const defect of seen?.defects ?? []) say(`defect of the stand-in: ${defect}`);

  if (values.json) {
    const byService = seen?.requests ?? {};
    const steps = await stepsOf(call, caseId);
    process.stdout.write(
      `${JSON.stringify({
        caseId,
        status: ended?.status ?? null,
        outcome: ended?.outcome ?? null,
        steps,
        residualExposure: ended?.residualExposure ?? [],
        timings: {
          totalInMs: Math.round(performance.now() - startedAt),
          attackerLastSuccess: seen?.adversary?.lastSuccess ?? {},
        },
        requests: { total: Object.values(byService).reduce((sum, count) => sum + count, 0), byService },
        record: {
          entries: verified ? verification.entries : 0,
          head: verified ? verification.head : null,
          verified,
        },
        egressRefused: [...new Set(seen?.refused ?? [])],
      })}\n`,
    );
  }
  return contained && verified && (seen?.refused.length ?? 1) === 0 && (seen?.defects.length ?? 1) === 0;
}

/** Watches the case and plays the approver, until it is over or watched. */
async function follow(call: CallApi, caseId: string): Promise<CaseSeen | null> {
  let last = "";
  let decided = "";
  for (;;) {
    const answer = await call("reader", "GET", `/cases/${caseId}`);
    const seen = CaseSeenSchema.parse(answer.body);
    const { status, steps, decision } = seen;
    const line = `${status}: ${steps.applied} of ${steps.planned} steps made, ${steps.confirmed} confirmed`;
    if (line !== last) say(line);
    last = line;
    if (status === "watching" || status === "closed") return seen;
    if (status === "awaiting-decision" && decision !== null && decided !== decision.planDigest) {
      decided = decision.planDigest;
      await approve(call, caseId, decision);
    }
    if (performance.now() - startedAt > MOST_SECONDS * 1_000) return null;
    await new Promise((done) => setTimeout(done, 500));
  }
}

async function approve(
  call: CallApi,
  caseId: string,
  { planDigest, difference }: NonNullable<CaseSeen["decision"]>,
): Promise<void> {
  const plan = PlanSeenSchema.parse((await call("approver", "GET", `/cases/${caseId}/plan`)).body);
  const asking = plan.waves
    .flatMap((wave) => wave.steps)
    .filter(({ permission }) => permission === "approval");
  say(asking.length === 1 ? "1 step waits for a person:" : `${asking.length} steps wait for a person:`);
  const news = difference === null ? [] : [...difference.added, ...difference.widened];
  if (difference !== null) say(`new among them since the question answered before: ${news.length}`);
  const shown = difference === null ? asking.map(({ title }) => title) : news;
  for (const title of shown.slice(0, 12)) say(`  ${title}`);
  if (shown.length > 12) say(`  … and ${shown.length - 12} more`);
  const body = { decision: "approve", planDigest, comment: "Demo: evict the attacker." };
  const answer = await call("approver", "POST", `/cases/${caseId}/decision`, body);
  say(
    answer.status === 202
      ? `the approver approved plan ${planDigest.slice(0, 12)}…`
      : `refused: ${answer.text}`,
  );
}

async function stepsOf(call: CallApi, caseId: string) {
  const report = await call("reader", "GET", `/cases/${caseId}/report.json`);
  const parsed = ReportSeenSchema.safeParse(report.body);
  return parsed.success
    ? parsed.data.steps.map(({ id, kind, title, result, confirmed }) => ({
        id,
        kind,
        target: title,
        outcome: confirmed ? "confirmed" : (result ?? "not performed"),
      }))
    : [];
}

async function saveReports(call: CallApi, caseId: string): Promise<readonly string[]> {
  const kept = resolve(".tourniquet", "reports");
  mkdirSync(kept, { recursive: true });
  const paths: string[] = [];
  for (const extension of ["html", "md", "json"]) {
    const report = await call("reader", "GET", `/cases/${caseId}/report.${extension}`);
    if (report.status !== 200) continue;
    const path = join(kept, `${caseId}.${extension}`);
    writeFileSync(path, report.text);
    paths.push(path);
  }
  return paths;
}

function elapsed(): string {
  return `${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s`;
}
