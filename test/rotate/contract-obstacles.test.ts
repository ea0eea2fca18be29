import { describe, expect, test } from "vitest";
import { EMBEDDED, PLAIN } from "./contract-subjects.ts";
import { callsOf, expectExact, expectUntouched, expectWhole, staged, tellingCalls } from "./contract.ts";
import { rotate, rotatedTenant } from "./rotated-tenant.ts";

describe.each(PLAIN)("$name", { timeout: 300_000 }, (subject) => {
  test("a lock against deleting hinders nothing; one against writing leaves all as it was", async () => {
    await using house = await rotatedTenant();
    const run = await staged(house, subject, "incident");
    using _vault = await house.lock(house.vaultId, "ReadOnly");
    const { resourceId } = run.it;
    if (resourceId !== null) {
      using _readOnly = await house.lock(resourceId, "ReadOnly");
      const refused = await rotate(run.work());
      expect(refused.ending.outcome).toMatchObject({ kind: "failed", code: "LOCKED", retryable: false });
      await expectExact(run, refused, "read-only");
      await expectUntouched(run);
    }
    using _kept = await house.lock(resourceId ?? house.vaultId, "CanNotDelete");
    await expectWhole(run, await rotate(run.work()));
  });

  test("deleted before or meanwhile, a person is told what was renewed, and once it is back it is rotated whole", async () => {
    await using house = await rotatedTenant();
    const gone = await staged(house, subject, "incident");
    house.setDeleted(gone.name, true);
    const told = await rotate(gone.work());
    expect(told.ending.outcome).toMatchObject({
      kind: "needs-person",
      action: expect.stringContaining("ecover"),
    });
    house.setDeleted(gone.name, false);
    await expectUntouched(gone);
    await expectWhole(gone, await rotate(gone.work()), "back again");

    const calls = await callsOf(house, subject, "incident");
    for (const [nth, call] of tellingCalls(subject, calls)) {
      const at = `deleted after ${nth} (${call})`;
      const run = await staged(house, subject, "incident");
      const work = run.work();
      work.onAnswer = (count) => {
        if (count === nth) house.setDeleted(run.name, true);
      };
      const ended = await rotate(work);
      const { outcome } = ended.ending;
      house.setDeleted(run.name, false);
      if (outcome.kind === "failed") await expectExact(run, ended, at);
      else if (outcome.kind === "needs-person") {
        const after = run.it.credentials();
        for (const key of subject.renews ?? []) {
          const isRenewed = after[key.toLowerCase()] !== run.before[key.toLowerCase()];
          expect(outcome.reason.includes(key), `${at}: ${outcome.reason}`).toBe(isRenewed);
        }
      } else {
        // Retired, and then gone: what is published is looked at last.
        const isSeen = nth < calls.length;
        expect(ended.ending, at).toMatchObject({
          outcome: { kind: "applied" },
          proof: isSeen ? { holds: false, saw: expect.stringContaining("gone") } : { holds: true },
        });
      }
      await expectWhole(run, await rotate(run.work()), `${at}, then back and again`);
    }
  });

  test("disabled in a hurry or meanwhile, it is renewed and a new version enabled all the same", async () => {
    await using house = await rotatedTenant();
    const disabled = await staged(house, subject, "incident");
    house.setEnabled(disabled.name, false);
    await expectWhole(disabled, await rotate(disabled.work()), "disabled before");

    const calls = await callsOf(house, subject, "incident");
    const publishing = calls.indexOf("vault.publish");
    for (const [nth, call] of tellingCalls(subject, calls.slice(0, publishing))) {
      const run = await staged(house, subject, "incident");
      const work = run.work();
      work.onAnswer = (count) => {
        if (count === nth) house.setEnabled(run.name, false);
      };
      await expectWhole(run, await rotate(work), `disabled after ${nth} (${call})`);
    }

    const unused = await staged(house, subject, "hygiene");
    house.setEnabled(unused.name, false);
    expect((await rotate(unused.work())).ending.outcome).toMatchObject({
      kind: "needs-person",
      reason: expect.stringContaining("disabled"),
    });
    await expectUntouched(unused);
  });

  test("of two at once one goes on, and the other says which and does nothing", async () => {
    await using house = await rotatedTenant();
    const run = await staged(house, subject, "incident");
    const works = [run.work({ id: "one", campaign: "a" }), run.work({ id: "two", campaign: "b" })];

    const ended = await Promise.all(works.map((work) => rotate(work)));

    const lost = ended.find(({ ending }) => ending.outcome.kind === "failed");
    const won = ended.find((it) => it !== lost);
    if (lost === undefined || won === undefined) throw new Error("one should have lost");
    const winner = won === ended[0] ? "case a, step one" : "case b, step two";
    expect(lost.ending.outcome).toMatchObject({
      code: "CONFLICT",
      evidence: { seen: { rotatedBy: winner } },
    });
    expect(works[ended.indexOf(lost)]?.answers).toEqual([]);
    expect(house.versions(run.name)).toHaveLength(2);
    await expectWhole(run, won);
    const later = await rotate(run.work({ id: "three", campaign: "c" }));
    expect(later.ending.outcome.kind, "what was held is let go").toBe("applied");
  });
});

test.each(EMBEDDED)("$name keeps everything but the credential, in both modes", async (subject) => {
  await using house = await rotatedTenant();
  for (const mode of ["incident", "hygiene"] as const) {
    const run = await staged(house, subject, mode);
    await expectWhole(run, await rotate(run.work()), mode);
  }
});
