import type { Bench, BenchOptions, BenchRow } from "./bench.ts";
import { containedCase } from "./containment/contained-case.ts";
import type { Size } from "./containment/principal-of-size.ts";
import { rowsOf } from "./containment/rows.ts";

const SIZES: readonly Size[] = [
  { name: "small", credentials: 5, roles: 10, vaults: 4, secretsPerVault: 5 },
  { name: "large", credentials: 60, roles: 300, vaults: 80, secretsPerVault: 25 },
];
/** About what Azure takes for a request; and long enough for what a busy machine takes to matter little. */
const LATENCY_IN_MS = 150;

async function run({
  size: wanted,
  latencyInMs = LATENCY_IN_MS,
}: BenchOptions): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const size of SIZES) {
    if (wanted !== undefined && size.name !== wanted) continue;
    rows.push(...rowsOf(await containedCase(size, latencyInMs)));
  }
  return rows;
}

export const bench: Bench = {
  name: "containment",
  describes: `a small and a large principal contained over HTTP, attacker at work, every answer after ${LATENCY_IN_MS} ms or --latency`,
  run,
};
