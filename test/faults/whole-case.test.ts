import { join } from "node:path";
import { expect, test } from "vitest";
import { type Moment, nameOf } from "../../local/faults/whole-case/moment.ts";
import { play } from "../../local/faults/whole-case/play.ts";
import { changes } from "../e2e/case-driver.ts";

const POLICY = join(import.meta.dirname, "../../local/faults/containment/policy.json");
const KILLED = { nth: 1, served: true, mishap: "host killed" } as const;

/**
 * The most telling moments: in a late wave, when outcomes of earlier ones stand; while a person thinks; in a step that
 * cannot be undone; while reads agree; while things are put back.
 */
const MOMENTS: readonly Moment[] = [
  { phase: "cut", on: "azure", only: "DELETE /federatedIdentityCredentials/{id}", ...KILLED },
  { phase: "decide", on: "nothing", ...KILLED, nth: 300 },
  { phase: "evict", on: "azure", only: "POST /sites/{name}/newpassword", ...KILLED },
  { phase: "evict", on: "storage", only: "confirmed", ...KILLED, served: false },
  { phase: "restore", on: "azure", only: "PUT /roleAssignments/{name}", ...KILLED },
];

/** What is said beforehand not to come back. */
const IRREVERSIBLE = /^(password|certificate) /;

test("a host killed between effects and outcomes, while people think, look and put back, comes to the same end with nothing lost or done twice", async () => {
  const { end, wrong, met, before, restored } = await play("cicd-service-connection", POLICY, MOMENTS);

  expect(MOMENTS.filter((moment) => !met.has(moment)).map(nameOf), "moments that did not come").toEqual([]);
  expect(wrong).toEqual([]);
  expect(end).toMatchObject({ contained: "watching contained", restored: "closed restored" });
  const { gone, added } = changes(before, restored);
  expect(gone.map(({ fact }) => fact).filter((fact) => !IRREVERSIBLE.test(fact))).toEqual([]);
  expect(added).toEqual([]);
}, 900_000);
