import { fetch } from "undici";
import { expect, test } from "vitest";
import { manualTenantClock } from "../../../local/tenant/clock.ts";
import { startTenant, type TenantHandle } from "../../../local/tenant/start.ts";
import { askForToken, bySecret, claimsOf } from "../token-request.ts";

const START = "2026-11-20T09:00:00Z";
const MINUTE_IN_MS = 60_000;

function setEnabled(tenant: TenantHandle, application: string, accountEnabled: boolean): void {
  const { servicePrincipals } = tenant.state.directory;
  const principal = servicePrincipals.get(tenant.names.guid("servicePrincipal", application));
  if (!principal) throw new Error(`no ${application}`);
  servicePrincipals.put({ ...principal, accountEnabled }, tenant.tenant.clock.now());
}

async function readSecret(tenant: TenantHandle, token: string | undefined): Promise<number> {
  const answer = await fetch("https://kv-shop.vault.azure.net/secrets/db-password?api-version=7.4", {
    headers: { authorization: `Bearer ${token ?? ""}` },
    dispatcher: tenant.dispatcher(),
  });
  await answer.text();
  return answer.status;
}

test("a token already issued outlives the disabling of its principal and dies at its expiry", async () => {
  const clock = manualTenantClock(START);
  await using tenant = await startTenant({ clock });
  const { body } = await askForToken(tenant, bySecret(tenant, "deploy", "leaked", "https://vault.azure.net"));
  setEnabled(tenant, "deploy", false);

  clock.advance(59 * MINUTE_IN_MS);
  const refused = await askForToken(tenant, bySecret(tenant, "deploy", "leaked", "https://vault.azure.net"));
  const before = await readSecret(tenant, body.access_token);
  clock.advance((body.expires_in ?? 0) * 1000 - 59 * MINUTE_IN_MS);
  const after = await readSecret(tenant, body.access_token);

  expect(refused.body.error_codes).toEqual([7000112]);
  expect([before, after]).toEqual([200, 401]);
});

test("tokens live as much of Entra's hour as the tenant was told", async () => {
  const clock = manualTenantClock(START);
  await using tenant = await startTenant({ clock, tokenLifetimes: 0.01 });
  const { body } = await askForToken(tenant, bySecret(tenant, "deploy", "leaked", "https://vault.azure.net"));
  const lifeInS = body.expires_in ?? 0;
  const before = await readSecret(tenant, body.access_token);
  clock.advance(lifeInS * 1_000);

  expect([lifeInS >= 36, lifeInS <= 55]).toEqual([true, true]);
  expect([before, await readSecret(tenant, body.access_token)]).toEqual([200, 401]);
});

test("the token endpoint honours a change only after its delay, and then at once", async () => {
  const clock = manualTenantClock(START);
  await using tenant = await startTenant({ clock, delays: { tokenIssuanceInMs: 90_000 } });
  setEnabled(tenant, "deploy", false);

  clock.advance(89_999);
  const early = await askForToken(tenant, bySecret(tenant, "deploy", "leaked"));
  clock.advance(1);
  const late = await askForToken(tenant, bySecret(tenant, "deploy", "leaked"));

  expect([early.status, late.status]).toEqual([200, 401]);
});

test("app roles are what they were when the token was issued", async () => {
  await using tenant = await startTenant();
  const { directory } = tenant.state;
  const scoped = bySecret(tenant, "deploy", "leaked", "https://graph.microsoft.com");
  const first = await askForToken(tenant, scoped);
  for (const it of directory.appRoleAssignments.find(
    "principal",
    tenant.names.guid("servicePrincipal", "deploy"),
  )) {
    directory.appRoleAssignments.remove(it.id, tenant.tenant.clock.now());
  }
  const second = await askForToken(tenant, scoped);

  expect(claimsOf(first.body.access_token)["roles"]).toEqual(["Directory.Read.All"]);
  expect(claimsOf(second.body.access_token)["roles"]).toBeUndefined();
});

const CP1 = JSON.stringify({ access_token: { xms_cc: { values: ["cp1"] } } });

async function askGraph(
  tenant: TenantHandle,
  token: string | undefined,
): Promise<{ status: number; challenge: string }> {
  const answer = await fetch("https://graph.microsoft.com/v1.0/servicePrincipals?$top=1", {
    headers: { authorization: `Bearer ${token ?? ""}` },
    dispatcher: tenant.dispatcher(),
  });
  await answer.text();
  return { status: answer.status, challenge: answer.headers.get("www-authenticate") ?? "" };
}

test("only a token that asked for it is continuously evaluated: Graph challenges it after a disable, the plain one lives on", async () => {
  const clock = manualTenantClock(START);
  await using tenant = await startTenant({ clock, delays: { continuousAccessInMs: 5 * MINUTE_IN_MS } });
  const asked = bySecret(tenant, "deploy", "leaked", "https://graph.microsoft.com");
  const plain = await askForToken(tenant, asked);
  const evaluated = await askForToken(tenant, { ...asked, claims: CP1 });
  setEnabled(tenant, "deploy", false);

  clock.advance(4 * MINUTE_IN_MS);
  const soon = await askGraph(tenant, evaluated.body.access_token);
  clock.advance(2 * MINUTE_IN_MS);
  const later = await askGraph(tenant, evaluated.body.access_token);
  const still = await askGraph(tenant, plain.body.access_token);

  expect(evaluated.body.expires_in).toBe(86_399);
  expect([soon.status, later.status, still.status]).toEqual([200, 401, 200]);
  expect(later.challenge).toContain("insufficient_claims");
});

test("a disable that was undone still ended the continuously evaluated token", async () => {
  const clock = manualTenantClock(START);
  await using tenant = await startTenant({ clock });
  const { body } = await askForToken(tenant, {
    ...bySecret(tenant, "deploy", "leaked", "https://graph.microsoft.com"),
    claims: CP1,
  });
  clock.advance(MINUTE_IN_MS);
  setEnabled(tenant, "deploy", false);
  clock.advance(MINUTE_IN_MS);
  setEnabled(tenant, "deploy", true);

  const answer = await askGraph(tenant, body.access_token);

  expect(answer.status).toBe(401);
});

test("continuous evaluation is for Graph only: a vault token asked with cp1 is a plain one", async () => {
  await using tenant = await startTenant();

  const { body } = await askForToken(tenant, {
    ...bySecret(tenant, "deploy", "leaked", "https://vault.azure.net"),
    claims: CP1,
  });

  expect(body.expires_in).toBeLessThanOrEqual(5_400);
  expect(claimsOf(body.access_token)["xms_cc"]).toBeUndefined();
});

test("a token for one API is no good at another, and one from another tenant nowhere", async () => {
  await using tenant = await startTenant();
  await using other = await startTenant({ seed: 2 });
  const management = await askForToken(tenant, bySecret(tenant, "deploy", "leaked"));
  const foreign = await askForToken(other, bySecret(other, "deploy", "leaked", "https://vault.azure.net"));

  expect(await readSecret(tenant, management.body.access_token)).toBe(401);
  expect(await readSecret(tenant, foreign.body.access_token)).toBe(401);
});
