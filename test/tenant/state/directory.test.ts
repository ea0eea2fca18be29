import { X509Certificate, createPrivateKey } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scenarioNames } from "../../../local/tenant/scenario/names.ts";
import {
  DirectorySection,
  GRAPH_APP_ID,
  grantedAppRoles,
  loadDirectory,
  scenarioCertificate,
  transitiveGroupIds,
} from "../../../local/tenant/state/directory.ts";
import { Versioned } from "../../../local/tenant/state/directory/versioned.ts";

const named = () =>
  scenarioNames({ scenario: "directory-test", seed: 1, nowInMs: Date.parse("2026-11-20T10:00:00Z") });
const load = (section: unknown, names = named()) => loadDirectory(DirectorySection.parse(section), names);

describe("a versioned collection", () => {
  test("shows any reader what had been written by the time it sees, whatever the writes", () => {
    const write = fc.record({
      id: fc.constantFrom("a", "b", "c"),
      after: fc.integer({ min: 0, max: 5 }),
      value: fc.option(fc.integer()),
    });
    fc.assert(
      fc.property(fc.array(write, { maxLength: 30 }), fc.integer({ min: -1, max: 160 }), (writes, asOf) => {
        const versions = new Versioned<{ id: string; value: number }>();
        const expected = new Map<string, number>();
        let now = 0;
        for (const { id, after, value } of writes) {
          now += after;
          if (value === null) versions.remove(id, now);
          else versions.put({ id, value }, now);
          if (now > asOf) continue;
          if (value === null) expected.delete(id);
          else expected.set(id, value);
        }
        for (const id of ["a", "b", "c"]) expect(versions.get(id, asOf)?.value).toBe(expected.get(id));
        const seen = [...versions.all(asOf)].map(({ id, value }) => [id, value] as const);
        expect(new Map(seen)).toEqual(expected);
        expect(seen).toHaveLength(expected.size);
      }),
    );
  });

  test("finds by index what a lagging reader sees, not what is there by now", () => {
    const versions = new Versioned<{ id: string; group: string }>({ group: ({ group }) => [group] });
    versions.put({ id: "x", group: "one" }, 10);
    versions.put({ id: "x", group: "two" }, 20);
    expect(versions.find("group", "one", 15)).toHaveLength(1);
    expect(versions.find("group", "one", 20)).toHaveLength(0);
    expect(versions.find("group", "two", 15)).toHaveLength(0);
    expect(versions.find("group", "two")).toHaveLength(1);
  });
});

describe("app roles in tokens", () => {
  const section = {
    users: [{ name: "alice" }, { name: "bob" }],
    groups: [
      { name: "operators", members: ["user.alice", "servicePrincipal.job", "group.nested"] },
      { name: "nested", members: ["user.bob"] },
    ],
    applications: [
      { name: "api", appRoles: [{ value: "Run", allowedMemberTypes: ["User", "Application"] }] },
      { name: "job" },
    ],
    appRoleAssignments: [
      { principal: "group.operators", resource: "servicePrincipal.api", roles: ["Run"] },
      { principal: "servicePrincipal.job", roles: ["Mail.Read"] },
    ],
  };

  test("a role given to a group reaches its direct members who are people, and no service principal in it", () => {
    const names = named();
    const directory = load(section, names);
    const roles = (kind: string, name: string) =>
      grantedAppRoles(directory, names.guid(kind, name), names.guid("appId", "api"));
    expect(roles("user", "alice")).toEqual(["Run"]);
    expect(roles("user", "bob")).toEqual([]);
    expect(roles("servicePrincipal", "job")).toEqual([]);
    expect(grantedAppRoles(directory, names.guid("servicePrincipal", "job"), GRAPH_APP_ID)).toEqual([
      "Mail.Read",
    ]);
  });

  test("groups are walked upwards through nesting", () => {
    const names = named();
    const directory = load(section, names);
    expect(transitiveGroupIds(directory, names.guid("user", "bob"))).toEqual([
      names.guid("group", "nested"),
      names.guid("group", "operators"),
    ]);
  });
});

describe("a directory section", () => {
  test("with mistakes is refused with all of them", () => {
    expect(() =>
      load({
        applications: [{ name: "a", owners: ["user.nobody"] }],
        appRoleAssignments: [{ principal: "servicePrincipal.a", roles: ["Nonsense.All"] }],
        roleAssignments: [{ principal: "servicePrincipal.a", role: "Emperor" }],
      }),
    ).toThrow(
      expect.objectContaining({
        code: "DIRECTORY_SECTION",
        problems: [expect.any(String), expect.any(String), expect.any(String)],
      }),
    );
  });

  test("gives the same ids, secrets and certificates every time, and the key to each certificate", () => {
    const section = {
      applications: [{ name: "a", secrets: [{ name: "s" }], certificates: [{ name: "c" }] }],
    };
    const [first] = load(section).applications.all();
    const names = named();
    const [again] = load(section, names).applications.all();
    expect(again).toEqual(first);
    const certificate = new X509Certificate(Buffer.from(again?.keyCredentials[0]?.key ?? "", "base64"));
    const { privateKeyPem } = scenarioCertificate({ name: "c", start: "-30d", end: "+335d" }, "a", names);
    expect(certificate.checkPrivateKey(createPrivateKey(privateKeyPem))).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.subject).toBe("CN=c");
  });
});
