import { z } from "zod";
import type { PlannedStep } from "../case/plan.ts";
import { providerNamed, providerOf } from "../rotate/providers.ts";

/** Rotations that run side by side, and how long they have to take together. */
export interface RotationBatch {
  readonly stepIds: readonly string[];
  /** What Azure allows in a time, it allows again after it. */
  readonly leastInMs: number;
}

const MOST_IN_A_BATCH = 100;

/**
 * What Azure takes of one caller, and how much of it one batch may ask for at once. Resource Manager: a bucket of 200
 * writes for a principal in a subscription, filled up with 10 a second; listing keys is a POST and counts. Key Vault: 300
 * new secrets in 10 seconds for a vault. Graph: 3,000 writes in 150 seconds. What others use besides is met with
 * Retry-After and waited out.
 */
const LIMITS = {
  "arm-writes": { aSecond: 10, atOnce: 150 },
  "vault-versions": { aSecond: 30, atOnce: 150 },
  "directory-writes": { aSecond: 20, atOnce: 150 },
} as const;

/** Requests, and the limit they count against. */
interface Load {
  readonly limit: keyof typeof LIMITS;
  /** Whose limit: a subscription, a vault. */
  readonly of: string;
  readonly count: number;
}

const Target = z.object({ vaultId: z.string(), mode: z.enum(["incident", "hygiene"]) });
const Before = z.object({ tier: z.string(), provider: z.string().nullable() });

/**
 * Batches in the order of evidence: what was read is done before what could have been. Where secrets share a resource,
 * one of them goes first and renews its keys for all. `siteIds`: whose settings each rotation reads besides. Pure.
 */
export function rotationBatches(
  rotations: readonly PlannedStep[],
  siteIds: readonly string[],
): readonly RotationBatch[] {
  const besides = loadOfCopies(siteIds);
  const tiers = [...Map.groupBy(rotations, ({ before }) => Before.parse(before).tier).values()];
  const renewed = new Set<string>();
  return tiers.flatMap((tier) => {
    const first: PlannedStep[] = [];
    const rest: PlannedStep[] = [];
    for (const step of tier) {
      const resource = resourceOf(step)?.toLowerCase();
      (resource !== undefined && renewed.has(resource) ? rest : first).push(step);
      if (resource !== undefined) renewed.add(resource);
    }
    return [
      ...batchesOf(first, (step) => together([...loadOfFirst(step), ...besides])),
      ...batchesOf(rest, (step) => together([...loadOfRest(step), ...besides])),
    ];
  });
}

function batchesOf(
  steps: readonly PlannedStep[],
  loadsOf: (step: PlannedStep) => readonly Load[],
): RotationBatch[] {
  const batches: RotationBatch[] = [];
  let stepIds: string[] = [];
  let loads = new Map<string, Load>();
  const close = () => {
    const leastInMs = [...loads.values()].map(({ limit, count }) => (count * 1_000) / LIMITS[limit].aSecond);
    if (stepIds.length > 0) batches.push({ stepIds, leastInMs: Math.ceil(Math.max(0, ...leastInMs)) });
    stepIds = [];
    loads = new Map();
  };
  const withOthers = (load: Load): Load => {
    const count = loads.get(`${load.limit} ${load.of}`)?.count ?? 0;
    return { ...load, count: count + load.count };
  };
  for (const step of steps) {
    const own = loadsOf(step);
    const isTooMuch = own.map(withOthers).some(({ limit, count }) => count > LIMITS[limit].atOnce);
    if (stepIds.length >= MOST_IN_A_BATCH || isTooMuch) close();
    stepIds.push(step.id);
    for (const load of own.map(withOthers)) loads.set(`${load.limit} ${load.of}`, load);
  }
  close();
  return batches;
}

function together(loads: readonly Load[]): readonly Load[] {
  return [...Map.groupBy(loads, ({ limit, of }) => `${limit} ${of}`).values()].flatMap((same) => {
    const count = same.reduce((sum, it) => sum + it.count, 0);
    return same.slice(0, 1).map((load) => ({ ...load, count }));
  });
}

/** App settings and connection strings of every site: both lists are POSTs. */
function loadOfCopies(siteIds: readonly string[]): readonly Load[] {
  return siteIds.map((id) => ({ limit: "arm-writes", of: subscriptionOf(id), count: 2 }));
}

/** Of whoever renews: lists the keys, renews what leaked, lists them again. */
function loadOfFirst(step: PlannedStep): readonly Load[] {
  const { mode } = Target.parse(step.target);
  const kind = Before.parse(step.before).provider;
  const provider = kind === null ? null : providerNamed(kind);
  switch (provider?.model) {
    case "keyed": {
      const [name = ""] = provider.names;
      const renewals = mode === "incident" ? provider.leakedWith(name).length : 1;
      return loadWith(step, 2 + renewals);
    }
    case "password":
      return loadWith(step, 1);
    case "client-secret":
      return [...loadWith(step, 0), { limit: "directory-writes", of: "tenant", count: 2 }];
    case "random":
      return loadWith(step, 0);
    case undefined:
      // Whose it is will show when it is looked at; most are keys.
      return loadWith(step, 4);
    default:
      return provider satisfies undefined;
  }
}

/** Of those whose resource has new keys by then. */
function loadOfRest(step: PlannedStep): readonly Load[] {
  return loadWith(step, 1);
}

function loadWith(step: PlannedStep, armWrites: number): readonly Load[] {
  const { vaultId } = Target.parse(step.target);
  return [
    { limit: "vault-versions", of: vaultId.toLowerCase(), count: 1 },
    { limit: "arm-writes", of: subscriptionOf(resourceOf(step) ?? vaultId), count: armWrites },
  ];
}

function subscriptionOf(id: string): string {
  return (/^\/subscriptions\/([^/]+)/i.exec(id)?.[1] ?? "").toLowerCase();
}

/** The resource whose credential it is, where its tags say so. */
function resourceOf({ touches }: PlannedStep): string | undefined {
  return touches.find((id) => providerOf(id) !== null);
}
