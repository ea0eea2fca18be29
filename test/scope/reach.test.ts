import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RolePermissions } from "../../src/case/grant.ts";
import { accessRules, type HeldDenial, type HeldRole } from "../../src/scope/reach.ts";
import { wildcardCovers } from "../../src/scope/wildcard.ts";

const SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111";
const SCOPES = [
  "/",
  "/providers/Microsoft.Management/managementGroups/root",
  "/providers/Microsoft.Management/managementGroups/shop",
  "/providers/Microsoft.Management/managementGroups/elsewhere",
  SUBSCRIPTION,
  `${SUBSCRIPTION}/resourceGroups/rg`,
  `${SUBSCRIPTION}/resourceGroups/rg2`,
  `${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv`,
  `${SUBSCRIPTION}/resourceGroups/RG/providers/Microsoft.KeyVault/vaults/kv/secrets/one`,
  "/subscriptions/22222222-2222-2222-2222-222222222222",
];
/** Nearest first; the second subscription stands below nothing that is known. */
const ANCESTORS: Record<string, string[]> = { "11111111-1111-1111-1111-111111111111": ["shop", "root"] };
const ancestorsOf = (id: string) => ANCESTORS[id] ?? [];

const OPERATIONS = [
  "Microsoft.KeyVault/vaults/secrets/getSecret/action",
  "Microsoft.KeyVault/vaults/write",
  "Microsoft.Storage/storageAccounts/listKeys/action",
  "Microsoft.Authorization/roleAssignments/write",
];
const PATTERNS = [
  "*",
  "*/read",
  "*/write",
  "Microsoft.KeyVault/*",
  "microsoft.keyvault/VAULTS/write",
  "Microsoft.KeyVault/vaults/secrets/*/action",
  "Microsoft.*/write",
  "Microsoft.Storage/*/action",
  "Microsoft.Authorization/*/Write",
  ...OPERATIONS,
];

const patterns = fc.subarray(PATTERNS, { maxLength: 3 });
const permissions: fc.Arbitrary<RolePermissions> = fc.record({
  actions: patterns,
  notActions: patterns,
  dataActions: patterns,
  notDataActions: patterns,
});
const scope = fc.constantFrom(...SCOPES);
const condition = fc.constantFrom(null, "@Resource[x] StringEquals 'y'");
const numbered = <T extends object>(items: readonly T[], prefix: string) =>
  items.map((item, index) => Object.assign({ id: `${prefix}${index}` }, item));
const roles: fc.Arbitrary<HeldRole[]> = fc
  .array(
    fc.record({
      scope,
      permissions: fc.option(fc.array(permissions, { maxLength: 2 }), { nil: null, freq: 8 }),
      condition,
    }),
    { maxLength: 6 },
  )
  .map((items) => numbered(items, "role"));
const denials: fc.Arbitrary<HeldDenial[]> = fc
  .array(
    fc.record({
      scope,
      permissions: fc.array(permissions, { maxLength: 2 }),
      doNotApplyToChildScopes: fc.boolean(),
      condition,
    }),
    { maxLength: 2 },
  )
  .map((items) => numbered(items, "deny"));
const operation = fc.record({
  plane: fc.constantFrom("control" as const, "data" as const),
  name: fc.constantFrom(...OPERATIONS),
});

/** The rules as the documentation states them, without index, cache or cleverness. */
function bruteForce(
  held: readonly HeldRole[],
  denied: readonly HeldDenial[],
  asked: { plane: "control" | "data"; name: string },
  at: string,
) {
  const covers = (pattern: string) =>
    new RegExp(
      `^${pattern
        .split("*")
        .map((it) => it.replaceAll(".", String.raw`\.`))
        .join(".*")}$`,
      "i",
    ).test(asked.name);
  const allow = (entry: RolePermissions) =>
    asked.plane === "control"
      ? entry.actions.some(covers) && !entry.notActions.some(covers)
      : entry.dataActions.some(covers) && !entry.notDataActions.some(covers);
  const contains = (outer: string, inner: string) => {
    const [a, b] = [outer.toLowerCase(), inner.toLowerCase()];
    if (a === "/") return true;
    const group = /managementgroups\/(.+)$/.exec(a)?.[1];
    const subscription = /^\/subscriptions\/([^/]+)/.exec(b)?.[1];
    if (group !== undefined && subscription !== undefined) return ancestorsOf(subscription).includes(group);
    return a === b || b.startsWith(`${a}/`);
  };
  const deniedBy = denied
    .filter((it) => contains(it.scope, at) && it.condition === null)
    .filter((it) => !it.doNotApplyToChildScopes || it.scope.toLowerCase() === at.toLowerCase())
    .filter((it) => it.permissions.some(allow))
    .map(({ id }) => id);
  const through =
    deniedBy.length > 0
      ? []
      : held
          .filter((it) => contains(it.scope, at) && it.permissions !== null && it.permissions.some(allow))
          .map(({ id }) => id);
  return { allowed: through.length > 0, through: through.toSorted(), deniedBy: deniedBy.toSorted() };
}

describe("reach", () => {
  test("agrees with a brute-force reading of the rules for any roles, denials, operations and scopes", () => {
    fc.assert(
      fc.property(roles, denials, operation, scope, (held, denied, asked, at) => {
        const { allowed, through, deniedBy } = accessRules(held, denied, ancestorsOf).decide(asked, at);
        expect({ allowed, through, deniedBy }).toEqual(bruteForce(held, denied, asked, at));
      }),
      { numRuns: 3_000 },
    );
  });

  test("another role's notActions never take away what a role gives", () => {
    fc.assert(
      fc.property(roles, roles, operation, scope, (some, more, asked, at) => {
        const before = accessRules(some, [], ancestorsOf).decide(asked, at);
        const renamed = more.map((role) => ({ ...role, id: `more-${role.id}` }));
        const after = accessRules([...some, ...renamed], [], ancestorsOf).decide(asked, at);
        expect(after.allowed || !before.allowed).toBe(true);
      }),
    );
  });

  test("a role of unknown definition is said to be unknown, and a condition is said to narrow", () => {
    const role = { id: "r", scope: SUBSCRIPTION, condition: "x" };
    const given = [{ actions: ["*"], notActions: [], dataActions: [], notDataActions: [] }];
    const asked = { plane: "control", name: OPERATIONS[1] ?? "" } as const;
    const at = `${SUBSCRIPTION}/resourceGroups/rg`;
    expect(accessRules([{ ...role, permissions: null }], [], ancestorsOf).decide(asked, at)).toMatchObject({
      allowed: false,
      unknown: ["r"],
    });
    expect(accessRules([{ ...role, permissions: given }], [], ancestorsOf).decide(asked, at)).toMatchObject({
      allowed: true,
      conditional: ["r"],
    });
  });
});

describe("wildcards", () => {
  test("cover what a regular expression of the same meaning covers", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "/", ".") });
    const pattern = fc.string({ unit: fc.constantFrom("a", "b", "/", ".", "*", "?") });
    fc.assert(
      fc.property(pattern, text, fc.boolean(), (glob, value, single) => {
        const source = glob
          .split("")
          .map((it) => (it === "*" ? ".*" : it === "?" ? (single ? "." : String.raw`\?`) : `\\${it}`))
          .join("")
          .replaceAll(/\\([ab])/g, "$1");
        expect(wildcardCovers(glob, value, single)).toBe(new RegExp(`^${source}$`, "s").test(value));
      }),
      { numRuns: 2_000 },
    );
  });

  test("a pattern of many stars is no slower than both lengths multiplied", () => {
    const pattern = `${"*a".repeat(2_000)}b`;
    expect(wildcardCovers(pattern, "a".repeat(20_000))).toBe(false);
  });
});
