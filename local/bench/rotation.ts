import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { apiClient } from "../run/api-client.ts";
import { CaseSeenSchema, OpenedSchema } from "../run/case-seen.ts";
import { type House, startHouse } from "../run/house.ts";
import { scenarioNames } from "../tenant/scenario/names.ts";
import type { Asked } from "../tenant/network/request-log.ts";
import { PRODUCT } from "../tenant/scenario/product.ts";
import type { Bench, BenchOptions, BenchRow } from "./bench.ts";
import { peakMemoryInKib } from "./measure/peak-memory.ts";
import { type KINDS, manySecrets, VAULTS } from "./rotation/many-secrets.ts";

const SECRETS = 2_000;
const MOST_MINUTES = 60;
const AFTERWARDS_IN_MS = 10_000;

/**
 * The fewest requests that rotate one, if nothing were checked: read the value, publish the next, disable the old version;
 * for keys, also list them, because a rotation never hands its values on, and regenerate them, shared by two secrets (a pair
 * is one each, Cosmos DB's four are two). Cosmos DB answers 202 and takes one regeneration at a time, so each has to be
 * asked about. What we ask beyond is to identify the key, to read the new version back, and to see that no other is enabled.
 */
const FEWEST: Readonly<Record<keyof typeof KINDS, number>> = {
  storage: 5,
  redis: 5,
  cognitive: 5,
  cosmos: 8,
  random: 3,
};

const NAMES = { scenario: "many-secrets", seed: 1, nowInMs: Date.now() };

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
  /** Requests from the plan to the end. */
  readonly used: readonly Asked[];
  readonly tookInS: number;
  readonly peakInKib: number;
  readonly killed: boolean;
}

async function rotateAll(
  house: House,
  { secrets, kill }: { readonly secrets: number; readonly kill: boolean },
): Promise<Measured> {
  const call = apiClient(house.api, house.callers);
  const names = scenarioNames(NAMES);
  const asked = async (): Promise<readonly Asked[]> => (await house.ask("seen"))?.asked ?? [];
  let before = await asked();
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
    peakInKib = Math.max(peakInKib, peakMemoryInKib(house.pids.host));
    if (planned === null && status === "containing") {
      planned = performance.now();
      before = await asked();
    }
    if (kill && !killed && published(await asked()) > secrets / 2) {
      await house.crash("host");
      killed = true;
    }
    if (status === "closed" || status === "watching") {
      const tookInS = (performance.now() - (planned ?? began)) / 1_000;
      // The report is written, and word goes out, when the case is said to be over.
      await new Promise((done) => setTimeout(done, AFTERWARDS_IN_MS));
      peakInKib = Math.max(peakInKib, peakMemoryInKib(house.pids.host));
      return { steps, used: without(await asked(), before), tookInS, peakInKib, killed };
    }
    if (performance.now() - began > MOST_MINUTES * 60_000) throw new Error("the case did not end in time");
    await new Promise((done) => setTimeout(done, 1_000));
  }
}

function published(asked: readonly Asked[]): number {
  return asked.find(({ operation }) => operation === "key-vault PUT /secrets/{name}")?.count ?? 0;
}

function without(after: readonly Asked[], before: readonly Asked[]): readonly Asked[] {
  return after.map((it) => {
    const known = before.find(({ caller, operation }) => caller === it.caller && operation === it.operation);
    return { ...it, count: it.count - (known?.count ?? 0) };
  });
}

function total(asked: readonly Asked[]): number {
  return asked.reduce((sum, { count }) => sum + count, 0);
}

function rows(
  folder: string,
  { steps, used, tookInS, peakInKib, killed }: Measured,
  secrets: number,
): readonly BenchRow[] {
  // The actor rotates, with tokens of its own; the reader looks at all of it again when it is over.
  const actor = scenarioNames(NAMES).guid("identity", PRODUCT.actor);
  const acting = used.filter(({ caller, count }) => caller === actor && count > 0);
  // Only where a plan is small enough to read every site's settings for every secret.
  const [copies, rotating] = [
    acting.filter(({ operation }) => operation.endsWith("/config/{config}/list")),
    acting.filter(({ operation }) => !operation.endsWith("/config/{config}/list")),
  ];
  const fewest = Object.values(FEWEST).reduce((sum, it) => sum + it, 0) / Object.keys(FEWEST).length;
  const each = total(rotating) / secrets;
  return [
    {
      measure: `secrets rotated and proved, of ${secrets} in ${VAULTS} vaults`,
      value: steps.confirmed,
      unit: "",
    },
    ...(killed ? [{ measure: "times the host was killed on the way", value: 1, unit: "" }] : []),
    { measure: "requests to Azure for each", value: each, unit: "requests" },
    ...rotating
      .toSorted((a, b) => b.count - a.count)
      .map(({ operation, count }) => ({
        measure: `  ${operation.replace(/ \/.*(?=\/providers\/)/, " …")}`,
        value: count / secrets,
        unit: "requests",
      })),
    { measure: "the fewest that could do it, proving nothing", value: fewest, unit: "requests" },
    { measure: "requests over the fewest", value: each / fewest, unit: "ratio" },
    {
      measure: "requests to find copies of each in sites' settings",
      value: total(copies) / secrets,
      unit: "requests",
    },
    {
      measure: "requests to look at each again afterwards",
      value: (total(used) - total(acting)) / secrets,
      unit: "requests",
    },
    {
      measure: "requests that were too many for Azure",
      value: used.reduce((sum, it) => sum + it.throttled, 0),
      unit: "",
    },
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
