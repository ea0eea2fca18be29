import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Subject } from "../../../src/case/subject.ts";
import { identifySubjects, resolveSubjects } from "../../../src/scope/resolve/resolve.ts";
import { readTenant, type ReadTenant } from "../tenant-reader.ts";

let read: ReadTenant;
beforeAll(async () => {
  read = await readTenant({ scenario: "war-story" });
});
afterAll(async () => {
  await read[Symbol.asyncDispose]();
});

const id = (kind: string, name: string) => read.tenant.names.guid(kind, name);
const guid = (value: string, role: Subject["role"] = "suspect"): Subject => ({
  kind: "guid",
  value,
  role,
  seenAt: "test",
});
const resolve = (subjects: readonly Subject[], protectedIds: readonly string[] = []) =>
  resolveSubjects(read.azure, subjects, {
    protectedIds: new Set(protectedIds),
    window: { from: "2026-01-01T00:00:00.000Z", to: "2026-01-02T00:00:00.000Z" },
    workspaceIds: [],
  });

describe("ids", () => {
  test.each(["servicePrincipal", "appId", "application"])("a service principal is found by its %s", async (kind) => {
    const { principals, refused } = await resolve([guid(id(kind, "shop-deploy"))]);
    expect(refused).toEqual([]);
    expect(principals).toMatchObject([
      {
        certainty: "named",
        principal: {
          kind: "application",
          objectId: id("servicePrincipal", "shop-deploy"),
          appId: id("appId", "shop-deploy"),
          applicationObjectId: id("application", "shop-deploy"),
          home: "here",
        },
      },
    ]);
  });

  test("object id and app id of one application are one principal", async () => {
    const { principals } = await resolve([
      guid(id("servicePrincipal", "shop-deploy")),
      guid(id("appId", "shop-deploy")),
    ]);
    expect(principals).toHaveLength(1);
  });

  test("an unambiguous suspect is identified in one request to Graph", async () => {
    const before = read.tenant.requests.total;
    const { principals } = await identifySubjects(
      read.azure,
      [guid(id("servicePrincipal", "shop-deploy")), guid(id("appId", "shop-deploy"))],
      new Set(),
    );
    expect(principals.map(({ principal }) => principal.objectId)).toEqual([id("servicePrincipal", "shop-deploy")]);
    expect(read.tenant.requests.total - before).toBeLessThanOrEqual(1);
  });
});
