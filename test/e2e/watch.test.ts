import { expect, test } from "vitest";
import { changes, postAlert, recordOf, seenBy, stage, until } from "./case-driver.ts";

test("an attacker who comes back while the case is watched is cut again by the same rules, until somebody ends the watch", async () => {
  await using on = await stage("cicd-service-connection");
  const { truth } = await seenBy(on);
  const suspect = truth?.suspect.objectId ?? "";
  const caseId = await postAlert(on);
  await until(on, caseId, ({ status }) => status === "watching");
  const cut = await seenBy(on);

  await on.house.ask("re-enable");
  expect(changes(cut.access, (await seenBy(on)).access).added.map(({ fact }) => fact)).toEqual([
    `service-principal ${suspect} enabled true false`,
  ]);
  await expect
    .poll(async () => (await recordOf(on, caseId)).some(({ type }) => type === "watch-finding"), {
      timeout: 60_000,
    })
    .toBe(true);
  await until(on, caseId, ({ status, outcome }) => status === "watching" && outcome !== null);
  await expect
    .poll(async () => changes(cut.access, (await seenBy(on)).access), { timeout: 30_000 })
    .toEqual({ gone: [], added: [] });
  const record = await recordOf(on, caseId);
  expect(record.filter(({ type }) => type === "watch-finding").map(({ data }) => data["kind"])).toContain(
    "re-enabled",
  );

  const closing = await on.call("approver", "POST", `/cases/${caseId}/close`, { reason: "It stayed quiet." });
  expect(closing.status, closing.text).toBe(202);
  const closed = await until(on, caseId, ({ status }) => status === "closed");
  expect(closed.outcome).toMatch(/^contained/);
  expect(closed.reason).toBe("It stayed quiet.");
}, 180_000);

test("chosen steps come back alone, the rest goes on being watched, and what was put back is not cut again", async () => {
  await using on = await stage("cicd-service-connection");
  const before = await seenBy(on);
  const caseId = await postAlert(on);
  await until(on, caseId, ({ status }) => status === "watching");
  const cut = await seenBy(on);
  const intents = (await recordOf(on, caseId)).filter(({ type }) => type === "intent");
  const disabled = intents.find(({ data }) => data["kind"] === "disable-service-principal");
  if (disabled === undefined) throw new Error("nobody was disabled");
  const stepId = String(disabled.data["stepId"]);

  const unknown = await on.call("responder", "POST", `/cases/${caseId}/restore`, {
    steps: [],
    reason: "None.",
  });
  expect(unknown.status).toBe(422);
  const asked = await on.call("responder", "POST", `/cases/${caseId}/restore`, {
    steps: [stepId],
    reason: "The night job needs it.",
  });
  expect(asked.status, asked.text).toBe(202);
  const enabled = { gone: 1, added: 1 };
  const differences = async () => {
    const { gone, added } = changes(cut.access, (await seenBy(on)).access);
    return { gone: gone.length, added: added.length };
  };
  await expect.poll(differences, { timeout: 60_000 }).toEqual(enabled);
  await until(
    on,
    caseId,
    ({ status, reason }) => status === "watching" && (reason ?? "").includes("put back"),
  );
  // A few looks of the watch later it still stands.
  const intended = async () => (await recordOf(on, caseId)).filter(({ type }) => type === "intent").length;
  const then = await intended();
  await new Promise((done) => setTimeout(done, 8_000));
  expect(await differences()).toEqual(enabled);
  expect(await intended(), "the watch cuts it again").toBe(then);

  const rest = await on.call("responder", "POST", `/cases/${caseId}/restore`, { reason: "All of it." });
  expect(rest.status, rest.text).toBe(202);
  await until(on, caseId, ({ outcome }) => outcome === "restored");
  expect(
    changes(before.access, (await seenBy(on)).access).gone.filter(
      ({ fact }) => !/^(password|certificate)/.test(fact),
    ),
  ).toEqual([]);
}, 180_000);
