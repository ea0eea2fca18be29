import { ClientAssertionCredential, ClientCertificateCredential } from "@azure/identity";
import { expect, test } from "vitest";
import { startTenant } from "../../../local/tenant/start.ts";
import { seededCertificate } from "../../../local/tenant/state/directory/certificates.ts";
import { askForToken, claimsOf } from "../token-request.ts";

const GITHUB = "https://token.actions.githubusercontent.com";
const SUBJECT = "repo:contoso/shop:ref:refs/heads/main";
const AUDIENCE = "api://AzureADTokenExchange";
const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

function withAssertion(clientId: string, assertion: string) {
  return {
    client_id: clientId,
    client_assertion_type: JWT_BEARER,
    client_assertion: assertion,
    scope: "https://management.azure.com/.default",
  };
}

test("the JS client signs in with a certificate, on the application or on the service principal", async () => {
  await using tenant = await startTenant();
  const certificate = seededCertificate({
    seed: "test",
    commonName: "deploy",
    notBefore: "2026-01-01T00:00:00Z",
    notAfter: "2036-01-01T00:00:00Z",
  });
  const { servicePrincipals } = tenant.state.directory;
  const principal = servicePrincipals.get(tenant.names.guid("servicePrincipal", "deploy"));
  if (!principal) throw new Error("no deploy");
  const keyCredential = {
    keyId: "5f7b3c3e-6a53-4f1c-9c1c-0a8f2f6f0a01",
    displayName: null,
    type: "AsymmetricX509Cert" as const,
    usage: "Verify" as const,
    startDateTime: "2026-01-01T00:00:00Z",
    endDateTime: "2036-01-01T00:00:00Z",
    customKeyIdentifier: null,
    key: certificate.der.toString("base64"),
  };
  servicePrincipals.put({ ...principal, keyCredentials: [keyCredential] }, tenant.tenant.clock.now());
  const credential = new ClientCertificateCredential(
    tenant.tenant.id,
    principal.appId,
    { certificate: `${certificate.certificatePem}${certificate.privateKeyPem}` },
    tenant.clientOptions(),
  );

  const token = await credential.getToken("https://management.azure.com/.default");

  expect(claimsOf(token.token)).toMatchObject({ appidacr: "2", oid: principal.id });
  const [workspace] = tenant.state.logs.workspaces.values();
  expect(workspace?.rows.get("AADServicePrincipalSignInLogs")?.[0]?.row).toMatchObject({
    ServicePrincipalCredentialKeyId: keyCredential.keyId,
    ServicePrincipalCredentialThumbprint: certificate.thumbprint,
  });
});

test("a certificate that nobody registered gets 700027", async () => {
  await using tenant = await startTenant();
  const certificate = seededCertificate({
    seed: "unknown",
    commonName: "x",
    notBefore: "2026-01-01T00:00:00Z",
    notAfter: "2036-01-01T00:00:00Z",
  });
  const credential = new ClientCertificateCredential(
    tenant.tenant.id,
    tenant.names.guid("appId", "deploy"),
    { certificate: `${certificate.certificatePem}${certificate.privateKeyPem}` },
    tenant.clientOptions(),
  );

  await expect(credential.getToken("https://management.azure.com/.default")).rejects.toThrow(/AADSTS700027/);
});

test("a GitHub token is exchanged for one of Entra's where issuer, subject and audience match", async () => {
  await using tenant = await startTenant();
  const credential = new ClientAssertionCredential(
    tenant.tenant.id,
    tenant.names.guid("appId", "deploy"),
    async () => tenant.issuers.issue(GITHUB, { sub: SUBJECT, aud: AUDIENCE }),
    tenant.clientOptions(),
  );

  const token = await credential.getToken("https://management.azure.com/.default");

  expect(claimsOf(token.token)).toMatchObject({
    oid: tenant.names.guid("servicePrincipal", "deploy"),
    appidacr: "2",
  });
  expect(token.expiresOnTimestamp).toBeLessThan(Date.now() + 91 * 60_000);
});

const REFUSALS = [
  ["another subject", GITHUB, { sub: "repo:evil/shop:ref:refs/heads/main", aud: AUDIENCE }, 700213],
  ["the subject in other case", GITHUB, { sub: SUBJECT.toUpperCase(), aud: AUDIENCE }, 7002138],
  ["another issuer", "https://evil.example.com", { sub: SUBJECT, aud: AUDIENCE }, 700211],
  ["another audience", GITHUB, { sub: SUBJECT, aud: "api://somebody-else" }, 700212],
] as const;

test.each(REFUSALS)("%s is refused with its own error", async (_what, issuer, claims, code) => {
  await using tenant = await startTenant();
  const assertion = tenant.issuers.issue(issuer, claims);

  const { status, body } = await askForToken(
    tenant,
    withAssertion(tenant.names.guid("appId", "deploy"), assertion),
  );

  expect([status, body.error_codes]).toEqual([401, [code]]);
});

test("an assertion signed by somebody else is refused, whatever it says", async () => {
  await using tenant = await startTenant();
  const [header, payload] = tenant.issuers.issue(GITHUB, { sub: SUBJECT, aud: AUDIENCE }).split(".");
  const forged = `${header ?? ""}.${payload ?? ""}.${Buffer.alloc(256, 7).toString("base64url")}`;

  const { status, body } = await askForToken(
    tenant,
    withAssertion(tenant.names.guid("appId", "deploy"), forged),
  );

  expect([status, body.error_codes]).toEqual([401, [700027]]);
});

test("an assertion past its time is refused", async () => {
  await using tenant = await startTenant();
  const assertion = tenant.issuers.issue(GITHUB, { sub: SUBJECT, aud: AUDIENCE }, -600);

  const { body } = await askForToken(tenant, withAssertion(tenant.names.guid("appId", "deploy"), assertion));

  expect(body.error_codes).toEqual([700024]);
});

test("a cluster's token exchanged into a user-assigned identity lives a day, an application's an hour or so", async () => {
  await using tenant = await startTenant();
  const issuer = `https://westeurope.oic.prod-aks.azure.com/${tenant.tenant.id}/${tenant.names.guid("id", "cluster-shop")}/`;
  const assertion = tenant.issuers.issue(issuer, { sub: "system:serviceaccount:shop:web", aud: AUDIENCE });

  const { body } = await askForToken(
    tenant,
    withAssertion(tenant.names.guid("clientId", "id-shop"), assertion),
  );

  expect(body.expires_in).toBe(86_399);
  expect(claimsOf(body.access_token)).toMatchObject({
    oid: tenant.names.guid("identity", "id-shop"),
    xms_mirid: expect.stringMatching(/userAssignedIdentities\/id-shop$/),
  });
  const [workspace] = tenant.state.logs.workspaces.values();
  expect(workspace?.rows.get("AADManagedIdentitySignInLogs")).toHaveLength(1);
});

test("the trailing slash of a cluster's issuer matters", async () => {
  await using tenant = await startTenant();
  const issuer = `https://westeurope.oic.prod-aks.azure.com/${tenant.tenant.id}/${tenant.names.guid("id", "cluster-shop")}`;
  const assertion = tenant.issuers.issue(issuer, { sub: "system:serviceaccount:shop:web", aud: AUDIENCE });

  const { body } = await askForToken(
    tenant,
    withAssertion(tenant.names.guid("clientId", "id-shop"), assertion),
  );

  expect(body.error_codes).toEqual([700211]);
});

test("a flexible credential matches by its expression", async () => {
  await using tenant = await startTenant();
  const { federatedCredentials } = tenant.state.directory;
  federatedCredentials.put(
    {
      id: "0d6f4f0e-6f0d-4d6a-8f6e-3b1d2c4e5f60",
      applicationId: tenant.names.guid("application", "billing"),
      name: "any-branch",
      issuer: GITHUB,
      subject: null,
      audiences: [AUDIENCE],
      description: null,
      claimsMatchingExpression: {
        value: "claims['sub'] matches 'repo:contoso/billing:ref:refs/heads/*'",
        languageVersion: 1,
      },
    },
    tenant.tenant.clock.now(),
  );
  const ask = (sub: string) =>
    askForToken(
      tenant,
      withAssertion(
        tenant.names.guid("appId", "billing"),
        tenant.issuers.issue(GITHUB, { sub, aud: AUDIENCE }),
      ),
    );

  expect((await ask("repo:contoso/billing:ref:refs/heads/feature")).status).toBe(200);
  expect((await ask("repo:contoso/shop:ref:refs/heads/feature")).body.error_codes).toEqual([700213]);
});
