import { afterAll, beforeAll, expect, test } from "vitest";
import { all, refusalOf, startVaultTenant, type VaultTenant } from "./vaults-under-test.ts";

let tenant: VaultTenant;
beforeAll(async () => {
  tenant = await startVaultTenant();
});
afterAll(() => tenant.stop());

const officer = () => tenant.secrets("kv-rbac", "officer");

test("a disabled version refuses to be read, with a code of its own", async () => {
  expect(await refusalOf(officer().getSecret("disabled"))).toMatchObject({
    status: 403,
    code: "Forbidden",
    inner: "SecretDisabled",
    message: "Operation get is not allowed on a disabled secret.",
  });
});

test("an expired secret is still read", async () => {
  const secret = await officer().getSecret("expired");

  expect(secret.properties.expiresOn?.getTime()).toBeLessThan(Date.now());
  expect(secret.value).toBe("s3cret-one");
});

test("a secret that is not there is a 404 that speaks of recovery", async () => {
  const refusal = await refusalOf(officer().getSecret("missing"));

  expect(refusal).toMatchObject({ status: 404, code: "SecretNotFound" });
  expect(refusal.message).toBe(
    "A secret with (name/id) missing was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182",
  );
});

test("a version that is not there is named with its secret", async () => {
  const version = "0".repeat(32);

  expect((await refusalOf(officer().getSecret("sql-password", { version }))).message).toContain(
    `A secret with (name/id) sql-password/${version} was not found`,
  );
});

test("setting a secret makes a version that has none of the properties of the one before", async () => {
  const client = officer();
  await client.setSecret("loses", "one", {
    tags: { owner: "shop" },
    contentType: "text/plain",
    expiresOn: new Date("2030-01-01"),
  });

  await client.setSecret("loses", "two");

  const current = await client.getSecret("loses");
  expect(current.value).toBe("two");
  expect(current.properties.tags).toEqual({});
  expect(current.properties.contentType).toBeUndefined();
  expect(current.properties.expiresOn).toBeUndefined();
});

test("the old version stays enabled and readable by its id", async () => {
  const client = officer();
  const old = await client.setSecret("stays", "one");

  await client.setSecret("stays", "two");

  const read = await client.getSecret("stays", { version: old.properties.version ?? "" });
  expect(read.value).toBe("one");
  expect(read.properties.enabled).toBe(true);
});

test("updating changes what is passed and leaves the rest", async () => {
  const client = officer();
  const made = await client.setSecret("updated", "one", {
    tags: { owner: "shop" },
    contentType: "text/plain",
  });

  await client.updateSecretProperties("updated", made.properties.version ?? "", { enabled: false });

  const [version] = await all(client.listPropertiesOfSecretVersions("updated"));
  expect(version).toMatchObject({ enabled: false, contentType: "text/plain", tags: { owner: "shop" } });
  expect(await refusalOf(client.getSecret("updated"))).toMatchObject({ inner: "SecretDisabled" });
});

test("a write is seen by the next read", async () => {
  const client = officer();
  for (const value of ["a", "b", "c"]) {
    await client.setSecret("seen", value);
    expect((await client.getSecret("seen")).value).toBe(value);
  }
});

test("a bundle says how the vault can recover", async () => {
  const { properties } = await tenant.secrets("kv-protected", "officer").getSecret("sql-password");

  expect(properties.recoveryLevel).toBe("CustomizedRecoverable");
  expect(properties.recoverableDays).toBe(7);
  expect((await officer().getSecret("sql-password")).properties.recoveryLevel).toBe("Recoverable+Purgeable");
});

test("a list has no values and ids without version, page after page", async () => {
  const client = officer();
  for (let index = 0; index < 30; index += 1) await client.setSecret(`paged-${index}`, "x");

  const pages = await all(client.listPropertiesOfSecrets().byPage({ maxPageSize: 10 }));

  const listed = pages.flat();
  expect(pages.length).toBeGreaterThanOrEqual(4);
  expect(pages.every((page) => page.length <= 10)).toBe(true);
  expect(listed.filter(({ name }) => name.startsWith("paged-"))).toHaveLength(30);
  expect(listed.every(({ version, id }) => version === undefined && !id?.includes("s3cret"))).toBe(true);
  expect(new Set(listed.map(({ name }) => name)).size).toBe(listed.length);
});

test("a page's link names the port, and a secret made meanwhile neither hides nor repeats another", async () => {
  const client = officer();
  const seen: string[] = [];
  const iterator = client.listPropertiesOfSecretVersions("many").byPage({ maxPageSize: 10 });
  for (let page = await iterator.next(); page.done !== true; page = await iterator.next()) {
    seen.push(...page.value.map(({ version }) => version ?? ""));
    await client.setSecret("unrelated", String(seen.length));
  }

  expect(new Set(seen).size).toBe(30);
  const pagedRequests = tenant.requests.entries.filter(({ path }) => path.includes("$skiptoken"));
  expect(pagedRequests.length).toBeGreaterThan(0);
});

test("a page of more than 25 cannot be asked for", async () => {
  await expect(officer().listPropertiesOfSecrets().byPage({ maxPageSize: 26 }).next()).rejects.toMatchObject({
    statusCode: 400,
    code: "BadParameter",
  });
});

test("a certificate's secret says so, and is not to be set by hand", async () => {
  const client = officer();
  const secret = await client.getSecret("certified");

  expect(secret.properties.managed).toBe(true);
  expect(secret.properties.certificateKeyId?.toString()).toContain("/keys/certified/");
  expect(await refusalOf(client.setSecret("certified", "mine"))).toMatchObject({ status: 403 });
});

test("names are compared without case", async () => {
  expect((await officer().getSecret("SQL-Password")).value).toBe("s3cret-one");
});

test("a backup restores all versions where the name is free", async () => {
  const client = officer();
  const old = await client.setSecret("kept", "one");
  await client.setSecret("kept", "two");
  const backup = await client.backupSecret("kept");
  if (backup === undefined) throw new Error("no backup");
  expect(await refusalOf(client.restoreSecretBackup(backup))).toMatchObject({ status: 409 });
  await (await client.beginDeleteSecret("kept")).pollUntilDone();
  await client.purgeDeletedSecret("kept");

  await client.restoreSecretBackup(backup);

  expect((await client.getSecret("kept")).value).toBe("two");
  expect((await client.getSecret("kept", { version: old.properties.version ?? "" })).value).toBe("one");
});

test("a vault that is in no subscription has no answer of Key Vault's own", async () => {
  await expect(tenant.secrets("kv-nowhere", "officer").getSecret("x")).rejects.toMatchObject({
    statusCode: 404,
  });
});
