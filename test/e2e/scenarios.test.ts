import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { changes, postAlert, recordOf, seenBy, type Stage, stage, until } from "./case-driver.ts";

/** Tokens live half a minute, so that the last one from before the cut dies while the test looks on. */
const TOKEN_LIFETIMES = 1 / 120;

interface Ending {
  /** Every gap that may be left, by name; with none the case is `contained`. */
  readonly gaps: readonly string[];
  /** What the attacker is answered to the end, though it is good for nothing. */
  readonly answered: readonly string[];
}

const rotationOf = (name: string, vault: string) =>
  `Rotate the secret ${name} in ${vault}: the old value dies first`;

/** How each story ends, to the word. */
const ENDINGS: Readonly<Record<string, Ending>> = {
  "war-story": { gaps: [], answered: [] },
  "leaked-service-principal": { gaps: [], answered: [] },
  "cicd-service-connection": { gaps: [], answered: [] },
  "imds-managed-identity": {
    // Read both, issuers unknown.
    gaps: [rotationOf("partner-api", "kv-northwind"), rotationOf("smtp-password", "kv-northwind")],
    // The platform hands out the token it has kept for a day; what it was for is gone.
    answered: ["get-token"],
  },
  "aks-workload-identity": { gaps: [], answered: [] },
  "storage-publish-profile": {
    // Read, and nothing says who issued it.
    gaps: [rotationOf("carrier-api", "kv-litware")],
    answered: [],
  },
};

/** What is said beforehand not to come back: secrets, and what is made of them. */
const IRREVERSIBLE = /^(password|certificate) /;

const Report = z.object({ gaps: z.array(z.string()) });
const FirstPlan = z.object({
  waves: z.array(z.object({ steps: z.array(z.object({ target: z.record(z.string(), z.unknown()) })) })),
});

/** The gaps that a case's reason names. */
function gapsIn(reason: string | null): readonly string[] {
  const named = /\d+ gaps?: (.*)\.$/.exec(reason ?? "")?.[1];
  return named === undefined ? [] : named.split("; ").toSorted();
}

/** The ids of everything that the first plan cut: what stood there when the case began. */
async function firstCuts(on: Stage, caseId: string): Promise<ReadonlySet<string>> {
  const planned = (await recordOf(on, caseId)).find(({ type }) => type === "planned");
  const digest = String(planned?.data["planDigest"]);
  const { body } = await on.call("reader", "GET", `/cases/${caseId}/plan?digest=${digest}`);
  return new Set(
    FirstPlan.parse(body)
      .waves.flatMap(({ steps }) => steps)
      .flatMap(({ target }) => Object.values(target).map((it) => String(it).toLowerCase())),
  );
}

describe.each(Object.entries(ENDINGS))("%s", (scenario, ending) => {
  test("with the attacker at work throughout: defeated, with no gap but the named ones, bystanders as they were, and back again", async () => {
    await using on = await stage(scenario, undefined, { tokenLifetimes: TOKEN_LIFETIMES });
    const before = await seenBy(on);
    const truth = before.truth;
    if (truth === null) throw new Error("the scenario says nothing of what is so");

    await on.house.ask("attack");
    const caseId = await postAlert(on);
    const isDefeated = async () => {
      const { adversary } = await seenBy(on);
      const open = (adversary?.lastRound ?? []).map(({ capability }) => capability);
      return open.every((it) => ending.answered.includes(it));
    };
    const isOver = (reason: string | null) => isDeepStrictEqual(gapsIn(reason), ending.gaps);
    const contained = await until(
      on,
      caseId,
      async ({ status, reason }) => status === "watching" && isOver(reason) && (await isDefeated()),
      { patienceInMs: 400_000 },
    );
    expect(contained.outcome).toBe(ending.gaps.length === 0 ? "contained" : "contained-with-gaps");
    const { body } = await on.call("reader", "GET", `/cases/${caseId}/report.json`);
    expect(Report.parse(body).gaps.map((gap) => ending.gaps.findIndex((it) => gap.startsWith(it)))).toEqual(
      ending.gaps.map((_, index) => index),
    );

    // Two rounds more, and nothing that succeeds.
    const then = (await seenBy(on)).adversary;
    await expect
      .poll(async () => (await seenBy(on)).adversary?.attempts ?? 0, { timeout: 120_000 })
      .toBeGreaterThan((then?.attempts ?? 0) + 24);
    await on.house.ask("calm");
    const after = await seenBy(on);
    const since = Object.entries(after.adversary?.lastSuccess ?? {}).filter(
      ([name, at]) => at !== then?.lastSuccess[name] && !ending.answered.includes(name),
    );
    expect(since, "the attacker gets through").toEqual([]);

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

    const cutAtFirst = await firstCuts(on, caseId);
    const asked = await on.call("responder", "POST", `/cases/${caseId}/restore`, { reason: "False alarm." });
    expect(asked.status, asked.text).toBe(202);
    const restored = await until(on, caseId, ({ outcome }) => outcome === "restored", {
      patienceInMs: 300_000,
    });
    const end = changes(before.access, (await seenBy(on)).access);
    const why = (await recordOf(on, caseId)).filter(
      ({ type, data }) => type === "restore" && data["result"] === "failed",
    );
    expect(
      end.gone.map(({ fact }) => fact).filter((fact) => !IRREVERSIBLE.test(fact)),
      `${restored.reason} ${JSON.stringify(why)}`,
    ).toEqual([]);
    // The attacker may have made something between `before` and the snapshot; what it made later stays away.
    const strange = end.added.filter(
      ({ fact }) => !fact.split(" ").some((word) => cutAtFirst.has(word.toLowerCase())),
    );
    expect(strange.map(({ fact }) => fact)).toEqual([]);
  }, 900_000);
});
