import { TableClient } from "@azure/data-tables";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "../../local/storage/azurite.ts";
import type { CaseStatus } from "../../src/case/case.ts";
import { type CaseIndex, type CaseSummary, openCaseIndex } from "../../src/storage/case-index.ts";

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

const NOW = "2026-03-01T12:00:00.000Z";

async function newIndex(name: string): Promise<CaseIndex> {
  const table = TableClient.fromConnectionString(azurite.connectionString, name, {
    allowInsecureConnection: true,
  });
  await table.createTable();
  return openCaseIndex(table, () => new Date(NOW));
}

function aCase(n: number, more: Partial<CaseSummary> = {}): CaseSummary {
  return {
    caseId: `case-${String(n).padStart(20, "0")}`,
    status: "open",
    outcome: null,
    reason: null,
    mode: "contain",
    trigger: "responder",
    title: "t",
    severity: "high",
    openedAt: new Date(Date.parse("2026-03-01T00:00:00Z") + n * 60_000).toISOString(),
    updatedAt: NOW,
    closedAt: null,
    openedBy: { objectId: "o", appId: null, name: null, appRoles: [] },
    plans: 0,
    incident: null,
    principals: [],
    intake: { blob: "intake.json", sha256: "0".repeat(64) },
    resolution: null,
    scope: null,
    plan: null,
    decision: null,
    decided: null,
    steps: { planned: 0, applied: 0, confirmed: 0, gaps: 0 },
    residualExposure: [],
    watchUntil: null,
    ...more,
  };
}

/** Every page, one after the other; `between` is done after each. */
async function pagesOf(
  index: CaseIndex,
  options: { readonly status?: CaseStatus; readonly limit: number },
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<readonly string[][]> {
  const pages: string[][] = [];
  for (let after: string | null | undefined; after !== null;) {
    const page = await index.list({ ...options, ...(after === undefined ? {} : { after }) });
    if (page === null) throw new Error("no place in this list");
    pages.push(page.cases.map(({ caseId }) => caseId));
    after = page.next;
    await between();
  }
  return pages;
}

test("a case is there as it was put, once, however long it is", async () => {
  const index = await newIndex("once");
  const principals = Array.from({ length: 1_500 }, (_, n) => ({
    id: `p${n}`,
    name: "é".repeat(40),
    kind: "user",
  }));
  const long = aCase(1, { principals });
  expect(await index.get(long.caseId)).toBeNull();
  expect(await Promise.all(Array.from({ length: 5 }, () => index.insert(long)))).toHaveLength(5);
  expect(await index.insert(aCase(1, { title: "another" }))).toBe(false);
  expect(await index.get(long.caseId)).toEqual(long);
});

test("updates at the same time are all applied, each to what the one before left", async () => {
  const index = await newIndex("updates");
  await index.insert(aCase(1));
  // As many as can lose to each other and still come through within their tries.
  const added = ["a", "b", "c", "d", "e", "f"];
  await Promise.all(
    added.map((name) =>
      index.update(aCase(1).caseId, (it) => ({
        ...it,
        plans: it.plans + 1,
        principals: [...it.principals, { id: name, name, kind: "user" }],
      })),
    ),
  );
  const seen = await index.get(aCase(1).caseId);
  expect(seen).toMatchObject({ plans: added.length, updatedAt: NOW });
  expect(seen?.principals.map(({ id }) => id).toSorted()).toEqual(added);
  await expect(index.update("case-that-is-not", (it) => it)).rejects.toThrow(TypeError);
});

test("pages of any size give every case once, newest first, and end", async () => {
  const index = await newIndex("pages");
  const all = Array.from({ length: 11 }, (_, n) => aCase(n));
  // Two opened in the same millisecond stand in the order of their ids.
  const twins = [aCase(20), aCase(21, { openedAt: aCase(20).openedAt })];
  await Promise.all([...all.toReversed(), ...twins].map((it) => index.insert(it)));
  const newestFirst = [...twins, ...all.toReversed()].map(({ caseId }) => caseId);
  for (const limit of [1, 3, 12, 13, 50]) {
    const pages = await pagesOf(index, { limit });
    expect(pages.flat()).toEqual(newestFirst);
    expect(pages).toHaveLength(Math.ceil(newestFirst.length / limit));
    for (const page of pages.slice(0, -1)) expect(page).toHaveLength(limit);
  }
  const since = await index.list({ limit: 50, openedSince: aCase(8).openedAt });
  expect(since?.cases.map(({ caseId }) => caseId)).toEqual([20, 21, 10, 9, 8].map((n) => aCase(n).caseId));
  expect(await index.list({ limit: 5, after: "nowhere" })).toBeNull();
  expect(await (await newIndex("empty")).list({ limit: 5 })).toEqual({ cases: [], next: null });
});

test("a list by status goes on where it was, also when cases change their status meanwhile", async () => {
  const index = await newIndex("statuses");
  const watching = [1, 3, 5, 7, 9].map((n) => aCase(n, { status: "watching" }));
  const others = [2, 4, 6, 8].map((n) => aCase(n, { status: "closed" }));
  await Promise.all([...watching, ...others].map((it) => index.insert(it)));
  expect((await pagesOf(index, { status: "watching", limit: 2 })).flat()).toEqual(
    watching.toReversed().map(({ caseId }) => caseId),
  );
  expect((await pagesOf(index, { status: "scoping", limit: 2 })).flat()).toEqual([]);

  // The last of the first page leaves the list before the second is asked for.
  let left = false;
  const pages = await pagesOf(index, { status: "watching", limit: 2 }, async () => {
    if (left) return;
    left = true;
    await index.update(aCase(7).caseId, (it) => ({ ...it, status: "closed" }));
  });
  expect(pages.flat()).toEqual([9, 7, 5, 3, 1].map((n) => aCase(n).caseId));
  expect((await pagesOf(index, { status: "closed", limit: 50 })).flat()).toContain(aCase(7).caseId);
});
