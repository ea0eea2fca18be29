import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Every module a file pulls in when it is run: relative paths from the root, packages and built-ins by name. */
function runtimeImports(file: string, seen = new Set<string>()): ReadonlySet<string> {
  const name = relative(root, file);
  if (seen.has(name)) return seen;
  seen.add(name);
  const text = readFileSync(file, "utf8");
  // `import type … from` and `export type … from` are gone when it runs.
  for (const [, specifier] of text.matchAll(
    /^(?:import|export)\s+(?!type\b)(?:[^;]*?\sfrom\s+)?"([^"]+)";/gm,
  )) {
    if (specifier === undefined) continue;
    if (specifier.startsWith(".")) runtimeImports(resolve(dirname(file), specifier), seen);
    else seen.add(specifier);
  }
  return seen;
}

describe("what runs together", () => {
  test("the case orchestration pulls in nothing that could read, write or tell the time", () => {
    const imports = [...runtimeImports(join(root, "src/respond/case-flow.ts"))];
    expect(imports.toSorted()).toEqual([
      "src/respond/activities.ts",
      "src/respond/case-flow.ts",
      "src/respond/flow.ts",
      "src/respond/proof-flow.ts",
      "src/respond/retries.ts",
    ]);
  });

  test("the verifier has no network import", () => {
    const imports = [...runtimeImports(join(root, "src/record/verify.ts"))];
    const reaching = /^(@azure\/|node:(http|https|http2|net|tls|dgram|dns|child_process|inspector)|undici)/;
    expect(imports.filter((it) => reaching.test(it))).toEqual([]);
  });

  test("planning pulls in no client", () => {
    const imports = [...runtimeImports(join(root, "src/plan/assemble-plan.ts"))];
    expect(imports.filter((it) => it.startsWith("@azure/") || it.startsWith("src/azure/"))).toEqual([]);
  });

  test("what is deployed pulls in nothing local", () => {
    for (const entry of readdirSync(join(root, "functions")).map((it) => `functions/${it}`)) {
      const imports = [...runtimeImports(join(root, entry))];
      expect(imports.filter((it) => it.startsWith("local/") || it.startsWith("test/"))).toEqual([]);
    }
  });
});

describe("the boundary rules fire", () => {
  let copy: string;
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), "tourniquet-boundaries-"));
    copyFileSync(join(root, ".oxlintrc.json"), join(copy, ".oxlintrc.json"));
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  const violations: readonly (readonly [file: string, text: string, rule: string])[] = [
    ["src/scope/a.ts", 'export { startTenant } from "../../local/tenant/start.ts";', "no-restricted-imports"],
    ["src/steps/b.ts", 'export * from "../../functions/api.ts";', "no-restricted-imports"],
    ["functions/c.ts", 'export { startTenant } from "../local/tenant/start.ts";', "no-restricted-imports"],
    ["local/host/d.ts", 'export { STEPS } from "../../src/steps/steps.ts";', "no-restricted-imports"],
    [
      "src/plan/e.ts",
      'export { ManagedIdentityCredential } from "@azure/identity";',
      "no-restricted-imports",
    ],
    ["src/plan/f.ts", "export const at = Date.now();", "no-restricted-properties"],
    ["src/plan/g.ts", "export const path = process.env;", "no-restricted-globals"],
    ["src/respond/h-flow.ts", 'export { readFileSync } from "node:fs";', "no-restricted-imports"],
    ["src/respond/i-flow.ts", "export const luck = Math.random();", "no-restricted-properties"],
  ];

  test.each(violations)("%s", (file, text, rule) => {
    const path = join(copy, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${text}\n`);
    const oxlint = join(root, "node_modules/oxlint/bin/oxlint");
    const run = spawnSync(process.execPath, [oxlint, file], { cwd: copy, encoding: "utf8" });
    expect(run.status).not.toBe(0);
    expect(run.stdout).toContain(rule);
  });
});
