import { TableClient } from "@azure/data-tables";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "../../local/storage/azurite.ts";
import { type CaseRequest, type CaseRequests, openCaseRequests } from "../../src/storage/case-requests.ts";

let azurite: Azurite;
let requests: CaseRequests;
beforeAll(async () => {
  azurite = await startAzurite();
  const table = TableClient.fromConnectionString(azurite.connectionString, "requests", {
    allowInsecureConnection: true,
  });
  await table.createTable();
  requests = openCaseRequests(table);
});
afterAll(() => azurite.stop());

const by = { objectId: "o", appId: null, name: "Ada", appRoles: ["Case.Decide"] };
const close = (id: string, at: string, reason = "done"): CaseRequest => ({
  id,
  at,
  by,
  kind: "close",
  reason,
});

test("of the same request at once one is stored, and what was stored first stands", async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => requests.put("case-a", close("r1", "2026-03-01T00:00:00Z", `${n}`))),
  );
  expect(answers.filter(Boolean)).toHaveLength(1);
  const [stored] = await requests.pending("case-a");
  expect(stored).toMatchObject({ id: "r1", reason: String(answers.indexOf(true)) });
  expect(await requests.get("case-a", "r1")).toEqual(stored);
});

test("requests wait oldest first, each case for itself, until they are settled, and can be read afterwards", async () => {
  const times = ["2026-03-01T00:00:03Z", "2026-03-01T00:00:01Z", "2026-03-01T00:00:02Z"];
  for (const [n, at] of times.entries()) await requests.put("case-b", close(`r${n}`, at));
  await requests.put("case-c", close("r9", "2026-03-01T00:00:00Z"));
  const pending = async () => (await requests.pending("case-b")).map(({ id }) => id);
  expect(await pending()).toEqual(["r1", "r2", "r0"]);

  await requests.settle("case-b", "r2");
  await requests.settle("case-b", "r2");
  expect(await pending()).toEqual(["r1", "r0"]);
  expect(await requests.get("case-b", "r2")).toMatchObject({ id: "r2", kind: "close" });
  // Settled is not forgotten: the same request again is still the same.
  expect(await requests.put("case-b", close("r2", "2026-03-02T00:00:00Z"))).toBe(false);
  expect(await pending()).toEqual(["r1", "r0"]);
  expect(await requests.get("case-b", "r9")).toBeNull();
});

test("a comment of any length comes back whole", async () => {
  const comment = "Grüße 🧯".repeat(8_000);
  const decision: CaseRequest = {
    id: "long",
    at: "2026-03-01T00:00:00Z",
    by,
    kind: "decision",
    decision: "approve",
    planDigest: "0".repeat(64),
    comment,
  };
  await requests.put("case-d", decision);
  expect(await requests.pending("case-d")).toEqual([decision]);
  await requests.settle("case-d", "long");
  expect(await requests.get("case-d", "long")).toEqual(decision);
});
