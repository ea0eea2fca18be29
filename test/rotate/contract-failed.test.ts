import { describe, expect, test } from "vitest";
import { PLAIN } from "./contract-subjects.ts";
import {
  beforeCall,
  callsOf,
  expectExact,
  expectWhole,
  modesOf,
  SERVICES,
  serviceOf,
  staged,
  tellingCalls,
} from "./contract.ts";
import { rotate, rotatedTenant } from "./rotated-tenant.ts";

describe.each(PLAIN)("$name", { timeout: 300_000 }, (subject) => {
  test.each([
    ["forbidden", "incident", 403, "FORBIDDEN"],
    ["away", "hygiene", 503, "UNAVAILABLE"],
    ["unheard", "incident", "reset", "UNAVAILABLE"],
  ] as const)(
    "%s from any request on, it says how far it came, and a new try goes on from there",
    async (what, one, answer, code) => {
      await using house = await rotatedTenant();
      for (const mode of modesOf(subject, one)) {
        const calls = await callsOf(house, subject, mode);
        for (const [nth, call] of tellingCalls(subject, calls)) {
          const at = `${mode}, ${what} from ${nth} (${call}) on`;
          const run = await staged(house, subject, mode);
          const work = run.work();
          beforeCall(work, nth, () => {
            for (const service of SERVICES)
              if (what !== "forbidden" || service === serviceOf(call))
                house.tenant.faults.add({
                  service,
                  answer,
                  // What was asked for happens, and nobody hears of it.
                  afterEffect: what === "unheard",
                  times: Number.POSITIVE_INFINITY,
                });
          });
          const ended = await rotate(work, { tries: 2 });
          house.tenant.faults.clear();
          // When the provider only stops showing its list, that it made a new key is proof enough.
          if (ended.ending.outcome.kind === "applied") {
            expect(call, at).toBe("arm.post");
            await expectWhole(run, ended, at);
            continue;
          }
          expect(ended.ending.outcome, at).toMatchObject({ kind: "failed", code });
          await expectExact(run, ended, at);
          await expectWhole(run, await rotate(run.work()), `${at}, then again`);
        }
      }
    },
  );
});
