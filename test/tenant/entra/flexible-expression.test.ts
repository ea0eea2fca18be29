import * as fc from "fast-check";
import { expect, test } from "vitest";
import { matchesExpression } from "../../../local/tenant/entra/flexible-expression.ts";

const matches = (pattern: string, sub: string) =>
  matchesExpression(`claims['sub'] matches '${pattern}'`, { sub });

test("a star is any run, a question mark one character, everything else itself", () => {
  expect(matches("repo:o/*:ref:refs/heads/main", "repo:o/r:ref:refs/heads/main")).toBe(true);
  expect(matches("repo:o/r?", "repo:o/r1")).toBe(true);
  expect(matches("repo:o/r", "repo:o/r1")).toBe(false);
  expect(matches("repo:o/r.x", "repo:o/r-x")).toBe(false);
  expect(matches("REPO:o/r", "repo:o/r")).toBe(false);
});

test("every term of an and must hold", () => {
  const expression =
    "claims['sub'] matches 'repo:o/*' and claims['job_workflow_ref'] eq 'o/w/.github/deploy.yml@refs/heads/main'";

  expect(
    matchesExpression(expression, {
      sub: "repo:o/r",
      job_workflow_ref: "o/w/.github/deploy.yml@refs/heads/main",
    }),
  ).toBe(true);
  expect(
    matchesExpression(expression, {
      sub: "repo:o/r",
      job_workflow_ref: "o/w/.github/other.yml@refs/heads/main",
    }),
  ).toBe(false);
  expect(matchesExpression(expression, { sub: "repo:o/r" })).toBe(false);
});

test("what is not modelled matches nothing", () => {
  for (const expression of [
    "",
    "claims['sub'] ne 'x'",
    "claims['sub'] matches 'x' or claims['sub'] matches 'y'",
    "true",
  ]) {
    expect(matchesExpression(expression, { sub: "x" })).toBe(false);
  }
});

test("a subject without wildcards matches itself and only itself", () => {
  const subject = fc.string().filter((it) => !/[*?']/.test(it) && !/\sand\s/.test(it));
  fc.assert(
    fc.property(subject, subject, (one, other) => {
      expect(matches(one, one)).toBe(true);
      expect(matches(one, other)).toBe(one === other);
    }),
  );
});
