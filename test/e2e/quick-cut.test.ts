import { join } from "node:path";
import { expect, test } from "vitest";
import { longestChain, spanOf } from "../../local/bench/measure/chain.ts";
import { durableHistoryOf } from "../../local/bench/measure/durable-history.ts";
import { postAlert, recordOf, stage } from "./case-driver.ts";

/** Long beside what a busy machine needs to send what is sent side by side: what did not overlap was waited for. */
const LATENCY_IN_MS = 1_000;

test("from the case's start to the cut are at most three requests that wait for one another and two hops, and the scope comes after", async () => {
  await using on = await stage("leaked-service-principal", undefined, { latencyInMs: LATENCY_IN_MS });
  const caseId = await postAlert(on);
  const snapshot = await recorded(on, caseId, "snapshot");
  const seen = await on.house.ask("requests");
  // The host keeps its database to itself as long as it runs.
  await on.house.stop();
  const { hops, startedAt } = durableHistoryOf(join(on.folder, "host.db"), caseId);
  const requests = (seen?.log ?? []).filter((it) => spanOf(it).from >= startedAt);
  const cut = requests.find(
    ({ method, path }) =>
      method === "PATCH" && path === `/v1.0/servicePrincipals/${seen?.truth?.suspect.objectId}`,
  );
  if (cut === undefined) throw new Error("nobody was cut");
  const { from, to } = spanOf(cut);

  const before = requests.filter((it) => spanOf(it).to <= from);
  expect(
    longestChain([...before, cut].map(spanOf)),
    JSON.stringify(before.map(({ service, operation }) => `${service} ${operation}`)),
  ).toBeLessThanOrEqual(3);
  const begun = hops.filter((it) => it.from <= from).map((it) => ({ ...it, to: Math.min(it.to, from) }));
  expect(begun.length).toBeGreaterThan(0);
  expect(longestChain(begun), JSON.stringify(begun.map(({ name }) => name))).toBeLessThanOrEqual(2);
  expect(Date.parse(snapshot)).toBeGreaterThan(to);
  const scoping = hops.filter(({ name }) => name === "take-snapshot");
  expect(scoping.length).toBeGreaterThan(0);
  expect(scoping.filter((it) => it.to <= to)).toEqual([]);
}, 180_000);

/** When the record says this for the first time. */
async function recorded(on: Parameters<typeof recordOf>[0], caseId: string, type: string): Promise<string> {
  for (;;) {
    const entry = (await recordOf(on, caseId)).find((it) => it.type === type);
    if (entry !== undefined) return entry.at;
    await new Promise((done) => setTimeout(done, 1_000));
  }
}
