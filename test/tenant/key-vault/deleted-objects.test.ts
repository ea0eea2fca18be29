import { expect, test } from "vitest";
import { manualTenantClock } from "../../../local/tenant/clock.ts";
import { all, rawCall, refusalOf, startVaultTenant } from "./vaults-under-test.ts";

test("a deleted secret keeps its name until it is recovered or purged", async () => {
  await using tenant = await startVaultTenant();
  const client = tenant.secrets("kv-rbac", "officer");
  await (await client.beginDeleteSecret("sql-password")).pollUntilDone();

  expect(await refusalOf(client.getSecret("sql-password"))).toMatchObject({
    status: 404,
    code: "SecretNotFound",
  });
  expect(await refusalOf(client.setSecret("sql-password", "new"))).toMatchObject({
    status: 409,
    code: "Conflict",
    inner: "ObjectIsDeletedButRecoverable",
    message:
      "Secret sql-password is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.",
  });
});

test("a deleted secret is listed with the day it goes for good, and comes back whole", async () => {
  await using tenant = await startVaultTenant();
  const client = tenant.secrets("kv-rbac", "officer");
  await (await client.beginDeleteSecret("sql-password")).pollUntilDone();
  const [deleted] = await all(client.listDeletedSecrets());
  const days =
    ((deleted?.scheduledPurgeDate?.getTime() ?? 0) - (deleted?.deletedOn?.getTime() ?? 0)) / 86_400_000;

  await (await client.beginRecoverDeletedSecret("sql-password")).pollUntilDone();

  expect(deleted?.name).toBe("sql-password");
  expect(days).toBe(90);
  expect(await client.getSecret("sql-password")).toMatchObject({
    value: "s3cret-one",
    properties: { tags: { owner: "shop" }, contentType: "text/plain" },
  });
});

test("recovering a secret that is there is refused, and so is looking for it among the deleted", async () => {
  await using tenant = await startVaultTenant();
  const answer = await rawCall(tenant, "kv-rbac", {
    token: await tenant.token("officer"),
    path: "/deletedsecrets/sql-password/recover",
    method: "POST",
  });

  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.body)).toEqual({
    error: {
      code: "MethodNotAllowed",
      message: "Secret exists already: sql-password",
      innererror: { code: "RequestNotAllowedOnNonDeletedObject" },
    },
  });
  expect(
    await refusalOf(tenant.secrets("kv-rbac", "officer").getDeletedSecret("sql-password")),
  ).toMatchObject({
    status: 404,
    message: "Deleted Secret not found: sql-password",
  });
});

test("a purged secret frees its name", async () => {
  await using tenant = await startVaultTenant();
  const client = tenant.secrets("kv-rbac", "officer");
  await (await client.beginDeleteSecret("sql-password")).pollUntilDone();

  await client.purgeDeletedSecret("sql-password");

  expect(await refusalOf(client.getDeletedSecret("sql-password"))).toMatchObject({ status: 404 });
  expect((await client.setSecret("sql-password", "new")).value).toBe("new");
});

test("with purge protection nothing is purged before its time, and everything after it", async () => {
  const clock = manualTenantClock("2026-11-20T10:00:00Z");
  await using tenant = await startVaultTenant({ clock });
  const client = tenant.secrets("kv-protected", "officer");
  await (await client.beginDeleteSecret("sql-password")).pollUntilDone();

  const refusal = await refusalOf(client.purgeDeletedSecret("sql-password"));
  expect(refusal).toMatchObject({ status: 403, code: "Forbidden" });
  expect(refusal.message).toContain(
    'Operation "purge" is not allowed because purge protection is enabled for this vault.',
  );
  clock.advance(7 * 86_400_000 + 1);
  expect(
    await refusalOf(tenant.secrets("kv-protected", "officer").getDeletedSecret("sql-password")),
  ).toMatchObject({ status: 404 });
});

test("a deleted key is listed, recovered and purged like a secret", async () => {
  await using tenant = await startVaultTenant();
  const client = tenant.keys("kv-rbac", "officer");
  await (await client.beginDeleteKey("record")).pollUntilDone();
  expect((await all(client.listDeletedKeys())).map(({ name }) => name)).toEqual(["record"]);
  await (await client.beginRecoverDeletedKey("record")).pollUntilDone();
  expect((await client.getKey("record")).name).toBe("record");
});
