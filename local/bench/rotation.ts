import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { apiClient } from "../run/api-client.ts";
import { CaseSeenSchema, OpenedSchema } from "../run/case-seen.ts";
import { startHouse } from "../run/house.ts";
import { scenarioNames } from "../tenant/scenario/names.ts";
import type { Bench, BenchRow } from "./bench.ts";

const SECRETS = 2_000;
const VAULTS = 40;
/** Two secrets share a resource, as they do in life. */
const SECRETS_A_RESOURCE = 2;
const MOST_MINUTES = 60;

interface Kind {
  readonly type: string | null;
  readonly credential: string;
  /**
   * The fewest requests that rotate one: read the value, renew, publish, disable the old version; and for keys, list them.
   * Of what two secrets share, half each.
   */
  readonly minimum: number;
}
const RANDOM: Kind = { type: null, credential: "random", minimum: 3 };
const KINDS: readonly Kind[] = [
  { type: "Microsoft.Storage/storageAccounts", credential: "key1", minimum: 5 },
  { type: "Microsoft.Cache/redis", credential: "Primary", minimum: 5 },
  { type: "Microsoft.CognitiveServices/accounts", credential: "Key1", minimum: 5 },
  { type: "Microsoft.DocumentDB/databaseAccounts", credential: "primary", minimum: 6 },
  RANDOM,
];

const numbered = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const kindOf = (secret: number): Kind =>
  KINDS[Math.floor(secret / SECRETS_A_RESOURCE) % KINDS.length] ?? RANDOM;
const resourceOf = (secret: number) => `r${Math.floor(secret / SECRETS_A_RESOURCE)}`;

function scenario(): object {
  const shared = numbered(SECRETS / SECRETS_A_RESOURCE, (index) => index * SECRETS_A_RESOURCE);
  return {
    name: "many-secrets",
    describes: "One principal that may read all secrets of many vaults.",
    tenant: { displayName: "Contoso", domain: "contoso.onmicrosoft.com" },
    directory: { applications: [{ name: "thief", secrets: [{ name: "s", start: "-9d", end: "+99d" }] }] },
    azure: {
      subscriptions: [{ name: "prod" }],
      resourceGroups: [{ name: "rg" }],
      resources: [
        ...shared.flatMap((secret) => {
          const { type } = kindOf(secret);
          return type === null ? [] : [{ type, name: resourceOf(secret), resourceGroup: "rg" }];
        }),
        ...numbered(VAULTS, (vault) => ({
          type: "Microsoft.KeyVault/vaults",
          name: `kv-${vault}`,
          resourceGroup: "rg",
          properties: {
            tenantId: "{{tenant.id}}",
            sku: { family: "A", name: "standard" },
            vaultUri: `https://kv-${vault}.vault.azure.net/`,
            enableRbacAuthorization: true,
            accessPolicies: [],
          },
        })),
      ],
      roleAssignments: [
        { principal: "servicePrincipal.thief", role: "Key Vault Secrets User", scope: "prod" },
      ],
    },
    vaults: Object.fromEntries(
      numbered(VAULTS, (vault) => [
        `kv-${vault}`,
        {
          secrets: Object.fromEntries(
            numbered(SECRETS, (secret) => secret)
              .filter((secret) => secret % VAULTS === vault)
              .map((secret) => [`s${secret}`, { versions: [{ tags: tagsOf(secret) }] }]),
          ),
        },
      ]),
    ),
  };
}

function tagsOf(secret: number): Record<string, string> {
  const { type, credential } = kindOf(secret);
  if (type === null) return { Generator: "random" };
  return {
    CredentialId: credential,
    ProviderAddress: `/subscriptions/{{subscription.prod}}/resourceGroups/rg/providers/${type}/${resourceOf(secret)}`,
  };
}

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

async function run(): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "tourniquet-bench-rotation-"));
  const [file, policy] = [join(folder, "scenario.json"), join(folder, "policy.json")];
  writeFileSync(file, JSON.stringify(scenario()));
  writeFileSync(policy, JSON.stringify(POLICY));
  const house = await startHouse({
    folder: join(folder, "house"),
    scenario: file,
    policy,
    delays: 0,
    fresh: true,
  });
  try {
    const call = apiClient(house.api, house.callers);
    const names = scenarioNames({ scenario: "many-secrets", seed: 1, nowInMs: Date.now() });
    const plain = (await house.ask("seen"))?.requests ?? {};
    const began = performance.now();
    const opened = await call("responder", "POST", "/cases", {
      subjects: [names.guid("servicePrincipal", "thief")],
      mode: "evict",
      reason: "bench",
    });
    const { caseId } = OpenedSchema.parse(opened.body);
    let planned: { readonly at: number; readonly requests: Readonly<Record<string, number>> } | null = null;
    for (;;) {
      const seen = CaseSeenSchema.parse((await call("reader", "GET", `/cases/${caseId}`)).body);
      if (planned === null && seen.status === "containing") {
        planned = { at: performance.now(), requests: (await house.ask("seen"))?.requests ?? {} };
      }
      if (seen.status === "closed" || seen.status === "watching") {
        const after = (await house.ask("seen"))?.requests ?? {};
        const measured = {
          before: planned?.requests ?? plain,
          after,
          tookInS: (performance.now() - (planned?.at ?? began)) / 1_000,
          peakInKib: peakOf(house.pids.host),
        };
        // The host keeps its database to itself as long as it runs.
        await house.stop();
        return rows(folder, seen, measured);
      }
      if (performance.now() - began > MOST_MINUTES * 60_000) throw new Error("the case did not end in time");
      await new Promise((done) => setTimeout(done, 1_000));
    }
  } finally {
    await house.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Measured {
  readonly before: Readonly<Record<string, number>>;
  readonly after: Readonly<Record<string, number>>;
  readonly tookInS: number;
  readonly peakInKib: number;
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
  { steps }: z.infer<typeof CaseSeenSchema>,
  { before, after, tookInS, peakInKib }: Measured,
): readonly BenchRow[] {
  const used = ["arm", "key-vault", "graph", "entra"].reduce(
    (sum, service) => sum + (after[service] ?? 0) - (before[service] ?? 0),
    0,
  );
  const minimum =
    numbered(SECRETS, (secret) => kindOf(secret).minimum).reduce((sum, it) => sum + it, 0) / SECRETS;
  return [
    { measure: "secrets rotated and proved, of 2,000 in 40 vaults", value: steps.confirmed, unit: "" },
    { measure: "requests to Azure for each", value: used / SECRETS, unit: "requests" },
    { measure: "the fewest that could do it", value: minimum, unit: "requests" },
    { measure: "requests over the fewest", value: used / SECRETS / minimum, unit: "ratio" },
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
