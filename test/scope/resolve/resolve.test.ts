import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Subject } from "../../../src/case/subject.ts";
import { identifySubjects, resolveSubjects } from "../../../src/scope/resolve/resolve.ts";
import { ATTACKED } from "../attacked-tenant.ts";
import { readTenant, type ReadTenant } from "../tenant-reader.ts";

let read: ReadTenant;
beforeAll(async () => {
  read = await readTenant({ scenario: ATTACKED });
});
afterAll(async () => {
  await read[Symbol.asyncDispose]();
});

const id = (kind: string, name: string) => read.tenant.names.guid(kind, name);
const inGroup = (type: string, name: string) =>
  `/subscriptions/${id("subscription", "prod")}/resourceGroups/rg/providers/${type}/${name}`;
const claim = { role: "suspect", seenAt: "relatedEntities[0]" } as const;
const guid = (value: string, role: Subject["role"] = "suspect"): Subject => ({
  ...claim,
  kind: "guid",
  value,
  role,
});
const resolve = (subjects: readonly Subject[], protectedIds: readonly string[] = []) =>
  resolveSubjects(read.azure, subjects, {
    protectedIds: new Set(protectedIds),
    window: { from: new Date(Date.now() - 3_600_000).toISOString(), to: new Date().toISOString() },
    workspaceIds: [...read.tenant.state.logs.workspaces.keys()],
  });
const outcomeOf = async (subjects: readonly Subject[], protectedIds: readonly string[] = []) => {
  const { principals, refused, candidates, limitations } = await resolve(subjects, protectedIds);
  return {
    principals: principals.map(({ principal, certainty }) => [principal.kind, principal.objectId, certainty]),
    refused: refused.map(({ code }) => code),
    candidates: candidates.map(({ principal }) => principal.objectId),
    limitations: limitations.map(({ code }) => code),
  };
};
const nothing = { principals: [], refused: [], candidates: [], limitations: [] };

describe("ids", () => {
  test.each(["servicePrincipal", "appId", "application"])(
    "a service principal is found by its %s",
    async (kind) => {
      const { principals, refused } = await resolve([guid(id(kind, "ci").toUpperCase())]);
      expect(refused).toEqual([]);
      expect(principals).toMatchObject([
        {
          certainty: "named",
          principal: {
            kind: "application",
            objectId: id("servicePrincipal", "ci"),
            appId: id("appId", "ci"),
            applicationObjectId: id("application", "ci"),
            home: "here",
          },
        },
      ]);
    },
  );

  test("object id and app id of one application are one principal", async () => {
    const found = await outcomeOf([guid(id("servicePrincipal", "ci")), guid(id("appId", "ci"))]);
    expect(found.principals).toEqual([["application", id("servicePrincipal", "ci"), "named"]]);
  });

  test("a user is found by id and by user principal name", async () => {
    const ada = ["user", id("user", "ada"), "named"];
    expect(await outcomeOf([guid(id("user", "ada"))])).toEqual({ ...nothing, principals: [ada] });
    const upn = { ...claim, kind: "upn", value: "ada@contoso.onmicrosoft.com" } as const;
    expect(await outcomeOf([upn])).toEqual({ ...nothing, principals: [ada] });
  });

  test("a managed identity is known for what it is, by principal id, client id and ARM id", async () => {
    const expected = {
      ...nothing,
      principals: [["user-assigned-identity", id("identity", "id-shared"), "named"]],
    };
    expect(await outcomeOf([guid(id("identity", "id-shared"))])).toEqual(expected);
    expect(await outcomeOf([guid(id("clientId", "id-shared"))])).toEqual(expected);
    const resourceId = inGroup("Microsoft.ManagedIdentity/userAssignedIdentities", "id-shared");
    expect(await outcomeOf([{ ...claim, kind: "resource", resourceId }])).toEqual(expected);
  });

  test("an application homed elsewhere is a principal with a limitation", async () => {
    const found = await resolve([guid(id("servicePrincipal", "vendor"))]);
    expect(found.principals[0]?.principal).toMatchObject({
      home: "foreign",
      homeTenantId: "4d3bac44-0230-4732-9e70-cc00736f0a97",
      applicationObjectId: null,
    });
    expect(found.limitations.map(({ code }) => code)).toEqual(["FOREIGN"]);
  });

  test.each([
    ["Microsoft's own application", () => id("servicePrincipal", "microsofts"), "FIRST_PARTY"],
    ["a type that cannot be contained", () => id("servicePrincipal", "social"), "UNSUPPORTED"],
    ["an id nobody has", () => "0b6f4c1e-4e5a-4c36-9d8e-2f4f1f2e3d4c", "UNKNOWN"],
    ["the zero GUID", () => "00000000-0000-0000-0000-000000000000", "MALFORMED"],
    ["a number", () => "22110", "MALFORMED"],
  ])("%s is refused", async (_, value, code) => {
    expect(await outcomeOf([guid(value())])).toEqual({ ...nothing, refused: [code] });
  });

  test("a protected principal is refused by any of its ids", async () => {
    for (const kind of ["servicePrincipal", "appId", "application"]) {
      const found = await outcomeOf([guid(id("servicePrincipal", "ci"))], [id(kind, "ci")]);
      expect(found).toEqual({ ...nothing, refused: ["PROTECTED"] });
    }
  });

  test("a bystander is not even looked up", async () => {
    const before = read.tenant.requests.total;
    expect(await outcomeOf([guid(id("servicePrincipal", "ci"), "bystander")])).toEqual({
      ...nothing,
      refused: ["BYSTANDER"],
    });
    expect(read.tenant.requests.total).toBe(before);
  });

  test("where suspects are marked, ids that are not marked are only candidates", async () => {
    const found = await outcomeOf([
      guid(id("servicePrincipal", "ci")),
      guid(id("servicePrincipal", "victim"), "unsaid"),
    ]);
    expect(found.principals.map(([, objectId]) => objectId)).toEqual([id("servicePrincipal", "ci")]);
    expect(found.candidates).toEqual([id("servicePrincipal", "victim")]);
  });

  test("an unambiguous suspect is identified with one request to Graph", async () => {
    await identifySubjects(read.azure, [guid(id("user", "ada"))], new Set());
    const before = read.tenant.requests.total;
    const subjects = [guid(id("servicePrincipal", "ci")), guid(id("appId", "ci"))];
    const { principals } = await identifySubjects(read.azure, subjects, new Set());
    expect(principals.map(({ principal }) => principal.objectId)).toEqual([id("servicePrincipal", "ci")]);
    expect(read.tenant.requests.total - before).toBe(1);
  });
});

describe("names", () => {
  test("a display name gives candidates only, all that have it", async () => {
    const found = await outcomeOf([{ ...claim, kind: "name", value: "ci" }]);
    expect(found).toEqual({
      ...nothing,
      refused: ["NAME_ONLY"],
      candidates: [id("servicePrincipal", "ci"), id("servicePrincipal", "twin")].toSorted(),
    });
  });

  test("a name with quotes is looked for as it is", async () => {
    const found = await outcomeOf([{ ...claim, kind: "name", value: "x' or displayName ne '" }]);
    expect(found).toEqual({ ...nothing, refused: ["NAME_ONLY"] });
  });
});

describe("resources", () => {
  test("the one identity of a site is derived", async () => {
    const resourceId = inGroup("Microsoft.Web/sites", "one-identity");
    expect(await outcomeOf([{ ...claim, kind: "resource", resourceId }])).toEqual({
      ...nothing,
      principals: [["user-assigned-identity", id("identity", "id-shared"), "derived"]],
    });
  });

  test("a site of two identities is ambiguous, both are candidates", async () => {
    const resourceId = inGroup("Microsoft.Web/sites", "two-identities");
    const found = await outcomeOf([{ ...claim, kind: "resource", resourceId }]);
    expect(found).toMatchObject({ principals: [], refused: ["AMBIGUOUS"] });
    expect(found.candidates).toHaveLength(2);
    expect(found.candidates).toContain(id("identity", "id-shared"));
  });

  test("a cluster's own identity is a candidate, never derived: whoever used the cluster is somebody else", async () => {
    const resourceId = inGroup("Microsoft.ContainerService/managedClusters", "aks");
    const found = await outcomeOf([{ ...claim, kind: "resource", resourceId }]);
    expect(found).toMatchObject({ principals: [], refused: ["AMBIGUOUS"] });
    expect(found.candidates).toHaveLength(1);
  });

  test("beside a named suspect a resource is only where it happened", async () => {
    const resourceId = inGroup("Microsoft.ContainerService/managedClusters", "aks");
    const found = await outcomeOf([
      guid(id("servicePrincipal", "ci")),
      { ...claim, kind: "resource", resourceId },
    ]);
    expect(found.principals).toEqual([["application", id("servicePrincipal", "ci"), "named"]]);
    expect(found.refused).toEqual([]);
  });

  test.each([
    ["a vault", () => inGroup("Microsoft.KeyVault/vaults", "kv-rbac"), "NO_PRINCIPAL"],
    ["a subscription", () => `/subscriptions/${id("subscription", "prod")}`, "NO_PRINCIPAL"],
    ["what is not there", () => inGroup("Microsoft.Web/sites", "gone"), "UNKNOWN"],
    ["what is no ARM id", () => "aks'] | union secrets", "MALFORMED"],
  ])("%s is refused", async (_, resourceId, code) => {
    const found = await outcomeOf([{ ...claim, kind: "resource", resourceId: resourceId() }]);
    expect(found).toMatchObject({ principals: [], refused: [code] });
  });
});

describe("tokens from outside", () => {
  test("a GitHub subject leads to the application that trusts it", async () => {
    const subject: Subject = {
      ...claim,
      kind: "federated",
      issuer: "https://token.actions.githubusercontent.com",
      subject: "repo:contoso/victim:ref:refs/heads/main",
    };
    expect(await outcomeOf([subject])).toEqual({
      ...nothing,
      principals: [["application", id("servicePrincipal", "victim"), "derived"]],
    });
    expect(await outcomeOf([{ ...subject, issuer: "https://gitlab.com" }])).toEqual({
      ...nothing,
      refused: ["UNKNOWN"],
    });
  });

  test("a service account leads to the identity that trusts its cluster's issuer", async () => {
    const actor = read.tenant.state.azure;
    expect(actor).toBeDefined();
    const clusterId = inGroup("Microsoft.ContainerService/managedClusters", "aks");
    const subject: Subject = { ...claim, kind: "service-account", clusterId, namespace: "shop", name: "web" };
    expect(await outcomeOf([subject])).toMatchObject({ principals: [], refused: ["UNKNOWN"] });
  });
});

describe("leaked credentials", () => {
  test("the finding's app id names the principal, its hint the credential", async () => {
    const { principals } = await resolve([
      {
        ...claim,
        kind: "leaked-credential",
        appId: id("appId", "ci"),
        keyId: null,
        hint: "abc",
        foundIn: "github.com/contoso/shop",
      },
    ]);
    expect(principals).toMatchObject([
      {
        certainty: "named",
        principal: { objectId: id("servicePrincipal", "ci") },
        leaked: [{ keyId: null, hint: "abc", foundIn: "github.com/contoso/shop" }],
      },
    ]);
  });

  test("a key id alone is enough, a hint alone is not", async () => {
    const leak = { ...claim, kind: "leaked-credential", appId: null, foundIn: "a report" } as const;
    const hint = read.tenant.names.secret("keyId", "ci.leaked").slice(0, 3);
    expect(await outcomeOf([{ ...leak, keyId: id("keyId", "ci.leaked"), hint: null }])).toEqual({
      ...nothing,
      principals: [["application", id("servicePrincipal", "ci"), "named"]],
    });
    const found = await outcomeOf([{ ...leak, keyId: null, hint }]);
    expect(found).toMatchObject({ principals: [], refused: ["AMBIGUOUS"] });
    expect(found.candidates).toContain(id("servicePrincipal", "ci"));
  });
});

test("a directory that does not answer refuses nobody for being unknown", async () => {
  read.tenant.faults.add({ service: "graph", operation: "POST /$batch", answer: 403, times: Infinity });
  const found = await outcomeOf([guid(id("servicePrincipal", "ci"))]);
  read.tenant.faults.clear();
  expect(found).toMatchObject({ principals: [], refused: ["UNREADABLE"] });
});
