import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readScenario, scenarioNamesHere } from "../../../local/tenant/scenario/find.ts";
import { loadScenario } from "../../../local/tenant/scenario/load.ts";
import { scenarioNames, ScenarioTimeError } from "../../../local/tenant/scenario/names.ts";
import { ScenarioError } from "../../../local/tenant/scenario/problems.ts";

const NOW_IN_MS = Date.parse("2026-11-20T09:00:00Z");
const OPTIONS = { source: "test", seed: 1, nowInMs: NOW_IN_MS };
const MINIMAL = { name: "mine", describes: "x", tenant: { displayName: "Contoso", domain: "contoso.com" } };

function problemsOf(raw: unknown): readonly string[] {
  try {
    loadScenario(raw, OPTIONS);
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
  return [];
}

test.each(scenarioNamesHere())("%s can be played, and its truth names principals that exist", (name) => {
  const { raw } = readScenario(name);

  const { truth, alert, state, describes } = loadScenario(raw, OPTIONS);

  expect(describes.length).toBeGreaterThan(20);
  expect(alert?.body).toBeDefined();
  expect(truth?.bystanders.length).toBeGreaterThan(0);
  const ids = [
    truth?.suspect.objectId,
    ...(truth?.exposed ?? []).map((it) => it.objectId),
    ...(truth?.bystanders ?? []).map((it) => it.id),
  ];
  for (const id of ids) {
    const { servicePrincipals, users, groups } = state.directory;
    expect(servicePrincipals.get(id ?? "") ?? users.get(id ?? "") ?? groups.get(id ?? ""), id).toBeDefined();
  }
});

test("every scenario has the product's own identities in it, with their grants", () => {
  const { names, state } = loadScenario(MINIMAL, OPTIONS);

  for (const name of ["id-tourniquet-reader", "id-tourniquet-actor", "playbook-tourniquet"]) {
    expect(state.directory.servicePrincipals.get(names.guid("identity", name))?.servicePrincipalType).toBe(
      "ManagedIdentity",
    );
  }
  expect(state.vaults.vaults.get("kv-tourniquet")?.keys.has("record")).toBe(true);
});

test("all that is wrong with a file is listed at once, each with its place", () => {
  const problems = problemsOf({
    ...MINIMAL,
    name: "Not A Name",
    tenant: { displayName: "", domain: "no domain" },
    attack: { clientAddress: "nowhere", credentials: {}, capabilities: [] },
    nonsense: true,
  });

  expect(problems.map((it) => it.replace(/: .*/, ""))).toEqual([
    "name",
    "tenant.displayName",
    "tenant.domain",
    "attack.clientAddress",
    "attack.capabilities",
    "(the file)",
  ]);
});

test("a section's mistakes are listed with the section's own path", () => {
  const problems = problemsOf({
    ...MINIMAL,
    directory: { applications: [{ name: "a", secrets: [{ nam: "x" }] }] },
  });

  expect(problems.join("\n")).toContain("directory.applications[0].secrets[0]");
});

test("a reference to nothing is a mistake, and made-up ids are not", () => {
  const body = {
    known: "{{appId.Tourniquet}}",
    made: "{{id.anything}}",
    when: "{{at.-1h}}",
    wrong: "{{servicePrincipal.typo}}",
  };

  expect(problemsOf({ ...MINIMAL, alert: { format: "x", body } })).toEqual([
    "{{servicePrincipal.typo}} refers to nothing in the file",
  ]);
});

test("a history that speaks of somebody who is not there is refused", () => {
  const history = [{ what: "sign-in", at: "-1h", who: "servicePrincipal.nobody", from: "203.0.113.1" }];

  expect(problemsOf({ ...MINIMAL, history })).toEqual(["history: there is no servicePrincipal.nobody"]);
});

test("a name never reads outside the folder of scenarios, and an unknown one says which there are", () => {
  expect(() => readScenario("nope")).toThrow(/there are .*small/);
  expect(() => readScenario("../../package")).toThrow(/no such file/);
});

test("offsets are counted from now, ISO times stay, anything else is an error", () => {
  const names = scenarioNames({ scenario: "s", seed: 1, nowInMs: NOW_IN_MS });
  const at = (text: string) => names.at(text);

  expect(at("-2h")).toBe("2026-11-20T07:00:00.000Z");
  expect(at("+1.5d")).toBe("2026-11-21T21:00:00.000Z");
  expect(at("2026-01-02T03:04:05Z")).toBe("2026-01-02T03:04:05.000Z");
  expect(() => at("yesterday")).toThrow(ScenarioTimeError);
  expect(() => at("2")).toThrow(ScenarioTimeError);
});

test("names give the same ids whatever order they are asked in, and never the same for two names", () => {
  const names = () => scenarioNames({ scenario: "s", seed: 1, nowInMs: NOW_IN_MS });
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 6 }), (list) => {
      const [one, other] = [names(), names()];
      const forward = list.map((it) => one.guid("user", it));
      const backward = list.toReversed().map((it) => other.guid("user", it));
      expect(forward).toEqual(backward.toReversed());
      expect(new Set(forward).size).toBe(list.length);
    }),
  );
});

test("a crowd is added on top of the story: as many as asked, each with a principal, spread over scopes and vaults", () => {
  const { raw } = readScenario("small");
  const plain = loadScenario(raw, OPTIONS).state;

  const { state } = loadScenario(raw, {
    ...OPTIONS,
    generate: { apps: 500, assignments: 300, secrets: 200 },
  });

  expect(state.directory.applications.size - plain.directory.applications.size).toBe(500);
  expect(state.directory.servicePrincipals.size - plain.directory.servicePrincipals.size).toBe(500);
  expect(state.vaults.vaults.get("kv-shop")?.secrets.size).toBe(201);
  const ends = [...state.directory.applications.all()].flatMap((it) =>
    it.passwordCredentials.map(({ endDateTime }) => Date.parse(endDateTime)),
  );
  expect(ends.some((end) => end < NOW_IN_MS)).toBe(true);
  expect(ends.some((end) => end > NOW_IN_MS)).toBe(true);
});
