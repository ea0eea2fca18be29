import type { TokenCredential } from "@azure/core-auth";
import { expect, test } from "vitest";
import { z } from "zod";
import { oneLook } from "../../src/azure/one-look.ts";
import { sharedTokens } from "../../src/azure/shared-tokens.ts";
import { readTenant } from "../scope/tenant-reader.ts";

const Names = z.object({ id: z.string(), displayName: z.string() });
const Id = z.object({ id: z.string() });
const VAULT = "https://kv-shop-prod.vault.azure.net";

test("within one look an object is asked for once, each asker reads what it wants of it, and the next look asks again", async () => {
  await using read = await readTenant({ scenario: "war-story" });
  const { tenant, azure } = read;
  const suspect = tenant.names.guid("servicePrincipal", "shop-deploy");
  const path = `/servicePrincipals/${suspect}?$select=id,displayName`;
  const asked = () => tenant.requests.entries.filter(({ path: it }) => it.includes(suspect)).length;

  const look = oneLook(azure);
  const reads = await Promise.all([look.graph.get(path, Names), look.graph.get(path, Id)]);
  expect(reads.map((it) => it.kind)).toEqual(["ok", "ok"]);
  expect(await look.graph.get(path, z.object({ nonsense: z.string() }))).toMatchObject({
    kind: "failed",
    failure: { code: "NOT_UNDERSTOOD" },
  });
  expect(asked()).toBe(1);
  await oneLook(azure).graph.get(path, Id);
  expect(asked()).toBe(2);
});

test("a vault is not asked for whom to get a token, and reads what it is asked", async () => {
  await using read = await readTenant({ scenario: "war-story" });
  const { tenant, azure } = read;
  const listed = await azure.vault(VAULT).listSecrets();
  expect(listed.kind === "ok" && listed.value.length).toBeGreaterThan(0);
  const toVaults = tenant.requests.entries.filter(({ service }) => service === "key-vault");
  expect(toVaults.map(({ status }) => status)).toEqual([200]);
});

test("however many ask for a token at once, it is fetched once; a challenge's claims get one of their own; a failure is not kept", async () => {
  const asked: unknown[] = [];
  let fails = false;
  const slow: TokenCredential = {
    async getToken(scopes, options) {
      asked.push({ scopes, claims: options?.claims });
      await new Promise((done) => setTimeout(done, 10));
      if (fails) throw new TypeError("no identity here");
      return { token: `token ${asked.length}`, expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  };
  const shared = sharedTokens(slow);
  const tokens = await Promise.all([
    ...Array.from({ length: 80 }, () => shared.getToken("https://vault.azure.net/.default")),
    shared.getToken("https://graph.microsoft.com/.default"),
    shared.getToken("https://vault.azure.net/.default", { claims: "c" }),
  ]);
  expect(asked).toHaveLength(3);
  expect(new Set(tokens.slice(0, 80).map((it) => it?.token)).size).toBe(1);

  fails = true;
  await expect(shared.getToken("a")).rejects.toThrow(TypeError);
  fails = false;
  expect(await shared.getToken("a")).not.toBeNull();
});
