import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { FaultRule } from "../../local/tenant/weather/faults.ts";
import type { Scope } from "../../src/case/scope.ts";
import { scopeOf } from "./scoped.ts";
import { readTenant, type ReadTenant } from "./tenant-reader.ts";

let read: ReadTenant;
let whole: Scope;
beforeAll(async () => {
  read = await readTenant({ scenario: "war-story" });
  whole = await take();
});
afterEach(() => read.tenant.faults.clear());
afterAll(async () => {
  await read[Symbol.asyncDispose]();
});

const take = () => scopeOf(read, { objectIds: [read.tenant.names.guid("servicePrincipal", "shop-deploy")] });
const always = (rule: Omit<FaultRule, "times">) => read.tenant.faults.add({ ...rule, times: Infinity });
const about = (scope: Scope, code: string) =>
  scope.limitations.filter((it) => it.code === code).map((it) => it.about);

const ARG = { service: "arm", operation: "POST /providers/Microsoft.ResourceGraph/resources" } as const;
const LIST = "GET /subscriptions/{id}/providers/Microsoft.Authorization";

describe("a read that fails is a named gap, and the rest is complete", () => {
  test.each<[string, Omit<FaultRule, "times" | "answer">, RegExp]>([
    [
      "role assignments in Resource Graph",
      { ...ARG, target: "microsoft.authorization/roleassignments" },
      /^role assignments in Resource Graph$/,
    ],
    ["subscriptions", { ...ARG, target: "resourcecontainers" }, /^subscriptions$/],
    ["the vaults there are", { ...ARG, target: "microsoft.keyvault/vaults" }, /^inventory of vaults$/],
    [
      "the clusters there are",
      { ...ARG, target: "microsoft.containerservice/managedclusters" },
      /^inventory of clusters$/,
    ],
    [
      "role assignments in ARM",
      { service: "arm", operation: `${LIST}/roleAssignments` },
      /^role assignments in subscription /,
    ],
    [
      "deny assignments",
      { service: "arm", operation: `${LIST}/denyAssignments` },
      /^deny assignments in subscription /,
    ],
    ["locks", { service: "arm", operation: `${LIST}/locks` }, /^locks in subscription /],
    [
      "sign-ins",
      { service: "log-analytics", target: "AADServicePrincipalSignInLogs" },
      /AADServicePrincipalSignInLogs/,
    ],
    ["the activity log", { service: "log-analytics", target: "AzureActivity" }, /^AzureActivity$/],
    ["the vaults' log", { service: "log-analytics", target: "AZKVAuditLogs" }, /^AZKVAuditLogs$/],
    ["the cluster's log", { service: "log-analytics", target: "AKSAudit" }, /^AKSAudit$/],
  ])("%s", async (_, rule, expected) => {
    always({ ...rule, answer: 403 });
    const scope = await take();
    expect(about(scope, "FORBIDDEN").some((it) => expected.test(it))).toBe(true);
    expect(scope.principals[0]?.passwords.map(({ keyId }) => keyId)).toEqual(
      whole.principals[0]?.passwords.map(({ keyId }) => keyId),
    );
    expect(scope.principals[0]?.groups).toEqual(whole.principals[0]?.groups);
  });

  test("an unreadable directory leaves Azure's side and the activity", async () => {
    const { azure, tenant } = read;
    // Resolving comes before; only what follows it is cut off.
    const { resolveSubjects } = await import("../../src/scope/resolve/resolve.ts");
    const { takeScope } = await import("../../src/scope/take-scope.ts");
    const workspaceIds = [...tenant.state.logs.workspaces.keys()];
    const { window } = whole;
    const resolution = await resolveSubjects(
      azure,
      [
        {
          kind: "guid",
          value: tenant.names.guid("servicePrincipal", "shop-deploy"),
          role: "suspect",
          seenAt: "x",
        },
      ],
      { protectedIds: new Set(), window, workspaceIds },
    );
    always({ service: "graph", answer: 403 });
    const { scope } = await takeScope(azure, { caseId: "c", resolution, window, workspaceIds });
    expect(about(scope, "FORBIDDEN").toSorted()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^service principal of /),
        expect.stringMatching(/^groups of /),
        expect.stringMatching(/^app roles of /),
        expect.stringMatching(/^delegated grants of /),
        expect.stringMatching(/^directory roles of /),
        expect.stringMatching(/^eligible directory roles of /),
        expect.stringMatching(/^owners of /),
      ]),
    );
    expect(scope.principals[0]?.roleAssignments).toEqual(whole.principals[0]?.roleAssignments);
    expect(scope.activity).toEqual(whole.activity);
  });

  test("a vault that shuts the reader out is still listed by the management plane", async () => {
    always({ service: "key-vault", answer: 403 });
    const scope = await take();
    const names = ({ reach }: Scope) =>
      reach.filter(({ kind }) => kind === "vault-secret").map((it) => it.name);
    expect(names(scope)).toEqual(names(whole));
  });

  test("a vault that nobody lists has all of its secrets in reach, under one name", async () => {
    always({ service: "key-vault", answer: 403 });
    always({ service: "arm", operation: "GET /vaults/{vault}/secrets", answer: 403 });
    const scope = await take();
    expect(about(scope, "FORBIDDEN").some((it) => it.startsWith("secrets in "))).toBe(true);
    const secrets = scope.reach.filter(({ kind }) => kind === "vault-secret");
    expect(secrets.map(({ name, evidence }) => [name, evidence])).toEqual([
      ["*", "reachable"],
      ["legacy-ci", "read"],
      ["metrics-sp", "read"],
      ["sql-shop-admin", "read"],
    ]);
  });

  test.each(["garbage", "half-body", "reset"] as const)(
    "an answer that is %s is a gap, not a crash",
    async (answer) => {
      always({ ...ARG, target: "microsoft.storage/storageaccounts", answer });
      const scope = await take();
      expect(scope.limitations.map((it) => it.about)).toContain("inventory of storage");
    },
  );

  test("a next page on another host is not followed", async () => {
    always({ service: "arm", operation: `${LIST}/locks`, answer: "hostile-next-link" });
    const scope = await take();
    expect(about(scope, "NOT_UNDERSTOOD").some((it) => it.startsWith("locks in subscription"))).toBe(true);
    expect(read.tenant.refused).toEqual([]);
  });
});

describe("throttling slows the scope and does not change it", () => {
  test("with a wait named and without one", async () => {
    read.tenant.faults.add({
      service: "graph",
      operation: "POST /$batch",
      answer: 429,
      nth: 2,
      retryAfterInS: 1,
    });
    read.tenant.faults.add({ ...ARG, target: "microsoft.keyvault/vaults", answer: 429, times: 2 });
    read.tenant.faults.add({
      service: "arm",
      operation: `${LIST}/roleAssignments`,
      answer: 429,
      retryAfterInS: 1,
    });
    read.tenant.faults.add({ service: "log-analytics", target: "AzureActivity", answer: 429 });
    read.tenant.faults.add({ service: "key-vault", answer: 429 });
    const scope = await take();
    const { takenAt, window } = whole;
    expect({ ...scope, takenAt, window }).toEqual(whole);
    expect(read.tenant.faults.all.map(({ hits }) => hits > 0)).toEqual([true, true, true, true, true]);
  });
});
