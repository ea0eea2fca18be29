import { TableClient } from "@azure/data-tables";
import { expect, test } from "vitest";
import { startAzurite } from "../../local/storage/azurite.ts";
import { openRotationLedger } from "../../src/rotate/ledger.ts";

test("a secret is held by one rotation at a time, until it lets go or its time is over", async () => {
  await using storage = await startAzurite();
  const table = TableClient.fromConnectionString(storage.connectionString, "rotations", {
    allowInsecureConnection: true,
  });
  await table.createTable();
  let now = Date.parse("2026-03-01T00:00:00Z");
  const ledger = openRotationLedger(table, () => new Date(now));

  const holders = Array.from({ length: 10 }, (_, index) => `rotation-${index}`);
  const held = await Promise.all(holders.map((holder) => ledger.hold("Vault/Secret", holder, 60_000)));
  const winner = holders[held.findIndex(({ kind }) => kind === "held")] ?? "";
  expect(held.filter(({ kind }) => kind === "held")).toHaveLength(1);
  expect(await ledger.hold("vault/secret", winner, 60_000)).toEqual({ kind: "held", kept: null });
  expect(await ledger.hold("vault/secret", "late", 60_000)).toEqual({ kind: "busy", by: winner });
  await ledger.keep("vault/secret", winner, "what it found");
  expect(await ledger.hold("vault/secret", winner, 60_000)).toEqual({ kind: "held", kept: "what it found" });

  await ledger.release("vault/secret", "late");
  expect(await ledger.hold("vault/secret", "late", 60_000)).toEqual({ kind: "busy", by: winner });
  now += 61_000;
  expect(await ledger.hold("vault/secret", "late", 60_000)).toEqual({ kind: "held", kept: null });
  now += 61_000;
  expect(await ledger.hold("vault/secret", winner, 60_000)).toEqual({ kind: "held", kept: null });
  await ledger.release("vault/secret", winner);
  expect(await ledger.hold("vault/secret", "later", 60_000)).toEqual({ kind: "held", kept: null });

  expect(await ledger.hold("vault/secret", "urgent", 60_000, true)).toMatchObject({
    kind: "busy",
    by: "later",
  });
  await ledger.wait("vault/secret", "nobody");
  expect(await ledger.hold("vault/secret", "urgent", 60_000, true)).toMatchObject({
    kind: "busy",
    by: "later",
  });
  await ledger.wait("vault/secret", "later");
  expect(await ledger.hold("vault/secret", "patient", 60_000)).toMatchObject({ kind: "busy", by: "later" });
  expect(await ledger.hold("vault/secret", "urgent", 60_000, true)).toMatchObject({
    kind: "held",
    kept: null,
  });
  expect(await ledger.hold("vault/secret", "later", 60_000)).toMatchObject({ kind: "busy", by: "urgent" });

  await ledger.markRegenerated("/subscriptions/S/x", "plan", "key1");
  await ledger.markRegenerated("/subscriptions/s/x", "plan", "key2");
  await ledger.markRegenerated("/subscriptions/s/x", "plan", "key2");
  expect(await ledger.regenerated("/subscriptions/s/x", "plan")).toEqual(["key1", "key2"]);
  expect(await ledger.regenerated("/subscriptions/s/x", "another plan")).toEqual([]);
});
