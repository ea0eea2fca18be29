import { describe, expect, test } from "vitest";
import { changes, postAlert, recordOf, seenBy, stage, until } from "./case-driver.ts";

const SCENARIOS = [
  "war-story",
  "leaked-service-principal",
  "cicd-service-connection",
  "imds-managed-identity",
  "aks-workload-identity",
  "storage-publish-profile",
];

/** What is said beforehand not to come back: secrets, and what is made of them. */
const IRREVERSIBLE = /^(password|certificate) /;

describe.each(SCENARIOS)("%s", (scenario) => {
  test("from the alert its sender sends to contained, with bystanders as they were, and back again", async () => {
    await using on = await stage(scenario);
    const before = await seenBy(on);
    const truth = before.truth;
    if (truth === null) throw new Error("the scenario says nothing of what is so");

    const caseId = await postAlert(on);
    const contained = await until(on, caseId, ({ status }) => status === "watching" || status === "closed");
    expect(contained.outcome, contained.reason ?? "").toMatch(/^contained/);

    // The attacker comes only now, and with everything it ever had.
    await on.house.ask("attack");
    await expect
      .poll(async () => (await seenBy(on)).adversary?.attempts ?? 0, { timeout: 30_000 })
      .toBeGreaterThan(10);
    await on.house.ask("calm");
    const after = await seenBy(on);
    expect(
      Object.entries(after.adversary?.lastSuccess ?? {}).filter(([, at]) => at !== undefined),
      "the attacker gets through",
    ).toEqual([]);
    const suspects = new Set([
      truth.suspect.objectId,
      ...truth.exposed.map(({ objectId }) => objectId),
      ...truth.planted.map(({ id }) => id),
    ]);
    for (const { id } of truth.bystanders) {
      const touched = changes(before.access, after.access);
      const own = [...touched.gone, ...touched.added].filter(
        ({ about }) => about.includes(id) && !about.some((it) => suspects.has(it)),
      );
      // What ties a bystander to a suspect's own application (owning it) is the suspect's.
      expect(
        own.filter(({ fact }) => !fact.startsWith("owner ")),
        `bystander ${id}`,
      ).toEqual([]);
    }
    expect(after.refused, "hosts that are not Azure").toEqual([]);

    const asked = await on.call("responder", "POST", `/cases/${caseId}/restore`, { reason: "False alarm." });
    expect(asked.status, asked.text).toBe(202);
    const restored = await until(on, caseId, ({ outcome }) => outcome === "restored");
    const end = changes(before.access, (await seenBy(on)).access);
    const record = await recordOf(on, caseId);
    const why = JSON.stringify(
      record.filter(({ type, data }) => type === "restore" && data["result"] === "failed"),
    );
    expect(
      end.gone.map(({ fact }) => fact).filter((fact) => !IRREVERSIBLE.test(fact)),
      `${restored.reason} ${why}`,
    ).toEqual([]);
    expect(end.added.map(({ fact }) => fact)).toEqual([]);
  }, 240_000);
});
