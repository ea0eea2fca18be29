import { createRemoteJWKSet, customFetch, jwtVerify } from "jose";
import { fetch } from "undici";
import { expect, test } from "vitest";
import { z } from "zod";
import { readScenario } from "../../../local/tenant/scenario/find.ts";
import { startTenant, type TenantHandle } from "../../../local/tenant/start.ts";
import { askForToken, bySecret, claimsOf } from "../token-request.ts";

function disable(tenant: TenantHandle, application: string): void {
  const { servicePrincipals } = tenant.state.directory;
  const principal = servicePrincipals.get(tenant.names.guid("servicePrincipal", application));
  if (!principal) throw new Error(`no ${application}`);
  servicePrincipals.put({ ...principal, accountEnabled: false }, tenant.tenant.clock.now());
}

test("a token is a JWT that the published keys verify, for the audience asked, from this tenant", async () => {
  await using tenant = await startTenant();
  const { body } = await askForToken(tenant, bySecret(tenant, "deploy", "leaked", "https://vault.azure.net"));
  const keys = createRemoteJWKSet(
    new URL(`https://login.microsoftonline.com/${tenant.tenant.id}/discovery/v2.0/keys`),
    {
      [customFetch]: async (url: string) => {
        const answer = await fetch(url, { dispatcher: tenant.dispatcher() });
        return Response.json(await answer.json());
      },
    },
  );

  const { payload, protectedHeader } = await jwtVerify(body.access_token ?? "", keys, {
    audience: "https://vault.azure.net",
    issuer: `https://sts.windows.net/${tenant.tenant.id}/`,
  });

  expect(protectedHeader.alg).toBe("RS256");
  expect(payload).toMatchObject({
    tid: tenant.tenant.id,
    appid: tenant.names.guid("appId", "deploy"),
    oid: tenant.names.guid("servicePrincipal", "deploy"),
    sub: tenant.names.guid("servicePrincipal", "deploy"),
    appidacr: "1",
    idtyp: "app",
    ver: "1.0",
  });
});

test("a Graph token carries the application permissions granted, and the wids of nobody in particular", async () => {
  await using tenant = await startTenant();

  const { body } = await askForToken(
    tenant,
    bySecret(tenant, "deploy", "leaked", "https://graph.microsoft.com"),
  );

  expect(claimsOf(body.access_token)).toMatchObject({
    roles: ["Directory.Read.All"],
    wids: ["0997a1d0-0d1d-4acb-b408-d5ca73121e90"],
    app_displayname: "deploy-pipeline",
  });
});

test("access tokens live between 60 and 90 minutes, not always the same", async () => {
  await using tenant = await startTenant();

  const lifetimes: number[] = [];
  for (let count = 0; count < 8; count++) {
    const { body } = await askForToken(tenant, bySecret(tenant, "deploy", "leaked"));
    lifetimes.push(body.expires_in ?? 0);
  }

  expect(Math.min(...lifetimes)).toBeGreaterThanOrEqual(3_599);
  expect(Math.max(...lifetimes)).toBeLessThanOrEqual(5_400);
  expect(new Set(lifetimes).size).toBeGreaterThan(1);
});

test("a doubled slash in the scope means the resource with its trailing slash", async () => {
  await using tenant = await startTenant();

  const { body } = await askForToken(
    tenant,
    bySecret(tenant, "deploy", "leaked", "https://management.core.windows.net/"),
  );

  expect(claimsOf(body.access_token)["aud"]).toBe("https://management.core.windows.net/");
});

test("the v1 endpoint takes a resource and answers in strings", async () => {
  await using tenant = await startTenant();
  const { client_id, client_secret } = bySecret(tenant, "deploy", "leaked");

  const { status, raw } = await askForToken(
    tenant,
    { client_id, client_secret, resource: "https://management.azure.com/" },
    { path: "oauth2/token" },
  );

  expect(status).toBe(200);
  expect(raw).toMatchObject({
    expires_in: expect.stringMatching(/^\d+$/),
    expires_on: expect.stringMatching(/^\d+$/),
    resource: "https://management.azure.com/",
  });
});

test("an error has the keys, the blank-separated time and the one-line trailer that Entra has sent since 2024", async () => {
  await using tenant = await startTenant();

  const { status, headers, body, raw } = await askForToken(tenant, {
    ...bySecret(tenant, "deploy", "leaked"),
    client_secret: "wrong",
  });

  expect(status).toBe(401);
  expect(Object.keys(raw)).toEqual([
    "error",
    "error_description",
    "error_codes",
    "timestamp",
    "trace_id",
    "correlation_id",
    "error_uri",
  ]);
  expect(body).toMatchObject({
    error: "invalid_client",
    error_codes: [7000215],
    error_uri: "https://login.microsoftonline.com/error?code=7000215",
  });
  expect(body.timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/);
  expect(body.error_description).toBe(
    `AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${tenant.names.guid("appId", "deploy")}'. Trace ID: ${body.trace_id ?? ""} Correlation ID: ${body.correlation_id ?? ""} Timestamp: ${body.timestamp ?? ""}`,
  );
  expect(headers.get("x-ms-request-id")).toBe(body.trace_id);
  expect(headers.get("cache-control")).toBe("no-store, no-cache");
});

test("an expired secret is told apart from a wrong one", async () => {
  await using tenant = await startTenant();
  const { applications } = tenant.state.directory;
  const application = applications.get(tenant.names.guid("application", "deploy"));
  if (!application) throw new Error("no deploy");
  const expired = application.passwordCredentials.map((it) => ({
    ...it,
    endDateTime: "2020-01-01T00:00:00Z",
  }));
  applications.put({ ...application, passwordCredentials: expired }, tenant.tenant.clock.now());

  const { status, body } = await askForToken(tenant, bySecret(tenant, "deploy", "leaked"));

  expect([status, body.error_codes]).toEqual([401, [7000222]]);
});

test("an application nobody has heard of gets 700016 with the directory's display name", async () => {
  await using tenant = await startTenant();

  const { status, body } = await askForToken(tenant, {
    ...bySecret(tenant, "deploy", "leaked"),
    client_id: "00000000-1111-2222-3333-444444444444",
  });

  expect(status).toBe(400);
  expect(body.error).toBe("unauthorized_client");
  expect(body.error_description).toContain(
    "AADSTS700016: Application with identifier '00000000-1111-2222-3333-444444444444' was not found in the directory 'Contoso'.",
  );
});

test("a tenant that does not exist gets 90002, at discovery and at the token endpoint", async () => {
  await using tenant = await startTenant();

  const token = await askForToken(tenant, bySecret(tenant, "deploy", "leaked"), {
    tenantName: "fabrikam.onmicrosoft.com",
  });
  const discovery = await fetch(
    "https://login.microsoftonline.com/fabrikam.onmicrosoft.com/v2.0/.well-known/openid-configuration",
    {
      dispatcher: tenant.dispatcher(),
    },
  );

  expect([token.status, token.body.error, token.body.error_codes]).toEqual([400, "invalid_tenant", [90002]]);
  expect([discovery.status, await discovery.json()]).toMatchObject([
    400,
    { error: "invalid_tenant", error_codes: [90002] },
  ]);
});

test("the tenant may be named by its domain", async () => {
  await using tenant = await startTenant();

  const { status } = await askForToken(tenant, bySecret(tenant, "deploy", "leaked"), {
    tenantName: "contoso.onmicrosoft.com",
  });

  expect(status).toBe(200);
});

test("an application asks for whole resources only: a scope without /.default is refused", async () => {
  await using tenant = await startTenant();

  const { body } = await askForToken(tenant, {
    ...bySecret(tenant, "deploy", "leaked"),
    scope: "https://graph.microsoft.com/User.Read",
  });

  expect([body.error, body.error_codes]).toEqual(["invalid_scope", [1002012]]);
});

test("a resource the tenant does not have gets 500011", async () => {
  await using tenant = await startTenant();

  const { body } = await askForToken(
    tenant,
    bySecret(tenant, "deploy", "leaked", "https://nowhere.example.com"),
  );

  expect([body.error, body.error_codes]).toEqual(["invalid_resource", [500011]]);
});

test("a disabled application gets 7000112, with no blank before the bracket", async () => {
  await using tenant = await startTenant();
  disable(tenant, "deploy");

  const { body } = await askForToken(tenant, bySecret(tenant, "deploy", "leaked"));

  expect([body.error, body.error_codes]).toEqual(["unauthorized_client", [7000112]]);
  expect(body.error_description).toContain(
    `Application '${tenant.names.guid("appId", "deploy")}'(deploy-pipeline) is disabled.`,
  );
});

test("the API of the product wants an app role: a stranger gets none of its tokens, a caller gets its roles", async () => {
  await using tenant = await startTenant();
  const api = `api://${tenant.names.guid("appId", "Tourniquet")}`;

  const stranger = await askForToken(tenant, bySecret(tenant, "billing", "current", api));
  const responder = await askForToken(tenant, bySecret(tenant, "tourniquet-responder", "local", api));

  expect(stranger.body.error_codes).toEqual([501051]);
  expect(claimsOf(responder.body.access_token)).toMatchObject({
    aud: api,
    roles: ["Case.Open", "Case.Read", "Case.Restore", "Sweep.Run"],
  });
});

test("a secret on the service principal works like one on the application", async () => {
  await using tenant = await startTenant({ scenario: "war-story" });

  const { status } = await askForToken(tenant, bySecret(tenant, "legacy-ci", "servicePrincipal.sp-level"));

  expect(status).toBe(200);
});

test("every sign-in leaves a row, the failed ones with their error, the good ones with the token's id", async () => {
  await using tenant = await startTenant();

  const good = await askForToken(tenant, bySecret(tenant, "deploy", "leaked"));
  await askForToken(tenant, { ...bySecret(tenant, "deploy", "leaked"), client_secret: "wrong" });

  const [workspace] = tenant.state.logs.workspaces.values();
  const rows = workspace?.rows.get("AADServicePrincipalSignInLogs")?.map(({ row }) => row);
  expect(rows).toMatchObject([
    {
      ResultType: "0",
      ServicePrincipalId: tenant.names.guid("servicePrincipal", "deploy"),
      ServicePrincipalCredentialKeyId: tenant.names.guid("keyId", "deploy.leaked"),
      UniqueTokenIdentifier: claimsOf(good.body.access_token)["uti"],
      IPAddress: "20.50.0.10",
    },
    { ResultType: "7000215", UniqueTokenIdentifier: "" },
  ]);
});

test("people sign in with a password, and their refresh token ends when sessions are revoked", async () => {
  await using tenant = await startTenant();
  const parameters = {
    grant_type: "password",
    client_id: "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
    username: "ada@contoso.onmicrosoft.com",
    password: "correct horse battery staple",
    scope: "https://management.azure.com/.default",
  };

  const first = await askForToken(tenant, parameters);
  const refresh = {
    grant_type: "refresh_token",
    client_id: parameters.client_id,
    scope: parameters.scope,
    refresh_token: first.body.refresh_token ?? "",
  };
  const again = await askForToken(tenant, refresh);
  const ada = tenant.state.directory.users.get(tenant.names.guid("user", "ada"));
  if (!ada) throw new Error("no ada");
  const later = new Date(tenant.tenant.clock.now() + 1_000).toISOString();
  tenant.state.directory.users.put(
    { ...ada, signInSessionsValidFromDateTime: later },
    tenant.tenant.clock.now(),
  );
  const revoked = await askForToken(tenant, refresh);

  expect([first.status, again.status]).toEqual([200, 200]);
  expect(claimsOf(first.body.access_token)).toMatchObject({
    upn: "ada@contoso.onmicrosoft.com",
    idtyp: "user",
    scp: "user_impersonation",
  });
  expect([revoked.status, revoked.body.error_codes]).toEqual([400, [50173]]);
});

test("a deleted principal is missing, a deleted application unknown", async () => {
  await using tenant = await startTenant();
  const { applications, servicePrincipals } = tenant.state.directory;

  servicePrincipals.remove(tenant.names.guid("servicePrincipal", "deploy"), tenant.tenant.clock.now());
  const principalGone = await askForToken(tenant, bySecret(tenant, "deploy", "leaked"));
  applications.remove(tenant.names.guid("application", "deploy"), tenant.tenant.clock.now());
  const allGone = await askForToken(tenant, bySecret(tenant, "deploy", "leaked"));

  expect([principalGone.body.error_codes, allGone.body.error_codes]).toEqual([[7000229], [700016]]);
});

test("an application deactivated by its owner gets no tokens either", async () => {
  await using tenant = await startTenant();
  const { applications } = tenant.state.directory;
  const application = applications.get(tenant.names.guid("application", "deploy"));
  if (!application) throw new Error("no deploy");
  applications.put({ ...application, isDisabled: true }, tenant.tenant.clock.now());

  const { body } = await askForToken(tenant, bySecret(tenant, "deploy", "leaked"));

  expect(body.error_codes).toEqual([7000112]);
});

test("risk has an effect only where a policy says so, and then it is the policy's own refusal", async () => {
  const { raw } = readScenario("leaked-service-principal");
  const scenario = {
    ...z.record(z.string(), z.unknown()).parse(raw),
    conditionalAccess: { blocksRiskyWorkloads: true },
  };
  await using without = await startTenant({ scenario: "leaked-service-principal" });
  await using tenant = await startTenant({ scenario });

  const allowed = await askForToken(without, bySecret(without, "hr-sync", "leaked"));
  const blocked = await askForToken(tenant, bySecret(tenant, "hr-sync", "leaked"));
  const other = await askForToken(tenant, bySecret(tenant, "crm", "current"));

  expect([allowed.status, blocked.status, other.status]).toEqual([200, 400, 200]);
  expect(blocked.raw).toMatchObject({
    error: "invalid_grant",
    error_codes: [53003],
    suberror: "message_only",
    claims: expect.stringMatching(
      /^{"access_token":{"capolids":{"essential":true,"values":\["[0-9a-f-]{36}"\]}}}$/,
    ),
  });
});
