import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Need } from "../../src/steps/step.ts";
import { STEPS } from "../../src/steps/steps.ts";
import { WAVES } from "../../src/plan/waves.ts";

/** Written from the steps; `vitest run test/steps/documents.test.ts -u` writes them anew. */
test("docs/permissions.md lists what the steps need, and which of them needs it", async () => {
  await expect(permissionsPage()).toMatchFileSnapshot("../../docs/permissions.md");
});

test("docs/steps.md lists every step, when it comes, and whether it can be undone", async () => {
  await expect(stepsPage()).toMatchFileSnapshot("../../docs/steps.md");
});

test("docs/policy.md names every guardrail word and every step that is off unless named", () => {
  const page = readFileSync("docs/policy.md", "utf8");
  for (const { kind, offUnlessNamed, alwaysAsks } of STEPS) {
    if (offUnlessNamed !== null || alwaysAsks !== null) expect(page).toContain(`\`${kind}\``);
  }
});

function permissionsPage(): string {
  const needs = (api: Need["api"]) => {
    const byName = new Map<string, Set<string>>();
    for (const { kind, needs: all } of STEPS) {
      for (const need of all.filter((it) => it.api === api)) {
        const name = nameOf(need);
        byName.set(name, (byName.get(name) ?? new Set()).add(kind));
      }
    }
    return [...byName]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, kinds]) => `| \`${name}\` | ${[...kinds].toSorted().join(", ")} |`);
  };
  return `# Permissions

Tourniquet works with two identities, so that reading never needs the right to change: the **reader** looks, the **actor** cuts. Both are user-assigned managed identities. A step whose permission is missing ends as \`FORBIDDEN\`, is reported as a gap, and does not stop the others: leave out what you do not want it to be able to do.

The actor's permissions make it as powerful as a Global Administrator. Nothing but the function app may use it; guard the app, its storage and its deployment accordingly.

## The actor: Microsoft Graph

Application permissions.

| permission | for |
|---|---|
${needs("graph").join("\n")}

Disabling users who hold a directory role takes, besides, a directory role for the actor: Graph refuses it otherwise.

## The actor: Azure

Actions of a custom role, assigned where Tourniquet may cut: best at the root management group.

| action | for |
|---|---|
${needs("azure").join("\n")}

## The actor: Key Vault

Data actions, for vaults in RBAC mode. A vault in access-policy mode needs a policy for the actor.

| data action | for |
|---|---|
${needs("key-vault").join("\n")}

It signs the record with one key: \`Key Vault Crypto User\` on the vault that holds it, and no more.

## The reader

| what | for |
|---|---|
| Graph \`Application.Read.All\` | applications, service principals, their credentials, owners and federated credentials |
| Graph \`Directory.Read.All\` | consents, owned objects, objects by id |
| Graph \`User.Read.All\`, \`GroupMember.Read.All\` | users, groups and who is in them |
| Graph \`RoleManagement.Read.Directory\`, \`RoleEligibilitySchedule.Read.Directory\`, \`RoleAssignmentSchedule.Read.Directory\` | directory roles, active and eligible |
| Graph \`AuditLog.Read.All\` | sign-ins and directory audits |
| Graph \`IdentityRiskyServicePrincipal.Read.All\`, \`IdentityRiskyUser.Read.All\` | to see that a confirmed compromise was taken |
| Azure \`Reader\` | resources, roles, locks, the activity log |
| Azure \`Log Analytics Reader\` | what the suspects did |
| Azure \`Key Vault Reader\` | names of secrets, never values |
`;
}

function stepsPage(): string {
  const rows = WAVES.map(({ name, reason }) => {
    const kinds = STEPS.filter(({ wave }) => wave === name);
    return `## ${name}

${reason}

| step | can be undone | unless the policy says otherwise |
|---|---|---|
${kinds.map(row).join("\n")}
`;
  });
  return `# Steps

Everything Tourniquet can do to cut an identity off, in the order of a plan. Waves follow one another; steps of a wave run side by side, one after another on one object, and secrets of one application twenty to a request. Of role assignments those go first that can hand out roles, then those over vaults and data. Each step says in the plan why it is there and who loses what, is recorded before and after, and counts as done only when fresh reads agree.

${rows.join("\n")}`;
}

function row({ kind, irreversibleBecause, offUnlessNamed, alwaysAsks }: (typeof STEPS)[number]): string {
  const undo = irreversibleBecause === null ? "yes" : `no: ${irreversibleBecause}`;
  const ruled =
    offUnlessNamed !== null
      ? `off: ${offUnlessNamed}`
      : alwaysAsks !== null
        ? `always asks: ${alwaysAsks}`
        : "as the rule has it";
  return `| \`${kind}\` | ${undo} | ${ruled} |`;
}

function nameOf(need: Need): string {
  switch (need.api) {
    case "graph":
      return need.permission;
    case "azure":
      return need.action;
    case "key-vault":
      return need.dataAction;
    default:
      return need satisfies never;
  }
}
