import { BatchRequestContent, Client, GraphError, PageIterator } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";
import { ClientSecretCredential } from "@azure/identity";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startTenant } from "../../../local/tenant/start.ts";
import type { TenantHandle } from "../../../local/tenant/start.ts";

let tenant: TenantHandle;
let leave: Disposable;
let client: Client;

beforeAll(async () => {
  tenant = await startTenant({ scenario: "small", generate: { apps: 250 } });
  leave = tenant.enterProcess();
  const { appId, secret } = tenant.callers.responder;
  const credential = new ClientSecretCredential(tenant.tenant.id, appId, secret ?? "");
  client = Client.initWithMiddleware({
    authProvider: new TokenCredentialAuthenticationProvider(credential, {
      scopes: ["https://graph.microsoft.com/.default"],
    }),
  });
});

afterAll(async () => {
  leave[Symbol.dispose]();
  await tenant.stop();
});

const Named = z.looseObject({ id: z.string(), displayName: z.string() });
const path = (kind: "application" | "servicePrincipal", name: string) =>
  `/${kind}s/${tenant.names.guid(kind, name)}`;

test("the Graph client reads an application through the proxy, and its own page iterator all of them", async () => {
  const application = Named.parse(await client.api(path("application", "deploy")).get());
  expect(application.displayName).toBe("deploy-pipeline");
  const seen = new Set<string>();
  const pages = new PageIterator(
    client,
    await client.api("/applications").select("id,displayName").get(),
    (item) => {
      seen.add(Named.parse(item).id);
      return true;
    },
  );
  await pages.iterate();
  expect(seen.size).toBe(tenant.state.directory.applications.size);
  expect(seen.size).toBeGreaterThan(250);
});

test("an error reaches it with status, code and request id", async () => {
  const failure: unknown = await client
    .api("/applications/none")
    .get()
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(GraphError);
  expect(failure).toMatchObject({ statusCode: 404, code: "Request_ResourceNotFound" });
  expect(failure).toHaveProperty("requestId", expect.stringMatching(/^[0-9a-f-]{36}$/));
});

test("a removed secret no longer signs in, and a 204 is nothing", async () => {
  const secret = tenant.names.secret("keyId", "deploy.leaked");
  const signIn = () =>
    new ClientSecretCredential(tenant.tenant.id, tenant.names.guid("appId", "deploy"), secret).getToken(
      "https://graph.microsoft.com/.default",
    );
  await expect(signIn()).resolves.toHaveProperty("token");
  const answer: unknown = await client
    .api(`${path("application", "deploy")}/removePassword`)
    .post({ keyId: tenant.names.guid("keyId", "deploy.leaked") });
  expect(answer).toBeUndefined();
  await expect(signIn()).rejects.toThrow(/AADSTS7000215/);
});

test("a batch made with its own builder comes back item by item", async () => {
  const content = new BatchRequestContent([
    {
      id: "1",
      request: new Request(`https://graph.microsoft.com${path("application", "deploy")}?$select=id`),
    },
    { id: "2", request: new Request("https://graph.microsoft.com/users/nobody@contoso.onmicrosoft.com") },
  ]);
  const { responses } = z
    .object({ responses: z.array(z.object({ id: z.string(), status: z.number() })) })
    .parse(await client.api("/$batch").post(await content.getContent()));
  expect(responses.map(({ id, status }) => [id, status])).toEqual([
    ["1", 200],
    ["2", 404],
  ]);
});

test("a caller without a Graph permission is refused over HTTP too", async () => {
  const { appId, secret } = tenant.callers.reader;
  const credential = new ClientSecretCredential(tenant.tenant.id, appId, secret ?? "");
  const reader = Client.initWithMiddleware({
    authProvider: new TokenCredentialAuthenticationProvider(credential, {
      scopes: ["https://graph.microsoft.com/.default"],
    }),
  });
  const refused: unknown = await reader
    .api("/applications")
    .get()
    .catch((error: unknown) => error);
  expect(refused).toMatchObject({ statusCode: 403, code: "Authorization_RequestDenied" });
});

test("nothing else was asked of the network, and no handler broke", () => {
  expect(tenant.refused).toEqual([]);
  expect(tenant.defects).toEqual([]);
});
