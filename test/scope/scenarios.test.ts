import { describe, expect, test } from "vitest";
import { readScenario } from "../../local/tenant/scenario/find.ts";
import type { Truth } from "../../local/tenant/scenario/format.ts";
import type { Planted } from "../../src/case/planted.ts";
import type { Scope } from "../../src/case/scope.ts";
import { inOrder, scopeOf } from "./scoped.ts";
import { readTenant } from "./tenant-reader.ts";

const SCENARIOS = [
  "war-story",
  "imds-managed-identity",
  "leaked-service-principal",
  "aks-workload-identity",
  "cicd-service-connection",
  "storage-publish-profile",
] as const;

/** What no log of Azure ties to the suspect, so that no scope can know it. */
const UNKNOWABLE: Readonly<Partial<Record<(typeof SCENARIOS)[number], readonly string[]>>> = {
  // The publish profile is used at the site's own door: neither that use nor who runs as the site is the suspect's doing.
  "storage-publish-profile": ["sites", "keys", "exposed"],
};

const lastOf = (id: string) => id.split("/").at(-1) ?? id;

/** A planted thing as a scenario writes it down. */
function told({ kind, id, onId, detail }: Planted): string {
  switch (kind) {
    case "federated-credential": {
      const holder = detail.kind === "federated" ? detail.credential.holder : "";
      const name = detail.kind === "federated" ? detail.credential.name : "";
      return holder === "identity"
        ? `identity-federated-credential ${name} on ${lastOf(onId)}`
        : `application-federated-credential ${id} on ${onId}`;
    }
    case "application":
    case "service-principal":
      return `${kind} ${id}`;
    case "directory-role":
      return `directory-role ${detail.kind === "directory-role" ? detail.role.roleName : id} on ${onId}`;
    case "role-assignment":
      return `role-assignment ${lastOf(id ?? "")} on ${onId}`;
    case "cluster-object": {
      const [namespace, resource = "", name] = (id ?? "").split("/");
      const singular = (resource.split(".")[0] ?? "").replace(/s$/, "");
      return `${singular} ${namespace === "-" ? "" : `${namespace}/`}${name} on ${lastOf(onId)}`;
    }
    default:
      return `${kind} ${id} on ${onId}`;
  }
}

function expectedPlanted({ planted }: Truth): readonly string[] {
  return planted.map(({ kind, id, on }) => `${kind} ${id}${on === undefined ? "" : ` on ${on}`}`);
}

function reached(scope: Scope, kind: string): readonly string[] | null {
  const of = (wanted: string) => scope.reach.filter((it) => it.kind === wanted);
  switch (kind) {
    case "secrets":
      return of("vault-secret")
        .filter(({ evidence }) => evidence === "read")
        .map(({ targetId }) =>
          targetId
            .split("/")
            .filter((_, at) => at === 8 || at === 10)
            .join("/"),
        );
    case "clusters":
      return of("cluster").map(({ targetId }) => targetId);
    case "storageAccounts":
      return of("storage-account").map(({ targetId }) => targetId);
    case "sites":
      return of("site").map(({ targetId }) => targetId);
    case "registries":
      return of("registry").map(({ targetId }) => targetId);
    case "sqlServers":
      return of("database").map(({ targetId }) => targetId);
    case "vaults":
      return of("vault-secret").map(({ targetId }) => targetId.split("/")[8] ?? "");
    case "sharedBy":
      return scope.principals.flatMap(({ attachments }) => attachments.map(({ resourceId }) => resourceId));
    // What an attacker looked at in the directory is in the activity; it is no thing of its own.
    case "directory":
      return null;
    default:
      throw new Error(`what is "${kind}" in a scope?`);
  }
}

describe.each(SCENARIOS)("%s", (name) => {
  test("the scope is what the scenario says is so", async () => {
    expect(readScenario(name)).toBeDefined();
    await using read = await readTenant({ scenario: name });
    const { truth } = read.tenant.scenario;
    if (truth === undefined) throw new Error("the scenario says nothing of what is so");
    const unknowable = UNKNOWABLE[name] ?? [];
    const scope = await scopeOf(read, { objectIds: [truth.suspect.objectId] });

    expect(scope.principals.map(({ principal }) => [principal.objectId, principal.appId])).toEqual([
      [truth.suspect.objectId, truth.suspect.appId],
    ]);
    const planted = scope.planted.filter(({ present }) => present !== false).map((it) => told(it));
    // An application's own service principal comes with it: the scenario names the one, the log has both.
    expect(planted.filter((it) => !it.startsWith("service-principal ")).toSorted()).toEqual(
      expectedPlanted(truth).toSorted(),
    );
    for (const [kind, ids] of Object.entries(truth.reached)) {
      if (unknowable.includes(kind)) continue;
      const found = reached(scope, kind);
      if (found !== null) expect([...new Set(found)], kind).toEqual(expect.arrayContaining(ids));
    }
    if (!unknowable.includes("exposed")) {
      const exposed = [...(scope.related ?? []), ...(scope.affected ?? [])];
      expect(inOrder(exposed.map(({ principal }) => principal.objectId))).toEqual(
        inOrder(truth.exposed.map(({ objectId }) => objectId)),
      );
    }
    const acted = JSON.stringify([
      scope.principals.map(({ principal }) => principal),
      scope.planted,
      scope.activity,
      scope.related,
      scope.affected,
    ]);
    for (const { id } of truth.bystanders) expect(acted).not.toContain(id);
    expect(scope.limitations.filter(({ code }) => code === "FORBIDDEN")).toEqual([]);
    expect(read.tenant.refused).toEqual([]);
    expect(read.tenant.defects).toEqual([]);
  });
});

test("a secret's consumers are the sites that take it as a setting", async () => {
  await using read = await readTenant({ scenario: "storage-publish-profile" });
  const { truth } = read.tenant.scenario;
  const scope = await scopeOf(read, { objectIds: [truth?.suspect.objectId ?? ""] });
  const consumers = new Map(
    scope.reach
      .filter(({ kind }) => kind === "vault-secret")
      .map((it) => [it.name, it.consumers?.map(({ resourceId }) => lastOf(resourceId))]),
  );
  expect(consumers.get("orders-db")).toEqual(["app-orders"]);
  expect(consumers.get("carrier-api")).toBeUndefined();
});
