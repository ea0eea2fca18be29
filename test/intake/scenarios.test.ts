import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { loadScenario } from "../../local/tenant/scenario/load.ts";
import { NOW, read } from "./sample-alerts.ts";

const folder = join(import.meta.dirname, "../../local/scenarios");
const Ids = z.object({ objectId: z.string().nullish(), appId: z.string().nullish() });

function scenarioOf(file: string) {
  const raw: unknown = JSON.parse(readFileSync(join(folder, file), "utf8"));
  return loadScenario(raw, { source: file, seed: 1, nowInMs: NOW.getTime() });
}

const posted = readdirSync(folder)
  .map((file) => ({ file, scenario: scenarioOf(file) }))
  .filter(({ scenario }) => scenario.alert !== undefined && scenario.alert.format !== "http-case");

test.each(posted)("the alert of $file names no bystander, and nobody but the suspect", ({ scenario }) => {
  const result = read(scenario.alert?.body);
  if (result.kind !== "cases") throw new TypeError(JSON.stringify(result));
  const suspect = Ids.parse(scenario.truth?.suspect);
  const bystanders = (scenario.truth?.bystanders ?? []).map(({ id }) => id);
  for (const intake of result.intakes) {
    // One of them refers to an entity that is nowhere, as real alerts do.
    expect(intake.unread.filter((it) => !it.endsWith("refers to nothing"))).toEqual([]);
    const claimed = intake.subjects.filter(({ role }) => role !== "bystander");
    for (const it of claimed) {
      const value = it.kind === "guid" ? it.value : it.kind === "leaked-credential" ? it.appId : null;
      if (value !== null) expect([suspect.objectId, suspect.appId]).toContain(value);
      if (it.kind === "resource") expect(bystanders).not.toContain(it.resourceId);
    }
    expect(claimed).not.toEqual([]);
  }
});
