import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { apiClient } from "../run/api-client.ts";
import { CaseSeenSchema, OpenedSchema } from "../run/case-seen.ts";
import { type House, startHouse } from "../run/house.ts";
import { scenarioNames } from "../tenant/scenario/names.ts";
import type { Bench, BenchOptions, BenchRow } from "./bench.ts";
import { type KINDS, manySecrets, VAULTS } from "./rotation/many-secrets.ts";

const SECRETS = 2_000;
const MOST_MINUTES = 60;

/**
 * The fewest requests that rotate one: read the value, renew, publish, disable the old version; and for keys, list them.
 * Of what two secrets share, half each.
 */
const FEWEST: Readonly<Record<keyof typeof KINDS, number>> = {
  storage: 5,
  redis: 5,
  cognitive: 5,
  cosmos: 6,
  random: 3,
};

const POLICY = {
  version: 1,
  rules: [
    {
      name: "all by itself",
      mode: "evict",
      steps: { reversible: "off", irreversible: "off", kinds: { "rotate-secret": "automatic" } },
    },
  ],
  verification: { confirmations: 1, everySeconds: 1, giveUpAfterMinutes: 1 },
  watch: { hours: 0 },
};

type Counts = Readonly<Record<string, number>>;

async function run({ secrets = SECRETS, kill = false }: BenchOptions): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "tourniquet-bench-rotation-"));
  const [file, policy] = [join(folder, "scenario.json"), join(folder, "policy.json")];
  writeFileSync(file, JSON.stringify(manySecrets(secrets)));
  writeFileSync(policy, JSON.stringify(POLICY));
  const house = await startHouse({
    folder: join(folder, "house"),
    scenario: file,
    policy,
    delays: 0,
    fresh: true,
  });
  try {
    const measured = await rotateAll(house, { secrets, kill });
    // The host keeps its database to itself as long as it runs.
    await house.stop();
    return rows(folder, measured, secrets);
  } finally {
    await house.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Measured {
  readonly steps: z.infer<typeof CaseSeenSchema>["steps"];
  /** Requests from the plan to the end, by service and operation. */
  readonly used: Counts;
  readonly tookInS: number;
  readonly peakInKib: number;
  readonly killed: boolean;
}

async function rotateAll(
  house: House,
  { secrets, kill }: { readonly secrets: number; readonly kill: boolean },
): Promise<Measured> {
  const call = apiClient(house.api, house.callers);
  const names = scenarioNames({ scenario: "many-secrets", seed: 1, nowInMs: Date.now() });
  const operations = async (): Promise<Counts> => (await house.ask("seen"))?.operations ?? {};
  let before = await operations();
  let planned: number | null = null;
  let peakInKib = 0;
  let killed = false;
  const began = performance.now();
  const opened = await call("responder", "POST", "/cases", {
    subjects: [names.guid("servicePrincipal", "thief")],
    mode: "evict",
    reason: "bench",
  });
  const { caseId } = OpenedSchema.parse(opened.body);
  for (;;) {
    const { status, steps } = CaseSeenSchema.parse((await call("reader", "GET", `/cases/${caseId}`)).body);
    peakInKib = Math.max(peakInKib, peakOf(house.pids.host));
    if (planned === null && status === "containing") {
      planned = performance.now();
      before = await operations();
    }
    if (kill && !killed && published(await operations()) > secrets / 2) {
      await house.crash("host");
      killed = true;
    }
    if (status === "closed" || status === "watching") {
      const tookInS = (performance.now() - (planned ?? began)) / 1_000;
      return { steps, used: without(await operations(), before), tookInS, peakInKib, killed };
    }
    if (performance.now() - began > MOST_MINUTES * 60_000) throw new Error("the case did not end in time");
    await new Promise((done) => setTimeout(done, 1_000));
  }
}

function published(operations: Counts): number {
  return operations["key-vault PUT /secrets/{name}"] ?? 0;
}

function without(after: Counts, before: Counts): Counts {
  return Object.fromEntries(
    Object.entries(after)
      .map(([operation, count]) => [operation, count - (before[operation] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );
}

/** The most memory a process ever had. Linux only; 0 elsewhere. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0");
  } catch {
    return 0;
  }
}

function rows(
  folder: string,
  { steps, used, tookInS, peakInKib, killed }: Measured,
  secrets: number,
): readonly BenchRow[] {
  const all = Object.values(used).reduce((sum, count) => sum + count, 0);
  const fewest = Object.values(FEWEST).reduce((sum, count) => sum + count, 0) / Object.keys(FEWEST).length;
  return [
    {
      measure: `secrets rotated and proved, of ${secrets} in ${VAULTS} vaults`,
      value: steps.confirmed,
      unit: "",
    },
    ...(killed ? [{ measure: "times the host was killed on the way", value: 1, unit: "" }] : []),
    { measure: "requests to Azure for each", value: all / secrets, unit: "requests" },
    ...Object.entries(used)
      .toSorted(([, a], [, b]) => b - a)
      .map(([operation, count]) => ({
        measure: `  ${operation.replace(/ \/.*(?=\/providers\/)/, " …")}`,
        value: count / secrets,
        unit: "requests",
      })),
    { measure: "the fewest that could do it", value: fewest, unit: "requests" },
    { measure: "requests over the fewest", value: all / secrets / fewest, unit: "ratio" },
    { measure: "largest history of an orchestration", value: largestHistory(folder) / 1_024, unit: "KiB" },
    { measure: "most memory of the host with the app in it", value: peakInKib / 1_024, unit: "MiB" },
    { measure: "from the plan to the end", value: tookInS, unit: "s" },
  ];
}

function largestHistory(folder: string): number {
  const database = new DatabaseSync(join(folder, "house/host.db"), { readOnly: true });
  const row = database
    .prepare(
      "SELECT max(size) AS size FROM (SELECT sum(length(event)) AS size FROM history GROUP BY execution_id)",
    )
    .get();
  database.close();
  return z.object({ size: z.number() }).parse(row).size;
}

export const bench: Bench = {
  name: "rotation",
  describes: "two thousand secrets of five kinds in forty vaults, in one case, through the whole app",
  run,
};
