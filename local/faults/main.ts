import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { Campaign } from "./campaign.ts";

/** `npm run faults -- [NAME …] [--seed N] [--points N]`: breaks things on purpose, whole campaigns; exit 1 if any end differs from the promise. */
const NOT_CAMPAIGNS = new Set(["campaign.ts", "main.ts"]);

async function campaigns(): Promise<readonly Campaign[]> {
  const files = readdirSync(import.meta.dirname).filter((it) => it.endsWith(".ts") && !NOT_CAMPAIGNS.has(it));
  const modules = await Promise.all(
    files
      .toSorted()
      .map(
        (file): Promise<{ readonly campaign?: Campaign }> =>
          import(pathToFileURL(join(import.meta.dirname, file)).href),
      ),
  );
  return modules.flatMap(({ campaign }) => (campaign === undefined ? [] : [campaign]));
}

const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: "string", default: "1" }, points: { type: "string" } },
});
const seed = Number(values.seed);
const points = values.points === undefined ? undefined : Number(values.points);
const all = await campaigns();
const unknown = wanted.filter((name) => !all.some((it) => it.name === name));
if (unknown.length > 0 || !Number.isInteger(seed) || (points !== undefined && !Number.isInteger(points))) {
  console.error(
    `usage: npm run faults -- [${all.map(({ name }) => name).join("|")} …] [--seed N] [--points N]`,
  );
  process.exit(2);
}
let failures = 0;
for (const campaign of all) {
  if (wanted.length > 0 && !wanted.includes(campaign.name)) continue;
  console.log(`${campaign.name}: ${campaign.describes}`);
  const result = await campaign.run({
    seed,
    ...(points === undefined ? {} : { points }),
    report: (line) => console.log(`  ${line}`),
  });
  for (const failure of result.failures) console.log(`  FAILED ${failure}`);
  console.log(`  ${result.points} faults, ${result.failures.length} ended differently than promised`);
  failures += result.failures.length;
}
process.exit(failures === 0 ? 0 : 1);
