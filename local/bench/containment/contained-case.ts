import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { apiClient, type CallApi } from "../../run/api-client.ts";
import { type CaseSeen, CaseSeenSchema, OpenedSchema } from "../../run/case-seen.ts";
import { startHouse } from "../../run/house.ts";
import type { RequestEntry } from "../../tenant/network/request-log.ts";
import { peakMemoryInKib } from "../measure/peak-memory.ts";
import { type DurableHistory, durableHistoryOf } from "../measure/durable-history.ts";
import { ATTACKER_ADDRESS, principalOfSize, type Size } from "./principal-of-size.ts";

const POLICY = join(import.meta.dirname, "policy.json");
const PATIENCE_IN_MS = 30 * 60_000;
const LOOK_EVERY_IN_MS = 250;

/** One principal contained from a responder's request on, and all that was to be seen of it from outside. */
export interface ContainedCase {
  readonly size: Size;
  readonly latencyInMs: number;
  readonly startedAt: number;
  readonly ended: CaseSeen;
  /** What the app asked of Azure from then on, oldest first. */
  readonly requests: readonly RequestEntry[];
  /** By capability; null for never. */
  readonly lastSuccess: Readonly<Record<string, number | null>>;
  readonly entries: readonly {
    readonly at: number;
    readonly type: string;
    readonly data: Readonly<Record<string, unknown>>;
  }[];
  readonly history: DurableHistory;
  readonly peakInKib: number;
}

export async function containedCase(size: Size, latencyInMs: number): Promise<ContainedCase> {
  const folder = mkdtempSync(join(tmpdir(), "tourniquet-bench-"));
  const scenario = join(folder, "scenario.json");
  writeFileSync(scenario, JSON.stringify(principalOfSize(size)));
  const house = await startHouse({
    folder: join(folder, "house"),
    scenario,
    policy: POLICY,
    delays: 0,
    latencyInMs,
    fresh: true,
  });
  try {
    const call = apiClient(house.api, house.callers);
    const subject = (await house.ask("seen"))?.truth?.suspect.objectId ?? "";
    await looked(call, subject);
    await house.ask("attack");
    // Long enough for the attacker to have tokens and to have done everything once.
    await new Promise((done) => setTimeout(done, 10 * latencyInMs));
    const startedAt = Date.now();
    const opened = await call("responder", "POST", "/cases", {
      subjects: [subject],
      mode: "evict",
      reason: "bench",
    });
    const { caseId } = OpenedSchema.parse(opened.body);
    const ended = await closed(call, caseId);
    const seen = await house.ask("requests");
    const entries = entriesOf((await call("reader", "GET", `/cases/${caseId}/record`)).text);
    const peakInKib = peakMemoryInKib(house.pids.host);
    await house.stop();
    return {
      size,
      latencyInMs,
      startedAt,
      ended,
      requests: (seen?.log ?? []).filter(
        ({ at, durationInMs, clientAddress }) =>
          clientAddress !== ATTACKER_ADDRESS && Date.parse(at) - durationInMs >= startedAt,
      ),
      lastSuccess: Object.fromEntries(
        Object.entries(seen?.adversary?.lastSuccess ?? {}).map(([capability, at]) => [
          capability,
          at === undefined ? null : Date.parse(at),
        ]),
      ),
      entries,
      history: durableHistoryOf(join(folder, "house/host.db"), caseId),
      peakInKib,
    };
  } finally {
    await house.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A case that only looks: what a process does once (tokens, compiling) is not what is measured, here and in the stand-in. */
async function looked(call: CallApi, subject: string): Promise<void> {
  const opened = await call("responder", "POST", "/cases", {
    subjects: [subject],
    mode: "observe",
    reason: "warming up",
  });
  await closed(call, OpenedSchema.parse(opened.body).caseId);
}

async function closed(call: CallApi, caseId: string): Promise<CaseSeen> {
  const deadline = Date.now() + PATIENCE_IN_MS;
  for (;;) {
    const seen = CaseSeenSchema.parse((await call("reader", "GET", `/cases/${caseId}`)).body);
    if (seen.status === "closed") return seen;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(seen)}`);
    await new Promise((done) => setTimeout(done, LOOK_EVERY_IN_MS));
  }
}

const Entry = z.object({
  at: z.string().transform((at) => Date.parse(at)),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
});

function entriesOf(ndjson: string): ContainedCase["entries"] {
  return ndjson
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Entry.parse(JSON.parse(line)));
}
