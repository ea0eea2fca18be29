import { describe, expect, test } from "vitest";
import type { FaultRule } from "../../local/tenant/weather/faults.ts";
import { PLAIN } from "./contract-subjects.ts";
import { beforeCall, callsOf, expectWhole, modesOf, serviceOf, staged, tellingCalls } from "./contract.ts";
import { PowerCut, rotate, rotatedTenant } from "./rotated-tenant.ts";

describe.each(PLAIN)("$name", { timeout: 300_000 }, (subject) => {
  test("is whole in both modes, done twice, and killed after any answer", async () => {
    await using house = await rotatedTenant();
    for (const mode of ["incident", "hygiene"] as const) {
      const calls = await callsOf(house, subject, mode);
      const twice = await staged(house, subject, mode);
      await expectWhole(twice, await rotate(twice.work(), { twice: true }), `${mode}, twice`);
      for (const [index, call] of calls.entries()) {
        const run = await staged(house, subject, mode);
        const work = run.work();
        work.onAnswer = (count) => {
          if (count === index + 1) throw new PowerCut();
        };
        await expectWhole(run, await rotate(work), `${mode}, killed after ${index + 1} (${call})`);
      }
    }
  });

  test.each([
    ["throttled", "incident", { answer: 429 }],
    ["its answer lost", "hygiene", { answer: "reset", afterEffect: true }],
  ] as const satisfies readonly (readonly [string, string, Partial<FaultRule>])[])(
    "%s at any request, it goes on and comes to the same end",
    async (what, one, fault) => {
      await using house = await rotatedTenant();
      for (const mode of modesOf(subject, one)) {
        const calls = await callsOf(house, subject, mode);
        for (const [nth, call] of tellingCalls(subject, calls)) {
          const run = await staged(house, subject, mode);
          const work = run.work();
          beforeCall(work, nth, () => house.tenant.faults.add({ service: serviceOf(call), ...fault }));
          const ended = await rotate(work);
          house.tenant.faults.clear();
          await expectWhole(run, ended, `${mode}, ${what} at ${nth} (${call})`);
        }
      }
    },
  );

  test("waits as long as it is told to", async () => {
    await using house = await rotatedTenant();
    const calls = await callsOf(house, subject, "incident");
    for (const service of new Set(calls.map(serviceOf))) {
      const run = await staged(house, subject, "incident");
      house.tenant.faults.add({ service, answer: 429, retryAfterInS: 7 });
      const told = await rotate(run.work());
      expect(told.waitedFor, service).toEqual([7_000]);
      await expectWhole(run, told, service);
    }
  });
});
