import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ACTOR, READER, graphUnderTest } from "./graph-under-test.ts";
import type { Answer, As } from "./graph-under-test.ts";

const ADMIN: As = {
  who: "servicePrincipal.actor",
  with: ["User.EnableDisableAccount.All", "User.Read.All", "DelegatedPermissionGrant.ReadWrite.All"],
};

const WORLD = {
  users: [{ name: "alice" }, { name: "bob" }],
  applications: [
    { name: "deploy", secrets: [{ name: "a" }, { name: "b" }] },
    { name: "personal", signInAudience: "AzureADandPersonalMicrosoftAccount" as const },
  ],
};

const Responses = z.array(
  z.object({
    id: z.string(),
    status: z.number(),
    headers: z.record(z.string(), z.string()),
    body: z.unknown().optional(),
  }),
);
const responsesOf = (answer: Answer) => Responses.parse(answer.body["responses"]);

describe("$batch", () => {
  test("is 200 whatever becomes of its items; what depends on a failed one is 424", () => {
    const under = graphUnderTest({ directory: WORLD });
    const answer = under.post(ACTOR, "/$batch", {
      requests: [
        { id: "1", method: "GET", url: "/applications/none" },
        {
          id: "2",
          method: "GET",
          url: `applications/${under.id("application.deploy")}?$select=id`,
          dependsOn: ["1"],
        },
      ],
    });
    expect(answer.status).toBe(200);
    expect(answer.operation).toBe("POST /$batch");
    expect(responsesOf(answer)).toMatchObject([
      {
        id: "1",
        status: 404,
        headers: { "Content-Type": "application/json" },
        body: { error: { code: "Request_ResourceNotFound" } },
      },
      { id: "2", status: 424 },
    ]);
  });

  test("an item that succeeded is not undone when another fails, and all errors share the outer request-id", () => {
    const under = graphUnderTest({ directory: WORLD });
    const path = `/applications/${under.id("application.deploy")}`;
    const responses = responsesOf(
      under.post(ACTOR, "/$batch", {
        requests: [
          {
            id: "a",
            method: "POST",
            url: `${path}/removePassword`,
            headers: { "Content-Type": "application/json" },
            body: { keyId: under.id("keyId.deploy.a") },
          },
          {
            id: "b",
            method: "POST",
            url: `${path}/removePassword`,
            headers: { "Content-Type": "application/json" },
            body: { keyId: under.id("keyId.deploy.a") },
          },
          { id: "c", method: "GET", url: "/users/none" },
        ],
      }),
    );
    expect(responses.map(({ status }) => status)).toEqual([204, 400, 404]);
    const ids = responses.flatMap(
      ({ body }) =>
        z.object({ error: z.object({ innerError: z.object({ "request-id": z.string() }) }) }).safeParse(body)
          .data?.error.innerError["request-id"] ?? [],
    );
    expect(new Set(ids).size).toBe(1);
    expect(under.passwords(path)).toHaveLength(1);
  });

  test("more than twenty, an id twice and broken JSON are refused whole", () => {
    const under = graphUnderTest({ directory: WORLD });
    const requests = Array.from({ length: 21 }, (_, index) => ({
      id: String(index),
      method: "GET",
      url: "/applications",
    }));
    expect(under.post(ACTOR, "/$batch", { requests }).status).toBe(400);
    expect(under.post(ACTOR, "/$batch", { requests: [requests[0], requests[0]] }).status).toBe(400);
    expect(under.post(ACTOR, "/$batch", "{").status).toBe(400);
    expect(under.post(ACTOR, "/$batch", { requests: requests.slice(1) }).status).toBe(200);
  });

  test("items are throttled one by one, each with its own Retry-After", () => {
    // A ten-thousandth of the limits: less than one unit in ten seconds, so the second waits.
    const under = graphUnderTest({ directory: WORLD, throttling: 0.000_1 });
    const requests = ["1", "2"].map((id) => ({
      id,
      method: "GET",
      url: `/applications/${under.id("application.deploy")}`,
    }));
    const responses = responsesOf(under.post(READER, "/$batch", { requests }));
    expect(responses.map(({ status }) => status)).toEqual([200, 429]);
    expect(Number(responses[1]?.headers["Retry-After"])).toBeGreaterThan(0);
  });
});

describe("throttling", () => {
  test("a caller past its limit gets 429 with Retry-After and the scope, and may come back after it", () => {
    const under = graphUnderTest({ directory: WORLD, throttling: 0.000_5 });
    const path = `/servicePrincipals?$filter=appId eq '${under.appId("deploy")}'`;
    let answer = under.get(READER, path);
    while (answer.status === 200) answer = under.get(READER, path);
    expect(answer.status).toBe(429);
    expect(answer.error).toMatchObject({
      code: "TooManyRequests",
      message: expect.stringMatching(
        /^Too many requests from Identifier:[0-9a-f-]+ under category:.+\. Please try again later\.$/,
      ),
    });
    expect(answer.headers).toHaveProperty("x-ms-throttle-scope");
    expect(answer.headers).toHaveProperty("x-ms-throttle-information");
    under.clock.advance(Number(answer.headers["Retry-After"]) * 1_000);
    expect(under.get(READER, path).status).toBe(200);
  });

  test("identity protection allows one call a second and does not say when to come back", () => {
    const under = graphUnderTest({ directory: WORLD });
    const as: As = { who: "servicePrincipal.reader", with: ["IdentityRiskyUser.Read.All"] };
    expect(under.get(as, "/identityProtection/riskyUsers").status).toBe(200);
    const refused = under.get(as, "/identityProtection/riskyUsers");
    expect(refused.status).toBe(429);
    expect(refused.headers).not.toHaveProperty("Retry-After");
    under.clock.advance(1_000);
    expect(under.get(as, "/identityProtection/riskyUsers").status).toBe(200);
  });

  test("certificates' bytes can be read 150 times a minute", () => {
    const under = graphUnderTest({ directory: WORLD });
    const path = `/applications/${under.id("application.deploy")}`;
    for (let index = 0; index < 150; index += 1)
      expect(under.get(READER, `${path}?$select=keyCredentials`).status).toBe(200);
    expect(under.get(READER, `${path}?$select=keyCredentials`).status).toBe(429);
    expect(under.get(READER, path).status).toBe(200);
  });

  test("applications for personal accounts are written 60 times a minute", () => {
    const under = graphUnderTest({ directory: WORLD });
    const write = (name: string) =>
      under.patch(ACTOR, `/applications/${under.id(`application.${name}`)}`, { notes: "x" }).status;
    for (let index = 0; index < 60; index += 1) expect(write("personal")).toBe(204);
    expect(write("personal")).toBe(429);
    expect(write("deploy")).toBe(204);
  });

  test("$select makes a read cheaper and $expand dearer; above 80 % the answer says how far", () => {
    const under = graphUnderTest({ directory: WORLD });
    const units = (query: string) => under.get(READER, `/applications${query}`).headers["x-ms-resource-unit"];
    expect([units(""), units("?$select=id"), units("?$expand=owners"), units("?$top=10")]).toEqual([
      "2",
      "1",
      "3",
      "1",
    ]);
    const near = graphUnderTest({ directory: WORLD, throttling: 0.002 });
    const headers = Array.from({ length: 5 }, () => near.get(READER, "/applications").headers);
    expect(headers[0]).not.toHaveProperty("x-ms-throttle-limit-percentage");
    expect(headers.some((it) => Number(it["x-ms-throttle-limit-percentage"]) > 0.8)).toBe(true);
  });
});

describe("replication", () => {
  const LAG = { directoryReplicationInMs: 30_000 };

  test("what was written is answered at once and read later", () => {
    const under = graphUnderTest({ directory: WORLD, delays: LAG });
    const path = `/servicePrincipals/${under.id("servicePrincipal.deploy")}`;
    under.patch(ACTOR, path, { accountEnabled: false });
    expect(under.get(READER, path).body["accountEnabled"]).toBe(true);
    under.clock.advance(29_999);
    expect(under.get(READER, path).body["accountEnabled"]).toBe(true);
    under.clock.advance(1);
    expect(under.get(READER, path).body["accountEnabled"]).toBe(false);
  });

  test("what was just created is a 404 until it has replicated, to reads and writes alike", () => {
    const under = graphUnderTest({ directory: WORLD, delays: LAG });
    const made = under.post(ACTOR, "/applications", { displayName: "new" });
    expect(made.status).toBe(201);
    const path = `/applications/${String(made.body["id"])}`;
    expect(under.get(READER, path).status).toBe(404);
    expect(under.post(ACTOR, `${path}/addPassword`).error?.code).toBe("Request_ResourceNotFound");
    under.clock.advance(30_000);
    expect(under.get(READER, path).status).toBe(200);
    expect(under.post(ACTOR, `${path}/addPassword`).status).toBe(200);
  });

  test("what was deleted is still read for a while, and gone for a second delete", () => {
    const under = graphUnderTest({ directory: WORLD, delays: LAG });
    const path = `/servicePrincipals/${under.id("servicePrincipal.deploy")}`;
    expect(under.del(ACTOR, path).status).toBe(204);
    expect(under.get(READER, path).status).toBe(200);
    expect(under.del(ACTOR, path).status).toBe(404);
    under.clock.advance(30_000);
    expect(under.get(READER, path).status).toBe(404);
  });

  test("a second credential write on the heels of the first is a 409 that a little patience cures", () => {
    const under = graphUnderTest({ directory: WORLD, delays: LAG });
    const path = `/applications/${under.id("application.deploy")}`;
    expect(under.post(ACTOR, `${path}/removePassword`, { keyId: under.id("keyId.deploy.a") }).status).toBe(
      204,
    );
    expect(under.post(ACTOR, `${path}/addPassword`)).toMatchObject({
      status: 409,
      error: { code: "Directory_ConcurrencyViolation" },
    });
    under.clock.advance(1_000);
    expect(under.post(ACTOR, `${path}/addPassword`).status).toBe(200);
  });
});

test("credential writes side by side in a batch collide; one that waited for the other does not", () => {
  const writes = (dependsOn: string[]) => {
    const under = graphUnderTest({ directory: WORLD, delays: { directoryReplicationInMs: 30_000 } });
    const url = `/applications/${under.id("application.deploy")}/removePassword`;
    const post = (id: string, keyId: string) => ({ id, method: "POST", url, body: { keyId } });
    const requests = [
      post("1", under.id("keyId.deploy.a")),
      { ...post("2", under.id("keyId.deploy.b")), dependsOn },
    ];
    return responsesOf(under.post(ACTOR, "/$batch", { requests })).map(({ status }) => status);
  };
  expect(writes([])).toEqual([204, 409]);
  expect(writes(["1"])).toEqual([204, 204]);
});

describe("delta", () => {
  test("tells all, then only what changed, and says of the deleted whether it can come back", () => {
    const under = graphUnderTest({ directory: WORLD });
    const first = under.get(READER, "/applications/delta?$select=displayName&$top=2");
    expect(first.body).toHaveProperty("@odata.nextLink");
    const last = under.get(READER, String(first.body["@odata.nextLink"]));
    expect([...first.value, ...last.value]).toHaveLength(4);
    const link = String(last.body["@odata.deltaLink"]);
    expect(link).toMatch(/\$deltatoken=/);

    expect(under.get(READER, link).value).toEqual([]);
    under.patch(ACTOR, `/applications/${under.id("application.deploy")}`, { displayName: "renamed" });
    under.del(ACTOR, `/applications/${under.id("application.personal")}`);
    const changes = under.get(READER, link);
    expect(changes.value).toEqual([
      { id: under.id("application.deploy"), displayName: "renamed" },
      { id: under.id("application.personal"), "@removed": { reason: "changed" } },
    ]);
    expect(under.get(READER, String(changes.body["@odata.deltaLink"])).value).toEqual([]);
  });

  test("people and consents have one too, and only the objects named by id are told of when some are", () => {
    const under = graphUnderTest({ directory: WORLD });
    const [alice, bob] = [under.id("user.alice"), under.id("user.bob")];
    const only = `/users/delta?$select=accountEnabled&$filter=id eq '${bob}'&$deltatoken=latest`;
    const people = String(under.get(READER, only).body["@odata.deltaLink"]);
    const consents = String(
      under.get(READER, "/oauth2PermissionGrants/delta?$deltatoken=latest").body["@odata.deltaLink"],
    );
    for (const id of [alice, bob]) under.patch(ADMIN, `/users/${id}`, { accountEnabled: false });
    const made = under.post(ADMIN, "/oauth2PermissionGrants", {
      clientId: under.id("servicePrincipal.deploy"),
      consentType: "AllPrincipals",
      resourceId: under.get(READER, "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')").body[
        "id"
      ],
      scope: "User.Read",
    });
    expect(made.status).toBe(201);
    expect(under.get(READER, people).value).toEqual([{ id: bob, accountEnabled: false }]);
    expect(under.get(READER, consents).value).toMatchObject([
      { id: made.body["id"], clientId: under.id("servicePrincipal.deploy"), scope: "User.Read" },
    ]);
    expect(under.get(READER, "/users/delta?$filter=displayName eq 'x'").status).toBe(400);
  });

  test("a new owner or federated credential tells nothing: links are not in a delta query", () => {
    const under = graphUnderTest({ directory: WORLD });
    const link = String(under.get(READER, "/applications/delta?$deltatoken=latest").body["@odata.deltaLink"]);
    const made = under.post(
      ACTOR,
      `/applications/${under.id("application.deploy")}/federatedIdentityCredentials`,
      {
        name: "planted",
        issuer: "https://issuer.example",
        subject: "me",
        audiences: ["api://AzureADTokenExchange"],
      },
    );
    expect(made.status).toBe(201);
    expect(under.get(READER, link).value).toEqual([]);
  });

  test("a link older than a week is refused with a code of its own", () => {
    const under = graphUnderTest({ directory: WORLD });
    const link = String(under.get(READER, "/applications/delta?$deltatoken=latest").body["@odata.deltaLink"]);
    under.clock.advance(6 * 86_400_000);
    expect(under.get(READER, link).status).toBe(200);
    under.clock.advance(2 * 86_400_000);
    expect(under.get(READER, link)).toMatchObject({
      status: 400,
      body: { error: { code: "syncStateNotFound" } },
    });
  });

  test("a reader told 'latest' hears of what comes after, once it has replicated", () => {
    const under = graphUnderTest({ directory: WORLD, delays: { directoryReplicationInMs: 5_000 } });
    const link = String(
      under.get(READER, "/servicePrincipals/delta?$deltatoken=latest").body["@odata.deltaLink"],
    );
    under.patch(ACTOR, `/servicePrincipals/${under.id("servicePrincipal.deploy")}`, {
      accountEnabled: false,
    });
    const early = under.get(READER, link);
    expect(early.value).toEqual([]);
    under.clock.advance(5_000);
    expect(under.get(READER, String(early.body["@odata.deltaLink"])).value).toMatchObject([
      { accountEnabled: false },
    ]);
  });
});
