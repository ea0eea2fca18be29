import { expect, test } from "vitest";
import { PRODUCT, productAzure, productDirectory } from "../../local/tenant/scenario/product.ts";
import { STEPS } from "../../src/steps/steps.ts";

const actor = `identity.${PRODUCT.actor}`;

test("the local actor holds every Graph permission that a step needs", () => {
  const held = productDirectory()
    .appRoleAssignments.filter(({ principal }) => principal === actor)
    .flatMap(({ roles }) => roles);
  const needed = STEPS.flatMap(({ needs }) =>
    needs.flatMap((it) => (it.api === "graph" ? [it.permission] : [])),
  );
  expect(needed.filter((it) => !held.includes(it))).toEqual([]);
});

test("and every action and data action", () => {
  const [role] = productAzure("tenant", "subscription").roleDefinitions;
  const covers = (patterns: readonly string[], action: string) =>
    patterns.some((it) =>
      new RegExp(`^${it.replaceAll(".", "\\.").replaceAll("*", ".*")}$`, "i").test(action),
    );
  const lacking = STEPS.flatMap(({ kind, needs }) =>
    needs.flatMap((it) => {
      if (it.api === "azure" && !covers(role?.actions ?? [], it.action)) return [`${kind}: ${it.action}`];
      if (it.api === "key-vault" && !covers(role?.dataActions ?? [], it.dataAction))
        return [`${kind}: ${it.dataAction}`];
      return [];
    }),
  );
  expect(lacking).toEqual([]);
});
