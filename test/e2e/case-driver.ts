import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { AccessFact } from "../../local/run/access-facts.ts";
import { apiClient, type CallApi } from "../../local/run/api-client.ts";
import { CaseSeenSchema, OpenedSchema } from "../../local/run/case-seen.ts";
import { type House, type HouseOptions, startHouse } from "../../local/run/house.ts";
import type { TenantSeen } from "../../local/run/tenant-talk.ts";

const POLICY = join(import.meta.dirname, "policy.json");

/** The whole app, up for one test, with a way to call it. */
export interface Stage extends AsyncDisposable {
  readonly house: House;
  /** Where the house keeps everything; gone with the stage. */
  readonly folder: string;
  readonly call: CallApi;
}

export async function stage(
  scenario: string,
  policy = POLICY,
  more: Pick<HouseOptions, "latencyInMs" | "tokenLifetimes"> = {},
): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "tourniquet-e2e-"));
  const house = await startHouse({ folder, scenario, policy, delays: 0, fresh: true, ...more });
  return {
    house,
    folder,
    call: apiClient(house.api, house.callers),
    async [Symbol.asyncDispose]() {
      await house.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const RecordedSchema = z.object({
  seq: z.number(),
  at: z.string(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
});

export async function recordOf({ call }: Pick<Stage, "call">, caseId: string) {
  const { text } = await call("reader", "GET", `/cases/${caseId}/record`);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => RecordedSchema.parse(JSON.parse(line)));
}

export async function seenBy({ house }: Pick<Stage, "house">): Promise<TenantSeen> {
  const seen = await house.ask("seen");
  if (seen === null) throw new Error("the tenant did not say what it saw");
  return seen;
}

export async function postAlert({ house, call }: Stage): Promise<string> {
  const answer = await call("playbook", "POST", "/incidents", house.alert);
  if (answer.status !== 202) throw new Error(`refused: ${answer.status} ${answer.text}`);
  return OpenedSchema.parse(answer.body).caseId;
}

export async function caseSeen({ call }: Pick<Stage, "call">, caseId: string) {
  return CaseSeenSchema.parse((await call("reader", "GET", `/cases/${caseId}`)).body);
}

type Seen = z.infer<typeof CaseSeenSchema>;

/** Follows a case until it is as wanted, and decides as `approve` says whenever it asks. */
export async function until(
  on: Pick<Stage, "call">,
  caseId: string,
  wanted: (seen: Seen) => boolean | Promise<boolean>,
  { approve = true, patienceInMs = 120_000 }: { approve?: boolean; patienceInMs?: number } = {},
): Promise<Seen> {
  const deadline = performance.now() + patienceInMs;
  let decided = "";
  for (;;) {
    const seen = await caseSeen(on, caseId);
    if (await wanted(seen)) return seen;
    const digest = seen.decision?.planDigest;
    if (approve && digest !== undefined && digest !== decided) {
      decided = digest;
      await on.call("approver", "POST", `/cases/${caseId}/decision`, {
        decision: "approve",
        planDigest: digest,
      });
    }
    if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(seen)}`);
    await new Promise((done) => setTimeout(done, 150));
  }
}

/** What is so in one and not in the other. */
export function changes(before: readonly AccessFact[], after: readonly AccessFact[]) {
  const had = new Set(before.map(({ fact }) => fact));
  const has = new Set(after.map(({ fact }) => fact));
  return {
    gone: before.filter(({ fact }) => !has.has(fact)),
    added: after.filter(({ fact }) => !had.has(fact)),
  };
}
