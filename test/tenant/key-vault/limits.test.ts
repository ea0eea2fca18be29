import { expect, test } from "vitest";
import { manualTenantClock } from "../../../local/tenant/clock.ts";
import { refusalOf, startVaultTenant } from "./vaults-under-test.ts";

test("more secrets set in ten seconds than the limit is a 429 without Retry-After, and reads go on", async () => {
  const clock = manualTenantClock("2026-11-20T10:00:00Z");
  await using tenant = await startVaultTenant({ clock, throttling: 0.01 });
  const client = tenant.secrets("kv-rbac", "officer");
  for (const value of ["1", "2", "3"]) await client.setSecret("busy", value);

  const refusal = await refusalOf(client.setSecret("busy", "4"));

  expect(refusal).toMatchObject({
    status: 429,
    code: "Throttled",
    message:
      "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached",
  });
  expect(refusal.headers.get("retry-after")).toBeUndefined();
  expect((await client.getSecret("busy")).value).toBe("3");
  clock.advance(10_000);
  expect((await client.setSecret("busy", "5")).value).toBe("5");
});
