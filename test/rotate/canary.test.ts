import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { OpenedSchema } from "../../local/run/case-seen.ts";
import { scenarioNames } from "../../local/tenant/scenario/names.ts";
import { postAlert, recordOf, stage, until } from "../e2e/case-driver.ts";

const Scenario = z.looseObject({
  vaults: z.record(
    z.string(),
    z.looseObject({
      secrets: z.record(
        z.string(),
        z.looseObject({
          versions: z.array(
            z.looseObject({
              value: z.string().optional(),
              tags: z.record(z.string(), z.string()).optional(),
            }),
          ),
        }),
      ),
    }),
  ),
});
const JournalLine = z.object({ m: z.string(), u: z.string(), b: z.string().nullish() });
const Body = z.object({ value: z.string() });

/** Everything under a folder as text, byte by byte, but for what lies in the stand-in's own memory. */
function everythingIn(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((it) => it.isFile() && !join(it.parentPath, it.name).startsWith(join(folder, "tenant/")))
    .map((it) => readFileSync(join(it.parentPath, it.name), "latin1"))
    .join("\n");
}

test("a secret rotated by name and a whole incident leave no secret value anywhere", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tourniquet-canary-"));
  try {
    const raw = Scenario.parse(
      JSON.parse(readFileSync(join(import.meta.dirname, "../../local/scenarios/war-story.json"), "utf8")),
    );
    const secrets = raw.vaults["kv-shop-prod"]?.secrets ?? {};
    const [storageKey] = secrets["storage-key"]?.versions ?? [];
    if (storageKey?.tags === undefined) throw new Error("war-story has no storage-key");
    storageKey.tags["OverlapHours"] = "0";
    const file = join(folder, "scenario.json");
    writeFileSync(file, JSON.stringify(raw));
    await using on = await stage(file);
    const kept = dirname(on.house.logs.host);

    const named = await on.call("responder", "POST", "/cases", {
      subjects: [{ vault: "kv-shop-prod", secret: "storage-key" }],
      mode: "evict",
      reason: "It is old.",
    });
    const { caseId } = OpenedSchema.parse(named.body);
    const over = await until(on, caseId, ({ outcome }) => outcome !== null);
    expect(over.outcome).toBe("contained");
    const stages = (await recordOf(on, caseId)).filter(({ type }) => type === "rotation-stage");
    expect(stages.map(({ data }) => data["effect"])).toEqual(
      expect.arrayContaining(["identified", "regenerated", "published", "read-back", "disabled-version"]),
    );

    const incident = await postAlert(on);
    await until(on, incident, ({ status }) => status === "watching" || status === "closed");

    const names = scenarioNames({ scenario: "war-story", seed: 1, nowInMs: Date.now() });
    const values = new Set<string>();
    for (const [name, { versions }] of Object.entries(secrets)) {
      versions.forEach((_, index) =>
        values.add(names.secret("vaultSecret", `kv-shop-prod.${name}.${index}`)),
      );
    }
    for (const app of ["metrics.config-map", "legacy-ci.vault"]) values.add(names.secret("keyId", app));
    for (const line of readFileSync(join(kept, "tenant/journal.ndjson"), "utf8").split("\n")) {
      if (line === "") continue;
      const { m, u, b } = JournalLine.parse(JSON.parse(line));
      if (m !== "PUT" || !u.includes("/secrets/") || b == null) continue;
      values.add(Body.parse(JSON.parse(Buffer.from(b, "base64").toString("utf8"))).value);
    }
    const written = everythingIn(kept);
    // What is looked for would be found: names are everywhere.
    expect(written).toContain("storage-key");
    expect(values.size).toBeGreaterThan(8);
    for (const value of values)
      expect(written.includes(value), "a secret value was written down").toBe(false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 240_000);
