import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { caseSeen, recordOf, type Stage, stage, until } from "./case-driver.ts";

const version = (digit: string) => digit.repeat(32);
const VAULT = "kv-shop";
const ACCOUNTS =
  "/subscriptions/{{subscription.prod}}/resourceGroups/rg-shop/providers/Microsoft.Storage/storageAccounts";
/** Keys of two accounts, each in a secret that has one version behind it. */
const SECRETS = {
  "near-key": { account: "stnear", old: version("a"), newest: version("b") },
  "expired-key": { account: "stexpired", old: version("c"), newest: version("d") },
  "spared-key": { account: "stspared", old: version("e"), newest: version("f") },
  "production-key": { account: "stproduction", old: version("1"), newest: version("2") },
  "named-key": { account: "stnamed", old: version("3"), newest: version("4") },
};

const TAGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  stspared: { Tourniquet: "never" },
  stproduction: { env: "prod" },
  stnamed: { env: "prod" },
};

const Scenario = z.looseObject({
  azure: z.looseObject({ resources: z.array(z.unknown()) }),
  vaults: z.record(z.string(), z.looseObject({ secrets: z.record(z.string(), z.unknown()) })),
});

let folder: string;
let on: Stage;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tourniquet-events-"));
  const raw = Scenario.parse(
    JSON.parse(readFileSync(join(import.meta.dirname, "../../local/scenarios/small.json"), "utf8")),
  );
  const secrets: Record<string, unknown> = {};
  for (const [name, { account, old, newest }] of Object.entries(SECRETS)) {
    raw.azure.resources.push({
      type: "Microsoft.Storage/storageAccounts",
      name: account,
      resourceGroup: "rg-shop",
      tags: TAGS[account] ?? {},
      properties: { allowSharedKeyAccess: true },
    });
    // Whose key it is shows only by its value.
    const tags: Record<string, string> =
      account === "stspared" || account === "stproduction"
        ? {}
        : { ProviderAddress: `${ACCOUNTS}/${account}`, CredentialId: "key1", OverlapHours: "0" };
    secrets[name] = {
      versions: [
        { version: old, created: "-60d", value: "an older one", tags },
        { version: newest, created: "-30d", value: `{{key.${account}.key1}}`, tags, expires: "+20d" },
      ],
    };
  }
  raw.vaults[VAULT] = { secrets };
  writeFileSync(join(folder, "scenario.json"), JSON.stringify(raw));
  const policy = {
    version: 1,
    rules: [
      {
        name: "rotate what the vault says is ending",
        when: { triggers: ["key-vault-event"] },
        mode: "evict",
        steps: { kinds: { "rotate-secret": "automatic" } },
      },
    ],
    protected: { tags: [{ name: "tourniquet", values: ["never"] }] },
    production: { tags: [{ name: "env", values: ["prod"] }] },
    verification: { confirmations: 1, everySeconds: 0.5, giveUpAfterMinutes: 0.5 },
    watch: { hours: 0 },
  };
  writeFileSync(join(folder, "policy.json"), JSON.stringify(policy));
  on = await stage(join(folder, "scenario.json"), join(folder, "policy.json"));
}, 120_000);
afterAll(async () => {
  await on[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const webhook = () => new URL("/runtime/webhooks/EventGrid?functionName=key-vault-events", on.house.api);

function deliver(
  body: unknown,
  headers: Readonly<Record<string, string>> = { "aeg-event-type": "Notification" },
) {
  return fetch(webhook(), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

const inEventGridsOwn = (type: string, name: string, of: string) => ({
  id: `${type} ${name} ${of}`,
  topic: `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.KeyVault/vaults/${VAULT}`,
  subject: name,
  eventType: `Microsoft.KeyVault.${type}`,
  eventTime: new Date().toISOString(),
  data: {
    Id: `https://${VAULT}.vault.azure.net/secrets/${name}/${of}`,
    VaultName: VAULT,
    ObjectType: "Secret",
    ObjectName: name,
    Version: of,
    NBF: null,
    EXP: 1_559_082_102,
  },
  dataVersion: "1",
});

const asCloudEvent = (type: string, name: string, of: string) => {
  const { id, topic, subject, eventType, eventTime, data } = inEventGridsOwn(type, name, of);
  return { id, source: topic, subject, type: eventType, time: eventTime, specversion: "1.0", data };
};

const Listed = z.object({ cases: z.array(z.object({ caseId: z.string(), title: z.string() })) });

async function cases() {
  return Listed.parse((await on.call("reader", "GET", "/cases")).body).cases;
}

const stagesOf = async (caseId: string) =>
  (await recordOf(on, caseId))
    .filter(({ type }) => type === "rotation-stage")
    .map(({ data }) => data["effect"]);

test("both handshakes are answered for the function", async () => {
  const validated = await deliver([{ data: { validationCode: "C0DE" } }], {
    "aeg-event-type": "SubscriptionValidation",
  });
  expect([validated.status, await validated.json()]).toEqual([200, { validationResponse: "C0DE" }]);
  const asked = await fetch(webhook(), {
    method: "OPTIONS",
    headers: { "WebHook-Request-Origin": "eventgrid.azure.net" },
  });
  expect(asked.headers.get("webhook-allowed-origin")).toBe("eventgrid.azure.net");
});

test("a batch opens a case for what ends and nothing else, once, however often it is delivered, and the secret is rotated with its overlap", async () => {
  const batch = [
    inEventGridsOwn("SecretNearExpiry", "near-key", SECRETS["near-key"].newest),
    inEventGridsOwn("SecretNearExpiry", "expired-key", SECRETS["expired-key"].old),
    inEventGridsOwn("SecretNewVersionCreated", "near-key", SECRETS["near-key"].newest),
  ];
  const answers = await Promise.all([deliver(batch), deliver(batch)]);
  expect(answers.map(({ status }) => status)).toEqual([202, 202]);

  await expect.poll(async () => (await cases()).length, { timeout: 60_000 }).toBe(1);
  const [opened] = await cases();
  if (opened === undefined) throw new Error("no case");
  expect(opened.title).toBe("near-key in kv-shop is about to expire");
  const ended = await until(on, opened.caseId, ({ outcome }) => outcome !== null, { approve: false });
  expect(ended.outcome, ended.reason ?? "").toBe("contained");
  const effects = await stagesOf(opened.caseId);
  expect(effects).toEqual(
    expect.arrayContaining(["identified", "published", "read-back", "disabled-version"]),
  );
  // The alternate key was published first; the one that ran out was renewed after the overlap.
  expect(effects.indexOf("published")).toBeLessThan(effects.lastIndexOf("regenerated"));

  // The same again: about a version that is not the newest any more.
  expect((await deliver(batch)).status).toBe(202);
  expect(await cases()).toHaveLength(1);
  expect((await caseSeen(on, opened.caseId)).status).toBe("closed");
}, 180_000);

test("a CloudEvent about an expired secret does the same", async () => {
  const { newest } = SECRETS["expired-key"];
  const answer = await deliver(asCloudEvent("SecretExpired", "expired-key", newest));
  expect(answer.status).toBeLessThan(300);
  await expect.poll(async () => (await cases()).length, { timeout: 60_000 }).toBe(2);
  const opened = (await cases()).find(({ title }) => title === "expired-key in kv-shop has expired");
  if (opened === undefined) throw new Error("no case of this name");
  const ended = await until(on, opened.caseId, ({ outcome }) => outcome !== null, { approve: false });
  const record = await recordOf(on, opened.caseId);
  expect(ended.outcome, JSON.stringify(record.filter(({ type }) => type === "outcome"))).toBe("contained");
}, 120_000);

test("an issuer that is found only while rotating, and that the policy spares, keeps its keys", async () => {
  const { newest } = SECRETS["spared-key"];
  await deliver([inEventGridsOwn("SecretNearExpiry", "spared-key", newest)]);
  const titled = async () => (await cases()).find(({ title }) => title.startsWith("spared-key"));
  await expect.poll(titled, { timeout: 60_000 }).toBeDefined();
  const caseId = (await titled())?.caseId ?? "";
  await until(on, caseId, ({ outcome }) => outcome !== null, { approve: false });
  const record = await recordOf(on, caseId);
  expect(record.filter(({ type }) => type === "outcome").map(({ data }) => data)).toMatchObject([
    { result: "refused-by-guardrail", code: "protected-tag", reason: expect.stringContaining("stspared") },
  ]);
  expect(await stagesOf(caseId)).not.toContain("regenerate");
}, 120_000);

test("an issuer of production keeps its keys until a person was asked, however late it is found", async () => {
  const opened = async (name: "production-key" | "named-key") => {
    await deliver([inEventGridsOwn("SecretNearExpiry", name, SECRETS[name].newest)]);
    const titled = async () => (await cases()).find(({ title }) => title.startsWith(name));
    await expect.poll(titled, { timeout: 60_000 }).toBeDefined();
    return (await titled())?.caseId ?? "";
  };
  const found = await opened("production-key");
  await until(on, found, ({ outcome }) => outcome !== null, { approve: false });
  const record = await recordOf(on, found);
  expect(record.filter(({ type }) => type === "outcome").map(({ data }) => data)).toMatchObject([
    { result: "refused-by-guardrail", code: "production", reason: expect.stringContaining("stproduction") },
  ]);
  expect(await stagesOf(found)).not.toContain("regenerate");

  const named = await opened("named-key");
  await until(on, named, ({ status }) => status === "awaiting-decision", { approve: false });
  const ended = await until(on, named, ({ outcome }) => outcome !== null);
  expect(ended.outcome, ended.reason ?? "").toBe("contained");
}, 180_000);
