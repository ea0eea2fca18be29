import { expect, test } from "vitest";
import { azureWith } from "../../src/azure/azure.ts";
import { removeApplicationPassword } from "../../src/steps/remove-application-password.ts";
import { PRODUCT } from "../../local/tenant/scenario/product.ts";
import type { StartOptions } from "../../local/tenant/start.ts";
import { identityIn, readTenant } from "../scope/tenant-reader.ts";

/** One application with so many secrets, and a way to remove some of them at once. */
async function applicationWith(secrets: number, weather: Pick<StartOptions, "delays"> = {}) {
  const read = await readTenant({
    ...weather,
    scenario: {
      name: "many",
      describes: "One application with many secrets.",
      tenant: { displayName: "Contoso", domain: "contoso.onmicrosoft.com" },
      directory: {
        applications: [
          {
            name: "app",
            secrets: Array.from({ length: secrets }, (_, index) => ({
              name: `s${index}`,
              start: "-9d",
              end: "+9d",
            })),
          },
        ],
      },
    },
  });
  const { tenant } = read;
  const { applications } = tenant.state.directory;
  const actor = azureWith(identityIn(tenant, PRODUCT.actor));
  const applicationId = tenant.names.guid("application", "app");
  return {
    [Symbol.asyncDispose]: () => read[Symbol.asyncDispose](),
    faults: tenant.faults,
    left: () => (applications.get(applicationId)?.passwordCredentials ?? []).map(({ keyId }) => keyId),
    take(keyId: string) {
      const application = applications.get(applicationId);
      if (application === undefined) throw new TypeError("there is no application");
      const passwordCredentials = application.passwordCredentials.filter((it) => it.keyId !== keyId);
      applications.put({ ...application, passwordCredentials }, tenant.tenant.clock.now());
    },
    async remove(keyIds: readonly string[]) {
      tenant.requests.clear();
      const targets = keyIds.map((keyId) => ({ applicationId, keyId }));
      const outcomes = (await removeApplicationPassword.together?.apply(actor, targets)) ?? [];
      const requests = tenant.requests.entries.filter(({ service }) => service === "graph").length;
      return { outcomes: outcomes.map((it) => (it.kind === "failed" ? it.code : it.kind)), requests };
    },
  };
}

test("many secrets of one application go twenty to a request, each with its own outcome; what is gone already is so", async () => {
  await using on = await applicationWith(45);
  const [kept = "", ...doomed] = on.left();
  const gone = doomed[3] ?? "";
  on.take(gone);

  const first = await on.remove(doomed);
  expect(first.outcomes).toEqual(doomed.map((keyId) => (keyId === gone ? "already-so" : "applied")));
  expect(on.left()).toEqual([kept]);
  expect(first.requests).toBeLessThanOrEqual(8);

  const again = await on.remove(doomed);
  expect(again.outcomes).toEqual(doomed.map(() => "already-so"));
  expect(again.requests).toBeLessThanOrEqual(4);
});

test("they are removed one after another, because Graph refuses writes to one object that meet", async () => {
  await using on = await applicationWith(12, { delays: { directoryReplicationInMs: 60_000 } });
  const doomed = on.left();
  const { outcomes, requests } = await on.remove(doomed);
  expect(outcomes).toEqual(doomed.map(() => "applied"));
  expect(on.left()).toEqual([]);
  expect(requests).toBe(1);
});

test("a Graph that has enough is not asked for each of them, and all are to be tried again", async () => {
  await using on = await applicationWith(30);
  on.faults.add({ service: "graph", answer: 429, retryAfterInS: 3, times: Number.POSITIVE_INFINITY });
  const doomed = on.left();
  const { outcomes, requests } = await on.remove(doomed);
  expect(outcomes).toEqual(doomed.map(() => "THROTTLED"));
  expect(requests).toBeLessThanOrEqual(2);
  expect(on.left()).toEqual(doomed);
});
