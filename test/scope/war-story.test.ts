import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Scope } from "../../src/case/scope.ts";
import { digestOf } from "../../src/plan/digest.ts";
import { inOrder, scopeOf } from "./scoped.ts";
import { readTenant, type ReadTenant } from "./tenant-reader.ts";

let read: ReadTenant;
let scope: Scope;
beforeAll(async () => {
  read = await readTenant({ scenario: "war-story" });
  scope = await scopeOf(read, { objectIds: [suspect().objectId] });
});
afterAll(async () => {
  await read[Symbol.asyncDispose]();
});

const truth = () => {
  const { truth: told } = read.tenant.scenario;
  if (told === undefined) throw new Error("the scenario says nothing of what is so");
  return told;
};
const suspect = () => truth().suspect;

describe("the war story's suspect", () => {
  test("is the one of the truth, and nobody else", () => {
    expect(scope.principals.map(({ principal }) => [principal.objectId, principal.appId])).toEqual([
      [suspect().objectId, suspect().appId],
    ]);
  });

  test("signed in from the foreign country with the leaked secret", () => {
    const keyId = read.tenant.names.guid("keyId", "shop-deploy.leaked");
    expect(scope.principals[0]?.passwords).toMatchObject([
      { keyId, evidence: { usedBySuspiciousSignIn: true } },
    ]);
    const signIns = scope.activity.filter(
      ({ operation, country }) => operation === "Sign-in" && country === "RU",
    );
    expect(signIns.map(({ suspicious, credentialKeyId }) => [suspicious, credentialKeyId])).toEqual([
      [true, keyId],
      [true, keyId],
      [true, keyId],
    ]);
  });

  test("what it did as always does not stand out", () => {
    const calm = scope.activity.filter(({ suspicious }) => !suspicious);
    expect(calm.length).toBeGreaterThan(3);
    expect(new Set(calm.map(({ address }) => address))).toEqual(new Set(["198.51.100.20"]));
  });

  test("reached what the truth says, and read the secrets it says", () => {
    const { reached } = truth();
    const of = (kind: string) => scope.reach.filter((it) => it.kind === kind);
    const secrets = of("vault-secret").filter(({ evidence }) => evidence === "read");
    expect(
      secrets.map(({ targetId }) =>
        targetId
          .split("/")
          .filter((_, at) => at === 8 || at === 10)
          .join("/"),
      ),
    ).toEqual(reached["secrets"]?.toSorted());
    expect(of("cluster").map(({ targetId, evidence }) => [targetId, evidence])).toEqual(
      reached["clusters"]?.map((id) => [id, "read"]),
    );
    expect(of("storage-account").map(({ targetId, evidence }) => [targetId, evidence])).toEqual(
      reached["storageAccounts"]?.map((id) => [id, "read"]),
    );
    expect(of("database").map(({ targetId }) => targetId)).toEqual(reached["sqlServers"]);
  });

  test("could not reach the other subscription's vault", () => {
    expect(scope.reach.filter(({ targetId }) => targetId.includes("kv-shop-test"))).toEqual([]);
  });

  test("planted what the truth says", () => {
    const planted = scope.planted.map(({ kind, id, onName, by }) => [kind, id, onName, by]);
    const expected = truth().planted.map(({ kind, id }) => {
      const name = id.split("/").at(-1) ?? "";
      const [place, resource] =
        kind === "daemonset"
          ? ["kube-system", "daemonsets.apps"]
          : ["-", "clusterrolebindings.rbac.authorization.k8s.io"];
      return ["cluster-object", `${place}/${resource}/${name}`, name, suspect().objectId];
    });
    expect(inOrder(planted)).toEqual(inOrder(expected));
  });

  test("a planted cluster object has what is needed to find it", () => {
    expect(scope.planted.map(({ detail }) => detail)).toContainEqual(
      expect.objectContaining({
        kind: "cluster-object",
        verb: "create",
        apiGroup: "apps",
        apiVersion: "v1",
        resource: "daemonsets",
        namespace: "kube-system",
        name: "node-exporter-helper",
        inferred: true,
      }),
    );
  });

  test("what only an administrator's certificate did is inferred, never proven", () => {
    const cluster = scope.activity.filter(({ source }) => source === "cluster-audit");
    expect(cluster).toHaveLength(3);
    expect(new Set(cluster.map(({ attribution }) => attribution))).toEqual(new Set(["inferred"]));
    expect(scope.limitations).toContainEqual(expect.objectContaining({ code: "INFERRED" }));
  });

  test("the principals whose secrets it found are related, not suspects", () => {
    expect(scope.related?.map(({ principal }) => principal.objectId).toSorted()).toEqual(
      truth()
        .exposed.map(({ objectId }) => objectId)
        .toSorted(),
    );
  });

  test("bystanders are in no list of things to act on", () => {
    const { owners: _, ...principal } = scope.principals[0] ?? { owners: [] };
    const acted = JSON.stringify([principal, scope.planted, scope.activity, scope.related]);
    for (const { id } of truth().bystanders) expect(acted).not.toContain(id);
  });

  test("a lock that stands in the way is said", () => {
    expect(scope.obstacles).toMatchObject([{ kind: "lock", level: "CanNotDelete" }]);
  });

  test("nothing the reader may not see was asked for, and no secret's value is in it", () => {
    expect(scope.limitations.filter(({ code }) => code === "FORBIDDEN")).toEqual([]);
    expect(read.tenant.refused).toEqual([]);
    expect(read.tenant.defects).toEqual([]);
    const text = JSON.stringify(scope);
    expect(text).not.toContain(read.tenant.names.secret("keyId", "shop-deploy.leaked"));
    expect(text).not.toContain(read.tenant.names.secret("keyId", "legacy-ci.vault"));
  });

  test("taken again it is the same to the byte, but for when it was taken", async () => {
    const again = await scopeOf(read, { objectIds: [suspect().objectId] });
    const { takenAt, window } = scope;
    expect(digestOf({ ...again, takenAt, window })).toBe(digestOf(scope));
  });
});
