import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { actionMatches } from "../../../local/tenant/authorization/actions.ts";
import {
  ConditionSyntaxError,
  parseCondition,
} from "../../../local/tenant/authorization/condition-syntax.ts";
import { evaluateCondition } from "../../../local/tenant/authorization/conditions.ts";
import { decide, reader } from "../../../local/tenant/authorization/decide.ts";
import { armWith, TENANT_ID } from "../arm/arm-under-test.ts";

const LIST_KEYS = "Microsoft.Storage/storageAccounts/listKeys/action";
const GET_SECRET = "Microsoft.KeyVault/vaults/secrets/getSecret/action";

describe("wildcards", () => {
  test.each([
    [["*"], LIST_KEYS, true],
    [["*/read"], "Microsoft.Storage/storageAccounts/read", true],
    [["*/read"], LIST_KEYS, false],
    [["Microsoft.Authorization/*/Delete"], "microsoft.authorization/roleAssignments/delete", true],
    [["Microsoft.Storage/storageAccounts/listkeys/action"], LIST_KEYS, true],
    [["Microsoft.Storage/*"], "Microsoft.StorageX/read", false],
    [
      ["Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action"],
      "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
      true,
    ],
    [["Microsoft.KeyVault/vaults/*/read"], "Microsoft.KeyVault/vaults/read", true],
    [["Microsoft.KeyVault/vaults/*/read"], "Microsoft.KeyVault/vaults/secrets/read", true],
    [["Microsoft.KeyVault/vaults/*/read"], "Microsoft.KeyVault/vaultsread", false],
    [["Microsoft.Web/sites/*"], "Microsoft.Web/sites/slots/config/list/action", true],
  ])("%j on %s: %s", (patterns, action, expected) => {
    expect(actionMatches(patterns, action)).toBe(expected);
  });
});

describe("effective access", () => {
  test("notActions subtract within their own role only: another role may still grant the same", () => {
    const arm = armWith({
      azure: {
        roleAssignments: [
          { principal: "servicePrincipal.deploy", role: "Contributor", scope: "prod" },
          { principal: "servicePrincipal.nobody", role: "Contributor", scope: "prod" },
          { principal: "servicePrincipal.nobody", role: "User Access Administrator", scope: "prod" },
        ],
      },
    });
    const ask = (name: string) =>
      decide(arm.tenant, {
        objectId: arm.principal(name),
        action: "Microsoft.Authorization/roleAssignments/write",
        scope: arm.group,
      }).allowed;
    expect(ask("deploy")).toBe(false);
    expect(ask("nobody")).toBe(true);
  });

  test("actions give no data: Owner cannot read a secret, Key Vault Secrets User can", () => {
    const arm = armWith({
      azure: {
        roleAssignments: [
          { principal: "servicePrincipal.owner", role: "Owner", scope: "prod" },
          {
            principal: "servicePrincipal.deploy",
            role: "Key Vault Secrets User",
            scope: "prod/rg-shop/Microsoft.KeyVault/vaults/kv/secrets/db",
          },
        ],
      },
    });
    const ask = (name: string, secret: string) =>
      decide(arm.tenant, {
        objectId: arm.principal(name),
        dataAction: GET_SECRET,
        scope: `${arm.group}/providers/Microsoft.KeyVault/vaults/kv/secrets/${secret}`,
      }).allowed;
    expect(ask("owner", "db")).toBe(false);
    expect(ask("deploy", "db")).toBe(true);
    expect(ask("deploy", "other")).toBe(false);
    expect(ask("deploy", "db2")).toBe(false);
  });

  test("roles reach down from management groups and the root group, through nested groups", () => {
    const arm = armWith({
      directory: {
        applications: [{ name: "deploy" }, { name: "reader" }],
        groups: [
          { name: "inner", members: ["servicePrincipal.deploy"] },
          { name: "outer", members: ["group.inner"] },
        ],
      },
      azure: {
        managementGroups: [{ name: "corp" }, { name: "shops", parent: "corp" }],
        subscriptions: [{ name: "prod", managementGroup: "shops" }],
        roleAssignments: [
          { principal: "group.outer", role: "Contributor", scope: "managementGroup/corp" },
          { principal: "servicePrincipal.reader", role: "Reader", scope: `managementGroup/${TENANT_ID}` },
        ],
      },
    });
    const ask = (name: string, action: string) =>
      decide(arm.tenant, { objectId: arm.principal(name), action, scope: arm.group }).allowed;
    expect(ask("deploy", LIST_KEYS)).toBe(true);
    expect(ask("reader", "Microsoft.Storage/storageAccounts/read")).toBe(true);
    expect(ask("reader", LIST_KEYS)).toBe(false);
  });

  test("a group id is only as good as membership: the token's list is used where the service reads it", () => {
    const arm = armWith({
      directory: { applications: [{ name: "deploy" }], groups: [{ name: "ops" }] },
      azure: { roleAssignments: [{ principal: "group.ops", role: "Contributor", scope: "prod" }] },
    });
    const question = { objectId: arm.principal("deploy"), action: LIST_KEYS, scope: arm.group };
    expect(decide(arm.tenant, question).allowed).toBe(false);
    expect(decide(arm.tenant, { ...question, groupIds: [arm.names.guid("group", "ops")] }).allowed).toBe(
      true,
    );
  });

  test("a deny assignment wins over every role, except for those it leaves out", () => {
    const arm = armWith({
      azure: {
        roleAssignments: [
          { principal: "servicePrincipal.deploy", role: "Owner", scope: "prod" },
          { principal: "servicePrincipal.owner", role: "Owner", scope: "prod" },
        ],
        denyAssignments: [
          {
            name: "managed",
            scope: "prod/rg-shop",
            actions: ["*"],
            notActions: ["*/read"],
            principals: [{ id: "00000000-0000-0000-0000-000000000000", type: "SystemDefined" }],
            excludePrincipals: [{ id: "servicePrincipal.owner", type: "ServicePrincipal" }],
          },
        ],
      },
    });
    const ask = (name: string, action: string, scope = arm.group) =>
      decide(arm.tenant, { objectId: arm.principal(name), action, scope });
    expect(ask("deploy", LIST_KEYS)).toMatchObject({ allowed: false, because: "deny-assignment" });
    expect(ask("deploy", "Microsoft.Storage/storageAccounts/read").allowed).toBe(true);
    expect(ask("deploy", LIST_KEYS, arm.subscription).allowed).toBe(true);
    expect(ask("owner", LIST_KEYS).allowed).toBe(true);
  });

  test("the decision names the assignment that allowed it", () => {
    const arm = armWith();
    expect(
      decide(arm.tenant, { objectId: arm.principal("owner"), action: LIST_KEYS, scope: arm.group }),
    ).toMatchObject({
      allowed: true,
      because: "role-assignment",
      assignmentId: expect.stringContaining(arm.names.guid("roleAssignment", "owner")),
    });
  });
});

describe("propagation", () => {
  const PATH = "providers/Microsoft.Authorization/roleAssignments";

  test("a removed assignment is honoured until the delay is over, a new one only from then on", () => {
    const arm = armWith({ delays: { roleAssignmentInMs: 600_000 } });
    const account = `${arm.group}/providers/Microsoft.Storage/storageAccounts/st`;
    arm.ask("DELETE", `${arm.subscription}/${PATH}/${arm.names.guid("roleAssignment", "reader")}`);
    arm.ask("PUT", `${arm.subscription}/${PATH}/11111111-2222-4333-8444-555555555555`, {
      body: {
        properties: {
          roleDefinitionId: "/x/acdd72a7-3385-48ef-bd42-f606fba81ae7",
          principalId: arm.principal("deploy"),
        },
      },
    });
    const statuses = () => ["reader", "deploy"].map((as) => arm.ask("GET", account, { as }).status);
    expect(statuses()).toEqual([404, 403]);
    arm.clock.advance(599_999);
    expect(statuses()).toEqual([404, 403]);
    arm.clock.advance(1);
    expect(statuses()).toEqual([403, 404]);
  });

  test("lists show a removal at once: it is the decisions that lag", () => {
    const arm = armWith({ delays: { roleAssignmentInMs: 600_000 } });
    arm.ask("DELETE", `${arm.subscription}/${PATH}/${arm.names.guid("roleAssignment", "reader")}`);
    expect(arm.ask("GET", `${arm.subscription}/${PATH}`).body.value).toHaveLength(1);
  });
});

describe("conditions", () => {
  const facts = {
    action: GET_SECRET,
    resourceAttributes: { "Microsoft.KeyVault/vaults/secrets:name": "db" },
  };
  const only = (name: string) =>
    `((!(ActionMatches{'${GET_SECRET}'})) OR (@Resource[Microsoft.KeyVault/vaults/secrets:name] StringEquals '${name}'))`;

  test.each([
    [only("db"), true],
    [only("other"), false],
    ["@Resource[microsoft.keyvault/vaults/secrets:NAME] StringLike 'd*'", true],
    ["@Resource[Microsoft.KeyVault/vaults/secrets:name] StringNotEquals 'db'", false],
    ["@Resource[Microsoft.KeyVault/vaults/secrets:name] ForAnyOfAnyValues:StringEquals {'x', 'db'}", true],
    ["@Resource[absent:thing] StringEquals 'db'", false],
    ["NOT Exists @Resource[absent:thing]", true],
    [
      "Exists @Resource[Microsoft.KeyVault/vaults/secrets:name] AND ActionMatches{'Microsoft.KeyVault/*'}",
      true,
    ],
  ])("%s: %s", (condition, expected) => {
    expect(evaluateCondition(condition, facts)).toBe(expected);
  });

  test("only narrow: an assignment with one never grants more than without", () => {
    const arm = armWith({
      azure: {
        roleAssignments: [
          {
            principal: "servicePrincipal.deploy",
            role: "Key Vault Secrets User",
            scope: "prod",
            condition: only("db"),
          },
        ],
      },
    });
    const ask = (secret: string) =>
      decide(arm.tenant, {
        objectId: arm.principal("deploy"),
        dataAction: GET_SECRET,
        scope: `${arm.group}/providers/Microsoft.KeyVault/vaults/kv/secrets/${secret}`,
        resourceAttributes: { "Microsoft.KeyVault/vaults/secrets:name": secret },
      }).allowed;
    expect(ask("db")).toBe(true);
    expect(ask("other")).toBe(false);
  });

  test("a role with a condition of its own may hand out only the roles it names", () => {
    const arm = armWith({
      azure: {
        roleAssignments: [
          {
            principal: "servicePrincipal.deploy",
            role: "Key Vault Data Access Administrator",
            scope: "prod",
          },
        ],
      },
    });
    const put = (guid: string, role: string) =>
      arm.ask("PUT", `${arm.group}/providers/Microsoft.Authorization/roleAssignments/${guid}`, {
        as: "deploy",
        body: { properties: { roleDefinitionId: `/x/${role}`, principalId: arm.principal("nobody") } },
      }).status;
    expect(put("11111111-2222-4333-8444-555555555555", "4633458b-17de-408a-b874-0445c86b69e6")).toBe(201);
    expect(put("21111111-2222-4333-8444-555555555555", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635")).toBe(403);
  });

  test.each([
    "@Principal[x] StringEquals 'y'",
    "@Resource[x] Frobnicates 'y'",
    "(@Resource[x] StringEquals 'y'",
    "€",
  ])("%s is refused rather than guessed at", (condition) => {
    expect(() => parseCondition(condition)).toThrow(ConditionSyntaxError);
  });
});

describe("against a model that knows no short cuts", () => {
  const SCOPES = [
    "/",
    "managementGroup/corp",
    "prod",
    "prod/rg-shop",
    "prod/rg-shop/Microsoft.KeyVault/vaults/kv",
    "test",
  ];
  const ROLES = [
    "Owner",
    "Contributor",
    "Reader",
    "User Access Administrator",
    "Key Vault Secrets User",
    "Key Vault Reader",
  ];
  const PRINCIPALS = ["servicePrincipal.deploy", "servicePrincipal.nobody", "group.inner", "group.outer"];
  const ACTIONS = [
    { plane: "control", action: "Microsoft.KeyVault/vaults/read" },
    { plane: "control", action: LIST_KEYS },
    { plane: "control", action: "Microsoft.Authorization/roleAssignments/write" },
    { plane: "data", action: GET_SECRET },
  ] as const;
  /** Written out by hand, so that the model shares nothing with what it checks. */
  const GRANTS: Readonly<Record<string, readonly string[]>> = {
    Owner: ["Microsoft.KeyVault/vaults/read", LIST_KEYS, "Microsoft.Authorization/roleAssignments/write"],
    Contributor: ["Microsoft.KeyVault/vaults/read", LIST_KEYS],
    Reader: ["Microsoft.KeyVault/vaults/read"],
    "User Access Administrator": [
      "Microsoft.KeyVault/vaults/read",
      "Microsoft.Authorization/roleAssignments/write",
    ],
    "Key Vault Secrets User": [GET_SECRET],
    "Key Vault Reader": ["Microsoft.KeyVault/vaults/read"],
  };
  const ABOVE: Readonly<Record<string, readonly string[]>> = {
    "/": ["/"],
    "managementGroup/corp": ["/", "managementGroup/corp"],
    prod: ["/", "managementGroup/corp", "prod"],
    "prod/rg-shop": ["/", "managementGroup/corp", "prod", "prod/rg-shop"],
    "prod/rg-shop/Microsoft.KeyVault/vaults/kv": [
      "/",
      "managementGroup/corp",
      "prod",
      "prod/rg-shop",
      "prod/rg-shop/Microsoft.KeyVault/vaults/kv",
    ],
    test: ["/", "test"],
  };
  const IDS: Readonly<Record<string, readonly string[]>> = {
    "servicePrincipal.deploy": ["servicePrincipal.deploy", "group.inner", "group.outer"],
    "servicePrincipal.nobody": ["servicePrincipal.nobody"],
  };
  const assignment = fc.record({
    principal: fc.constantFrom(...PRINCIPALS),
    role: fc.constantFrom(...ROLES),
    scope: fc.constantFrom(...SCOPES),
  });
  const deny = fc.record({
    scope: fc.constantFrom("prod", "prod/rg-shop"),
    principal: fc.constantFrom(...PRINCIPALS),
    action: fc.constantFrom(LIST_KEYS, "*/read"),
    childrenToo: fc.boolean(),
  });

  test("decide and reader agree with it for any roles, groups, scopes and denies", () => {
    fc.assert(
      fc.property(
        fc.array(assignment, { maxLength: 6 }),
        fc.array(deny, { maxLength: 2 }),
        (assignments, denies) => {
          const unique = [...new Map(assignments.map((it) => [JSON.stringify(it), it])).values()];
          const arm = armWith({
            directory: {
              applications: [{ name: "deploy" }, { name: "nobody" }],
              groups: [
                { name: "inner", members: ["servicePrincipal.deploy"] },
                { name: "outer", members: ["group.inner"] },
              ],
            },
            azure: {
              managementGroups: [{ name: "corp" }],
              subscriptions: [{ name: "prod", managementGroup: "corp" }, { name: "test" }],
              resourceGroups: [{ name: "rg-shop" }],
              roleAssignments: unique,
              denyAssignments: denies.map((it, index) => ({
                name: `deny-${index}`,
                scope: it.scope,
                actions: [it.action],
                principals: [{ id: it.principal, type: "Group" }],
                doNotApplyToChildScopes: !it.childrenToo,
              })),
            },
          });
          const scopeIds: Readonly<Record<string, string>> = {
            "/": "/",
            "managementGroup/corp": "/providers/Microsoft.Management/managementGroups/corp",
            prod: arm.subscription,
            "prod/rg-shop": arm.group,
            "prod/rg-shop/Microsoft.KeyVault/vaults/kv": `${arm.group}/providers/Microsoft.KeyVault/vaults/kv`,
            test: `/subscriptions/${arm.names.guid("subscription", "test")}`,
          };
          for (const who of Object.keys(IDS)) {
            const held = IDS[who] ?? [];
            const mayRead = reader(arm.tenant, { objectId: arm.principal(who) });
            for (const scope of SCOPES) {
              for (const { plane, action } of ACTIONS) {
                const above = ABOVE[scope] ?? [];
                const granted = unique.some(
                  (it) =>
                    held.includes(it.principal) &&
                    above.includes(it.scope) &&
                    (GRANTS[it.role] ?? []).includes(action),
                );
                const denied =
                  plane === "control" &&
                  denies.some(
                    (it) =>
                      held.includes(it.principal) &&
                      (it.childrenToo ? above.includes(it.scope) : it.scope === scope) &&
                      (it.action === action || (it.action === "*/read" && action.endsWith("/read"))),
                  );
                const question = { objectId: arm.principal(who), scope: scopeIds[scope] ?? "" };
                const answer = decide(
                  arm.tenant,
                  plane === "control" ? { ...question, action } : { ...question, dataAction: action },
                );
                expect(answer.allowed).toBe(granted && !denied);
                if (plane === "control") expect(mayRead(action, question.scope)).toBe(granted && !denied);
              }
            }
          }
        },
      ),
      { numRuns: 150, seed: 20_261_122 },
    );
  });
});
