import { spawnSync } from "node:child_process";

/** Everything that can be said about the code without running it; all of it is said, even when the first part fails. */
const CHECKS: readonly (readonly [name: string, command: readonly string[]])[] = [
  ["types", ["tsc"]],
  ["lint and boundaries", ["oxlint", "--type-aware"]],
  ["format", ["oxfmt", "--check"]],
  ["dead code", ["knip"]],
];

const failed: string[] = [];
for (const [name, [command = "", ...args]] of CHECKS) {
  const startedAt = performance.now();
  // npm scripts have node_modules/.bin in their path; on Windows those are .cmd files, which need a shell.
  const run = spawnSync(command, args, { stdio: "inherit", shell: process.platform === "win32" });
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  if (run.status !== 0) failed.push(name);
  console.log(`${run.status === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
}
if (failed.length > 0) {
  console.error(`check failed: ${failed.join(", ")}`);
  process.exit(1);
}
