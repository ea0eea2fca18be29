import { assert, array, asyncProperty, boolean, integer } from "fast-check";
import { expect, test } from "vitest";
import type { Confirmation } from "../../src/case/outcome.ts";
import type { PlannedStep } from "../../src/case/plan.ts";
import { lookOnce } from "../../src/respond/agreement.ts";

const evidence = { requestIds: [], at: "2026-03-01T00:00:00.000Z" };
const step = (id: string): PlannedStep => ({
  id,
  kind: "disable-service-principal",
  target: {},
  title: id,
  because: [],
  permission: "automatic",
  reversible: true,
  irreversibleBecause: null,
  cost: [],
  needs: [],
  guardrails: [],
  touches: [],
  before: null,
});
const said = (agrees: boolean): Confirmation =>
  agrees ? { kind: "confirmed", evidence } : { kind: "not-yet", seen: "still there", evidence };

test("a step is confirmed exactly when enough reads in a row agree, whatever came before", async () => {
  await assert(
    asyncProperty(
      array(boolean(), { minLength: 1, maxLength: 30 }),
      integer({ min: 1, max: 10 }),
      async (reads, confirmations) => {
        const one = step("one");
        let agreed = "";
        let settledAt: number | null = null;
        for (const [index, agrees] of reads.entries()) {
          const look = await lookOnce(
            [one],
            () => settledAt === null,
            async () => said(agrees),
            {
              agreed,
              round: index + 1,
              last: false,
              confirmations,
            },
          );
          agreed = look.agreed;
          if (look.settled.length > 0) settledAt = index;
        }
        const inARow = (end: number) => reads.slice(end - confirmations + 1, end + 1);
        const expected = reads.findIndex(
          (_, end) =>
            end >= confirmations - 1 && inARow(end).length === confirmations && inARow(end).every(Boolean),
        );
        expect(settledAt).toBe(expected === -1 ? null : expected);
      },
    ),
  );
});

test("at the last look, a read that agrees without enough before it is not a confirmation", async () => {
  const look = await lookOnce(
    [step("one")],
    () => true,
    async () => said(true),
    {
      agreed: "0",
      round: 9,
      last: true,
      confirmations: 2,
    },
  );
  expect(look.settled).toMatchObject([{ reads: 9, confirmation: { kind: "not-yet" } }]);
  expect(look.open).toBe(0);
});

test("what history carries of two thousand steps is two thousand characters", async () => {
  const steps = Array.from({ length: 2_000 }, (_, index) => step(`s${index}`));
  const look = await lookOnce(
    steps,
    () => true,
    async () => said(true),
    {
      agreed: "",
      round: 1,
      last: false,
      confirmations: 3,
    },
  );
  expect(look.agreed).toBe("1".repeat(2_000));
});
