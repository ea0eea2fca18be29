import { createServer, type Socket } from "node:net";
import { z } from "zod";
import { expect, test } from "vitest";
import { postAlert, recordOf, stage, until } from "../e2e/case-driver.ts";

const Told = z.object({
  words: z.object({
    webhook: z.object({ arrived: z.boolean(), code: z.string().nullable() }).optional(),
    sentinel: z.object({ arrived: z.boolean() }).optional(),
  }),
});

test("a webhook that hangs fails no case: it is contained, Sentinel is told, and the silence is on record", async () => {
  const held = new Set<Socket>();
  const hanging = createServer((socket) => {
    held.add(socket.on("error", () => undefined));
  });
  await new Promise<void>((done) => hanging.listen(0, "127.0.0.1", done));
  const address = hanging.address();
  if (address === null || typeof address === "string") throw new TypeError("the server does not listen");
  process.env["TOURNIQUET_NOTIFY_URL"] = `https://127.0.0.1:${address.port}/key-of-the-channel`;
  process.env["TOURNIQUET_NOTIFY_SECRET"] = "a signing secret of some length";
  try {
    await using on = await stage("war-story");
    const caseId = await postAlert(on);
    const ended = await until(on, caseId, ({ status }) => status === "watching" || status === "closed");
    expect(ended.outcome, ended.reason ?? "").toMatch(/^contained/);
    const told = async () => Told.parse((await on.call("reader", "GET", `/cases/${caseId}`)).body).words;
    await expect
      .poll(async () => (await told()).webhook, { timeout: 60_000 })
      .toMatchObject({ arrived: false });
    await expect
      .poll(async () => (await told()).sentinel, { timeout: 60_000 })
      .toEqual(expect.objectContaining({ arrived: true }));
    const entries = await recordOf(on, caseId);
    expect(entries.some(({ type, data }) => type === "notified" && typeof data["error"] === "string")).toBe(
      true,
    );
    expect(entries.some(({ type }) => type === "written-back")).toBe(true);
    expect(JSON.stringify(entries)).not.toContain("key-of-the-channel");
  } finally {
    delete process.env["TOURNIQUET_NOTIFY_URL"];
    delete process.env["TOURNIQUET_NOTIFY_SECRET"];
    for (const socket of held) socket.destroy();
    hanging.close();
  }
}, 240_000);
