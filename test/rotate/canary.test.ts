import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { OpenedSchema } from "../../local/run/case-seen.ts";
import type { FaultRule } from "../../local/tenant/weather/faults.ts";
import { postAlert, recordOf, type Stage, stage, until } from "../e2e/case-driver.ts";

const Scenario = z.looseObject({
  vaults: z.record(
    z.string(),
    z.looseObject({
      secrets: z.record(
        z.string(),
        z.looseObject({
          versions: z.array(
            z.looseObject({
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

/** Rotates without being asked, so that a failed rotation is taken up again without anybody being asked either. */
function policyIn(folder: string): string {
  const policy = Policy.parse(
    JSON.parse(readFileSync(join(import.meta.dirname, "../e2e/policy.json"), "utf8")),
  );
  for (const { steps } of policy.rules) steps.irreversible = "automatic";
  const file = join(folder, "policy.json");
  writeFileSync(file, JSON.stringify(policy));
  return file;
}
const Policy = z.looseObject({
  rules: z.array(z.looseObject({ steps: z.looseObject({ irreversible: z.string() }) })),
});

/** Every value of a secret, a key or a client secret that the tenant holds now. */
async function heldBy({ house }: Stage): Promise<readonly string[]> {
  const credentials = (await house.ask("credentials"))?.credentials;
  if (credentials === undefined) throw new Error("the tenant did not say what it holds");
  const { versions, keys, passwords } = credentials;
  return [...versions, ...keys, ...passwords].map(({ value }) => value).filter((it) => it.length > 8);
}

const REFUSED_ONCE: FaultRule = {
  service: "arm",
  operation: "POST /storageAccounts/{name}/regenerateKey",
  nth: 1,
  answer: 409,
  code: "Conflict",
};

test("a rotation that fails and is taken up again, and a whole incident, leave no secret value anywhere", async () => {
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
    await using on = await stage(file, policyIn(folder));
    const kept = dirname(on.house.logs.host);
    const values = new Set(await heldBy(on));
    await on.house.weather(REFUSED_ONCE);

    const named = await on.call("responder", "POST", "/cases", {
      subjects: [{ vault: "kv-shop-prod", secret: "storage-key" }],
      mode: "evict",
      reason: "It is old.",
    });
    const { caseId } = OpenedSchema.parse(named.body);
    const over = await until(on, caseId, ({ outcome }) => outcome !== null);
    const record = await recordOf(on, caseId);
    const outcomes = record.filter(({ type }) => type === "outcome").map(({ data }) => data);
    expect(outcomes).toMatchObject([{ result: "failed", code: "CONFLICT" }, { result: "applied" }]);
    expect(over.outcome, over.reason ?? "").toBe("contained");
    const effects = record.filter(({ type }) => type === "rotation-stage").map(({ data }) => data["effect"]);
    expect(effects).toEqual(
      expect.arrayContaining(["identified", "regenerated", "published", "read-back", "disabled-version"]),
    );
    for (const value of await heldBy(on)) values.add(value);

    const incident = await postAlert(on);
    await until(on, incident, ({ status }) => status === "watching" || status === "closed");

    for (const value of await heldBy(on)) values.add(value);
    // What was published, set or added in between and is gone again.
    for (const line of readFileSync(join(kept, "tenant/journal.ndjson"), "utf8").split("\n")) {
      if (line === "") continue;
      const { m, u, b } = JournalLine.parse(JSON.parse(line));
      if (m !== "PUT" || !u.includes("/secrets/") || b == null) continue;
      values.add(Body.parse(JSON.parse(Buffer.from(b, "base64").toString("utf8"))).value);
    }
    const written = everythingIn(kept);
    // What is looked for would be found: names are everywhere.
    expect(written).toContain("storage-key");
    expect(values.size).toBeGreaterThan(20);
    for (const value of values)
      expect(written.includes(value), "a secret value was written down").toBe(false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 240_000);
