import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ALERTS } from "../../src/intake/alerts.ts";
import { TRIGGERS } from "../../src/intake/triggers.ts";
import { parsePolicy, PLAN_ONLY, Policy, ruleOn } from "../../src/plan/policy.ts";
import { STEPS } from "../../src/steps/steps.ts";

const VOCABULARY = { stepKinds: STEPS.map(({ kind }) => kind), triggers: TRIGGERS };

test("the policy in the documentation is one, and the local one too", () => {
  const page = readFileSync("docs/policy.md", "utf8");
  const sample: unknown = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? "");
  expect(parsePolicy(sample, VOCABULARY)).toMatchObject({ kind: "policy" });
  const local: unknown = JSON.parse(readFileSync("local/run/policy.json", "utf8"));
  expect(parsePolicy(local, VOCABULARY)).toMatchObject({ kind: "policy" });
});

test("every mistake is listed, wherever it is, and the document refused as a whole", () => {
  const parsed = parsePolicy(
    {
      version: 2,
      rules: [
        { name: "a", mode: "destroy", steps: { kinds: { "delete-tenant": "automatic" } } },
        { name: "a", mode: "plan", steps: { reversible: "sometimes" } },
        {
          name: "b",
          mode: "plan",
          when: { triggers: ["sentinel-incident", "sentinel"], principalKinds: [] },
        },
        { name: "c", mode: "plan", when: { minimumSeverity: "severe", principalKinds: ["robot"] } },
        { name: "d", mode: "plan", quickCut: "always", when: { triggers: [] } },
      ],
      protected: { ids: ["ada@contoso.com"], groupIds: ["Admins"], tags: [{ name: "env", values: [] }] },
      approval: { atDeadline: "go on" },
      breakGlass: ["admin@contoso.com"],
      clusters: { apiServerRanges: ["everywhere"] },
      limits: { principalsPerHour: -1 },
      verification: { confirmations: 0 },
      protcted: {},
    },
    VOCABULARY,
  );
  if (parsed.kind !== "refused") throw new Error("it was taken");
  const listed = parsed.problems.join("\n");
  for (const where of [
    "version:",
    "rules.0.mode:",
    "rules.0.steps.kinds.delete-tenant: there is no such step",
    "rules.1.steps.reversible:",
    "rules.1.name: another rule has this name",
    "rules.1: never asked, because rules.0 matches every case",
    'rules.2.when.triggers.1: there is no trigger "sentinel", but azure-monitor-alert,',
    "rules.2.when.principalKinds:",
    "rules.3.when.minimumSeverity:",
    "rules.3.when.principalKinds.0:",
    "rules.4.quickCut:",
    "rules.4.when.triggers:",
    "protected.ids.0: neither an object id",
    "protected.groupIds.0:",
    "protected.tags.0.values:",
    "approval.atDeadline:",
    "breakGlass.0:",
    "clusters.apiServerRanges.0:",
    "limits.principalsPerHour:",
    "verification.confirmations:",
    "protcted",
  ]) {
    expect(listed).toContain(where);
  }
});

test("every alert kind there is, and a person's request, can be named as a trigger", () => {
  const triggers = [...ALERTS.map(({ name }) => name), "responder"];
  const document = { version: 1, rules: [{ name: "all", mode: "plan", when: { triggers } }] };
  expect(parsePolicy(document, VOCABULARY)).toMatchObject({ kind: "policy" });
});

test.each([null, 7, "text", [], {}])("what is no policy at all is refused: %j", (document) => {
  expect(parsePolicy(document, VOCABULARY).kind).toBe("refused");
});

describe("what rules decide", () => {
  const question = { trigger: "sentinel", severity: "medium", principalKinds: ["application"] } as const;

  test("no policy, or no rule that matches, means plan only, with no quick cut", () => {
    for (const policy of [
      PLAN_ONLY,
      Policy.parse({
        version: 1,
        rules: [{ name: "high", mode: "evict", when: { minimumSeverity: "high" } }],
      }),
    ]) {
      expect(ruleOn(policy, question)).toMatchObject({
        mode: "plan",
        quickCut: false,
        steps: { reversible: "off", irreversible: "off" },
      });
    }
  });

  test("a rule that says nothing else asks for everything and cuts nothing in a hurry", () => {
    const policy = Policy.parse({ version: 1, rules: [{ name: "bare", mode: "evict" }] });
    expect(ruleOn(policy, question)).toMatchObject({
      rule: "bare",
      quickCut: false,
      steps: { reversible: "approval", irreversible: "approval" },
    });
  });

  test("the first that matches decides, and every principal has to be of a kind it names", () => {
    const policy = Policy.parse({
      version: 1,
      rules: [
        { name: "applications", mode: "contain", when: { principalKinds: ["application"] } },
        { name: "responders", mode: "evict", when: { triggers: ["responder"] } },
        { name: "rest", mode: "observe" },
      ],
    });
    expect(ruleOn(policy, question).rule).toBe("applications");
    expect(ruleOn(policy, { ...question, principalKinds: ["application", "user"] }).rule).toBe("rest");
    expect(ruleOn(policy, { ...question, principalKinds: ["user"], trigger: "responder" }).rule).toBe(
      "responders",
    );
  });
});
