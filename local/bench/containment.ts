import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { apiClient } from "../run/api-client.ts";
import { CaseSeenSchema, OpenedSchema } from "../run/case-seen.ts";
import { startHouse } from "../run/house.ts";
import type { Bench, BenchRow } from "./bench.ts";
import { principalOfSize, type Size } from "./containment/principal-of-size.ts";

const SIZES: readonly Size[] = [
  { name: "small", credentials: 5, roles: 10, vaults: 4, secretsPerVault: 5 },
  { name: "large", credentials: 60, roles: 300, vaults: 80, secretsPerVault: 25 },
];
const POLICY = join(import.meta.dirname, "containment", "policy.json");
const PATIENCE_IN_MS = 300_000;
const LOOK_EVERY_IN_MS = 100;

/** One principal contained from a responder's request on, with an attacker at work all the while. */
async function contained(size: Size): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "tourniquet-bench-"));
  const scenario = join(folder, "scenario.json");
  writeFileSync(scenario, JSON.stringify(principalOfSize(size)));
  const house = await startHouse({
    folder: join(folder, "house"),
    scenario,
    policy: POLICY,
    delays: 0,
    fresh: true,
  });
  try {
    const call = apiClient(house.api, house.callers);
    await house.ask("attack");
    const before = await house.ask("seen");
    const subject = before?.truth?.suspect.objectId ?? "";
    const startedAt = Date.now();
    const opened = await call("responder", "POST", "/cases", {
      subjects: [subject],
      mode: "evict",
      reason: "bench",
    });
    const { caseId } = OpenedSchema.parse(opened.body);
    const ended = await followed(call, caseId);
    const inMs = Date.now() - startedAt;
    const seen = await house.ask("seen");
    const requests = (counts: Readonly<Record<string, number>> | undefined) =>
      Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0);
    const history = await historyOf(house.api, caseId);
    return [
      {
        measure: `${size.name}: outcome ${ended.outcome}, steps confirmed`,
        value: ended.steps.confirmed,
        unit: "",
      },
      { measure: `${size.name}: steps planned`, value: ended.steps.planned, unit: "" },
      { measure: `${size.name}: from the request to the end of its containment`, value: inMs, unit: "ms" },
      ...Object.entries(seen?.adversary?.lastSuccess ?? {}).map(([capability, at]): BenchRow => ({
        measure: `${size.name}: attacker's last success, ${capability}`,
        value: at === undefined ? 0 : Math.max(0, Date.parse(at) - startedAt),
        unit: "ms",
        note: at === undefined ? "never" : "after the request",
      })),
      {
        measure: `${size.name}: requests to the stand-in, the attacker's included`,
        value: requests(seen?.requests) - requests(before?.requests),
        unit: "requests",
      },
      { measure: `${size.name}: orchestration history as stored`, value: history.bytes, unit: "bytes" },
      { measure: `${size.name}: hops (activities one after the other)`, value: history.hops, unit: "" },
    ];
  } finally {
    await house.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function followed(call: ReturnType<typeof apiClient>, caseId: string) {
  const deadline = Date.now() + PATIENCE_IN_MS;
  for (;;) {
    const seen = CaseSeenSchema.parse((await call("reader", "GET", `/cases/${caseId}`)).body);
    if (seen.status === "watching" || seen.status === "closed") return seen;
    if (seen.status === "awaiting-decision" && seen.decision !== null) {
      const body = { decision: "approve", planDigest: seen.decision.planDigest };
      await call("approver", "POST", `/cases/${caseId}/decision`, body);
    }
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(seen)}`);
    await new Promise((done) => setTimeout(done, LOOK_EVERY_IN_MS));
  }
}

const Status = z.object({ historyEvents: z.array(z.record(z.string(), z.unknown())).nullish() });

/** The history of the instance as it stands: containment's own, until the watch begins with an empty one. */
async function historyOf(api: string, caseId: string) {
  const root = api.replace(/\/api$/, "/runtime/webhooks/durabletask");
  const answer = await fetch(`${root}/instances/${caseId}?showHistory=true&showHistoryOutput=true`);
  const text = await answer.text();
  const parsed = Status.safeParse(answer.ok ? JSON.parse(text) : {});
  const events = parsed.success ? (parsed.data.historyEvents ?? []) : [];
  return {
    bytes: Buffer.byteLength(JSON.stringify(events)),
    hops: events.filter((it) => it["EventType"] === "TaskCompleted").length,
  };
}

async function run(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const size of SIZES) rows.push(...(await contained(size)));
  return rows;
}

export const bench: Bench = {
  name: "containment",
  describes: "a small and a large principal contained over HTTP, with the attacker at work",
  run,
};
