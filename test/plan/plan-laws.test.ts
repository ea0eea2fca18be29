import { type Arbitrary, assert, constantFrom, property, record, subarray, uniqueArray } from "fast-check";
import { expect, test } from "vitest";
import type { Planted } from "../../src/case/planted.ts";
import type { Scope, ScopedPrincipal } from "../../src/case/scope.ts";
import { principalKey } from "../../src/case/principal.ts";
import { digestOf } from "../../src/plan/digest.ts";
import { WAVES } from "../../src/plan/waves.ts";
import {
  aCertificate,
  anIdentity,
  aPassword,
  aPrincipal,
  aRole,
  aScope,
  aScoped,
  GROUP,
  id,
  planFor,
  stepsOf,
  SUBSCRIPTION,
} from "./planned-from.ts";

/** Names of principals; the last ones are bystanders and never suspects. */
const NAMES = ["deploy", "backup", "metrics", "web", "agent"] as const;
const OTHERS = ["payroll", "portal"] as const;

const name = constantFrom(...NAMES);
const scopes = [SUBSCRIPTION, GROUP, `${GROUP}/providers/Microsoft.Storage/storageAccounts/st`];

const scoped = name.chain((own): Arbitrary<ScopedPrincipal> => {
  const principal = own === "web" ? anIdentity(own) : aPrincipal(own);
  const objectId = principalKey(principal);
  return record({
    certainty: constantFrom("named" as const, "derived" as const),
    passwords: subarray(["a", "b", "c"]),
    certificates: subarray(["x", "y"]),
    owners: subarray([...NAMES, "ada", "break-glass"]),
    owned: subarray([...OTHERS]),
    roles: subarray(scopes),
    groups: subarray(["ops", "protected"]),
  }).map(({ certainty, passwords, certificates, owners, owned, roles, groups }) => {
    const holder = principal.applicationObjectId ?? objectId;
    return aScoped(principal, {
      certainty,
      passwords: passwords.map((it) => aPassword(holder, it)),
      certificates: certificates.map((it) => aCertificate(objectId, it)),
      owners: owners.map((owner) => ({
        objectId: id(owner),
        objectKind: "user",
        displayName: owner,
        of: { kind: "application", objectId: holder },
        planted: false,
      })),
      ownedObjects: owned.map((it) => ({
        objectId,
        objectKind: "service-principal",
        displayName: it,
        of: { kind: "application", objectId: id(`${it}.application`) },
        planted: false,
      })),
      roleAssignments: roles.map((scope) => aRole(objectId, scope)),
      groups: groups.map((it) => ({
        groupId: id(it),
        displayName: it,
        direct: true,
        securityEnabled: true,
        dynamic: false,
        roleAssignable: false,
        onPremises: false,
        planted: false,
      })),
    });
  });
});

const planted = record({ on: constantFrom(...OTHERS), by: name, what: constantFrom("p1", "p2") }).map(
  ({ on, by, what }): Planted => {
    const credential = aPassword(id(`${on}.application`), what);
    return {
      kind: "application-password",
      at: "2026-11-20T10:00:00.000Z",
      onId: credential.holderId,
      onKind: "application",
      onName: on,
      id: credential.keyId,
      by: id(`${by}.sp`),
      evidence: "audit",
      present: true,
      detail: { kind: "password", credential },
    };
  },
);

const anyScope: Arbitrary<Scope> = record({
  principals: uniqueArray(scoped, { selector: ({ principal }) => principal.displayName, maxLength: 5 }),
  planted: uniqueArray(planted, { selector: ({ id: key }) => key, maxLength: 3 }),
}).map((it) => aScope(it.principals, { planted: it.planted }));

test("a plan never names a protected object, our own identity or a break-glass account, and says what it spared", () => {
  const protectable = [...NAMES, ...OTHERS].flatMap((it) => [id(`${it}.sp`), id(`${it}.application`)]);
  const spared = subarray([...protectable, id("ada"), id("break-glass"), id("ops"), GROUP], {
    minLength: 1,
  });
  assert(
    property(anyScope, spared, constantFrom("ids", "breakGlass", "own", "members"), (scope, ids, how) => {
      const guids = ids.filter((it) => !it.startsWith("/"));
      const plan = planFor(scope, {
        policy: how === "ids" ? { protected: { ids } } : how === "breakGlass" ? { breakGlass: guids } : {},
        protection: {
          ownIds: how === "own" ? ids : [],
          protectedMembers: how === "members" ? guids : [],
        },
      });
      const safe = new Set(
        (how === "breakGlass" || how === "members" ? guids : ids).map((it) => it.toLowerCase()),
      );
      for (const step of stepsOf(plan)) {
        const named = JSON.stringify(step.target).toLowerCase();
        for (const it of safe) if (!it.startsWith("/")) expect(named).not.toContain(it);
      }
      const without = planFor(scope);
      // Whatever is spared is a person's to decide, never silently dropped.
      if (stepsOf(plan).length < stepsOf(without).length)
        expect(plan.personActions.length).toBeGreaterThan(0);
    }),
  );
});

test("a plan names nothing but the suspects, what they hold, and what was planted or owned by them", () => {
  assert(
    property(anyScope, (scope) => {
      const linked = new Set([
        ...scope.principals.flatMap(({ principal, owners, ownedObjects, groups }) => [
          principalKey(principal),
          ...(principal.applicationObjectId === null ? [] : [principal.applicationObjectId]),
          ...(principal.resourceId === null ? [] : [principal.resourceId]),
          principal.appId ?? "",
          ...owners.map((it) => it.objectId),
          ...ownedObjects.map((it) => it.of.objectId),
          ...groups.map((it) => it.groupId),
        ]),
        ...scope.planted.map(({ onId }) => onId),
      ]);
      for (const step of stepsOf(planFor(scope))) {
        expect(
          step.touches.filter((it) => !linked.has(it)),
          step.title,
        ).toEqual([]);
      }
      // Of a bystander only what was planted on it goes: never its sign-in, its own secrets, its roles.
      for (const other of OTHERS) {
        const kinds = stepsOf(planFor(scope))
          .filter(({ touches }) => touches.includes(id(`${other}.application`)))
          .map(({ kind }) => kind);
        expect(kinds.filter((it) => !["remove-application-password", "remove-owner"].includes(it))).toEqual(
          [],
        );
      }
    }),
  );
});

test("equal input gives an equal digest, whatever order its lists and keys come in", () => {
  const shuffled = (scope: Scope): Scope => ({
    ...Object.fromEntries(Object.entries(scope).toReversed()),
    ...scope,
    principals: scope.principals.toReversed().map((it) => ({
      ...it,
      passwords: it.passwords.toReversed(),
      certificates: it.certificates.toReversed(),
      owners: it.owners.toReversed(),
      roleAssignments: it.roleAssignments.toReversed(),
      groups: it.groups.toReversed(),
    })),
    planted: scope.planted.toReversed(),
  });
  assert(
    property(anyScope, (scope) => {
      // The scope's own digest is of the stored document, whose order the scope fixes.
      const decided = (it: Scope) => digestOf({ ...planFor(it), scopeDigest: "" });
      expect(decided(shuffled(scope))).toBe(decided(scope));
      expect(digestOf(planFor(scope))).toBe(digestOf(planFor(structuredClone(scope))));
    }),
  );
});

test("waves come in their order, each with its reason, and no step stands in two of them", () => {
  assert(
    property(anyScope, (scope) => {
      const plan = planFor(scope);
      const order = plan.waves.map((wave) => WAVES.findIndex((it) => it.name === wave.name));
      expect(order).toEqual(order.toSorted((a, b) => a - b));
      expect(plan.waves.every(({ reason }) => reason.length > 0)).toBe(true);
      const ids = stepsOf(plan).map((step) => step.id);
      expect(new Set(ids).size).toBe(ids.length);
    }),
  );
});

test("nothing is done without a person to a principal that no alert names", () => {
  assert(
    property(anyScope, (scope) => {
      const derived = scope.principals
        .filter(({ certainty }) => certainty === "derived")
        .flatMap(({ principal }) => [principalKey(principal), principal.applicationObjectId ?? ""]);
      for (const step of stepsOf(planFor(scope))) {
        if (step.touches.some((it) => derived.includes(it)))
          expect(step.permission, step.title).not.toBe("automatic");
      }
    }),
  );
});

test("a lower mode never lets a step run that a higher one would not", () => {
  assert(
    property(anyScope, (scope) => {
      const running = (mode: "observe" | "plan" | "contain" | "evict") =>
        new Set(
          stepsOf(planFor(scope, { mode }))
            .filter(({ permission }) => permission !== "off")
            .map((step) => step.id),
        );
      expect(running("observe").size).toBe(0);
      expect(running("plan").size).toBe(0);
      const most = running("evict");
      expect([...running("contain")].filter((it) => !most.has(it))).toEqual([]);
      for (const step of stepsOf(planFor(scope, { mode: "contain" }))) {
        if (!step.reversible) expect(step.permission).toBe("off");
      }
    }),
  );
});
