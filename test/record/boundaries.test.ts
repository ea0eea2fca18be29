import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** Every module that a file reaches by imports, and every package. Types are erased, so they reach nothing. */
async function reachOf(entry: string): Promise<{ files: Set<string>; packages: Set<string> }> {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    if (files.has(path)) return;
    files.add(path);
    const text = await readFile(path, "utf8");
    const statements = text.matchAll(
      /^(?:import|export)\s+(?!type\b)[^;]*?from\s+"([^"]+)"|new URL\("(\.[^"]+)"|import\("([^"]+)"\)/gm,
    );
    for (const [, from, url, dynamic] of statements) {
      const target = from ?? url ?? dynamic ?? "";
      if (target.startsWith(".")) await visit(join(dirname(path), target));
      else packages.add(target);
    }
  };
  await visit(join(root, entry));
  return { files, packages };
}

test("the verifier reaches nothing but Node's own files, hashes, threads, waits and arguments", async () => {
  const { files, packages } = await reachOf("src/cli/tourniquet.ts");
  expect([...packages].toSorted()).toEqual([
    "node:buffer",
    "node:crypto",
    "node:events",
    "node:fs",
    "node:fs/promises",
    "node:os",
    "node:path",
    "node:timers/promises",
    "node:util",
    "node:worker_threads",
  ]);
  for (const path of files) {
    expect(await readFile(path, "utf8"), relative(root, path)).not.toMatch(
      /\b(?:fetch|WebSocket|EventSource|XMLHttpRequest)\s*\(/,
    );
  }
});

test("the verifier is short enough to be read", async () => {
  const { files } = await reachOf("src/record/judge.ts");
  let lines = 0;
  for (const path of files) lines += (await readFile(path, "utf8")).split("\n").length;
  expect(lines).toBeLessThan(900);
});
