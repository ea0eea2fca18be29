import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { changes, postAlert, recordOf, seenBy, type Stage, stage, until } from "./case-driver.ts";

test("an attacker who comes back while the case is watched is cut again by the same rules, whatever becomes of the host, until somebody ends the watch", async () => {
  await using on = await stage("cicd-service-connection", join(import.meta.dirname, "watch-policy.json"));
  const { truth } = await seenBy(on);
  const suspect = truth?.suspect.objectId ?? "";
  const caseId = await postAlert(on);
  await until(on, caseId, ({ status }) => status === "watching");
  const cut = await seenBy(on);
  const found = async (kind: string) =>
    (await recordOf(on, caseId)).filter(
      ({ type, data }) => type === "watch-finding" && data["kind"] === kind,
    );

  await on.house.crash("host");
  await on.house.ask("re-enable");
  expect(changes(cut.access, (await seenBy(on)).access).added.map(({ fact }) => fact)).toEqual([
    `service-principal ${suspect} enabled true false`,
  ]);
  await expect.poll(() => found("re-enabled"), { timeout: 90_000 }).toHaveLength(1);
  await expect
    .poll(async () => changes(cut.access, (await seenBy(on)).access), { timeout: 60_000 })
    .toEqual({ gone: [], added: [] });
  await until(on, caseId, ({ status }) => status === "watching");

  await on.house.ask("old-secrets");
  await expect.poll(() => found("old-secret-enabled"), { timeout: 90_000 }).toHaveLength(1);
  const stepId = (await found("old-secret-enabled"))[0]?.data["stepId"];
  const confirmations = async () =>
    (await recordOf(on, caseId)).filter(
      ({ type, data }) => type === "confirmed" && data["stepId"] === stepId,
    );
  // A rotation does not come back, so a person is asked again.
  await until(on, caseId, ({ decision }) => decision !== null, { approve: false });
  await until(on, caseId, ({ status }) => status === "watching");
  await expect.poll(confirmations, { timeout: 90_000 }).toHaveLength(2);
  await until(on, caseId, ({ status }) => status === "watching");
  expect(await eventsOf(on, caseId), "the history of the watch").toBeLessThan(30);

  const closing = await on.call("approver", "POST", `/cases/${caseId}/close`, { reason: "It stayed quiet." });
  expect(closing.status, closing.text).toBe(202);
  const closed = await until(on, caseId, ({ status }) => status === "closed");
  expect(closed.outcome).toMatch(/^contained/);
  expect(closed.reason).toBe("It stayed quiet.");
  expect(
    await found("old-secret-enabled"),
    "an old version was enabled after it was disabled again",
  ).toHaveLength(1);
}, 400_000);

const Status = z.object({ historyEvents: z.array(z.unknown()).nullish() });

/** How many events the case's instance has in its history. */
async function eventsOf({ house }: Stage, caseId: string): Promise<number> {
  const root = new URL("/runtime/webhooks/durabletask", house.api).href;
  const answer = await fetch(`${root}/instances/${caseId}?showHistory=true`);
  return (Status.parse(await answer.json()).historyEvents ?? []).length;
}

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
  const mistyped = await on.call("responder", "POST", `/cases/${caseId}/restore`, {
    steps: [stepId, "step-nobody-planned"],
    reason: "The night job needs it.",
  });
  expect(mistyped.status).toBe(422);
  expect(mistyped.body).toMatchObject({ code: "UNKNOWN_STEPS", steps: ["step-nobody-planned"] });
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
