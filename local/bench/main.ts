import { readdirSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { Bench, BenchOptions } from "./bench.ts";

/** `npm run bench -- [NAME …] [--secrets N] [--kill] [--size NAME] [--latency MS]`: runs every bench in this folder, or those named, and prints a table each. */
const NOT_BENCHES = new Set(["bench.ts", "main.ts"]);

async function benches(): Promise<readonly Bench[]> {
  const files = readdirSync(import.meta.dirname).filter((it) => it.endsWith(".ts") && !NOT_BENCHES.has(it));
  const modules = await Promise.all(
    files
      .toSorted()
      .map(
        (file): Promise<{ readonly bench: Bench }> =>
          import(pathToFileURL(join(import.meta.dirname, file)).href),
      ),
  );
  return modules.map(({ bench }) => bench);
}

const { positionals: wanted, values: told } = parseArgs({
  allowPositionals: true,
  options: {
    secrets: { type: "string" },
    kill: { type: "boolean" },
    size: { type: "string" },
    latency: { type: "string" },
  },
});
const options: BenchOptions = {
  ...(told.secrets === undefined ? {} : { secrets: Number(told.secrets) }),
  ...(told.kill === undefined ? {} : { kill: told.kill }),
  ...(told.size === undefined ? {} : { size: told.size }),
  ...(told.latency === undefined ? {} : { latencyInMs: Number(told.latency) }),
};
const all = await benches();
const unknown = wanted.filter((name) => !all.some((it) => it.name === name));
if (unknown.length > 0) {
  console.error(
    `no bench called ${unknown.join(", ")}; there are: ${all.map(({ name }) => name).join(", ")}`,
  );
  process.exit(2);
}
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}`);
for (const bench of all) {
  if (wanted.length > 0 && !wanted.includes(bench.name)) continue;
  console.log(`\n${bench.name}: ${bench.describes}`);
  for (const { measure, value, unit, note } of await bench.run(options)) {
    const figure = Number.isInteger(value) ? String(value) : value.toPrecision(4);
    console.log(
      `  ${measure.padEnd(62)} ${figure.padStart(12)} ${unit}${note === undefined ? "" : `  (${note})`}`,
    );
  }
}
