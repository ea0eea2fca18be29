import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { scenarioNames } from "../../local/tenant/scenario/names.ts";
import type { Intake, IntakeResult } from "../../src/intake/intake.ts";
import { readAlert } from "../../src/intake/read-alert.ts";

const folder = join(import.meta.dirname, "fixtures");
const Fixture = z.object({ note: z.string().startsWith("Synthetic."), body: z.unknown() });

/** The ids of the `small` scenario, which the fixtures are written with. */
export function smallNames(nowInMs = NOW.getTime()) {
  return scenarioNames({ scenario: "small", seed: 1, nowInMs });
}

export const NOW = new Date("2026-11-20T12:00:00.000Z");

export const FIXTURES = readdirSync(folder).map((file) => file.replace(/\.json$/, ""));

/** A sender's body with the ids of a scenario in it. */
export function bodyOf(name: string, names = smallNames()): unknown {
  return names.resolve(Fixture.parse(JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"))).body);
}

export function read(body: unknown): IntakeResult {
  return readAlert(JSON.stringify(body), NOW);
}

/** The only intake of a body; throws for any other result. */
export function onlyIntake(body: unknown): Intake {
  const result = read(body);
  if (result.kind !== "cases" || result.intakes.length !== 1) throw new TypeError(JSON.stringify(result));
  return result.intakes[0];
}

/** Claims as short words: who, and in what part. */
export function claimsOf({ subjects }: Pick<Intake, "subjects">): string[] {
  return subjects.map((it) => {
    const { seenAt: _, role, ...claim } = it;
    const words = Object.values(claim).map((value) => String(value));
    return `${role} ${words.join(" ")}`;
  });
}
