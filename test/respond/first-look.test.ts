import { expect, test } from "vitest";
import type { Plan, PlannedStep } from "../../src/case/plan.ts";
import type { Planted } from "../../src/case/planted.ts";
import type { Scope } from "../../src/case/scope.ts";
import { stoodAtFirst } from "../../src/respond/first-look.ts";
import { aPrincipal, aScoped, id } from "../plan/planned-from.ts";

const deploy = aPrincipal("deploy");
const helper = aPrincipal("helper");

function aScope(
  takenAt: string,
  principals: readonly (typeof deploy)[],
  planted: readonly Planted[] = [],
): Scope {
  return {
    schema: 1,
    caseId: "case-1",
    takenAt,
    window: { from: takenAt, to: takenAt },
    principals: principals.map((it) => aScoped(it)),
    reach: [],
    activity: [],
    planted,
    obstacles: [],
    limitations: [],
  };
}

function aStep(name: string, kind: string, touches: readonly string[], target: object = {}): PlannedStep {
  return {
    id: name,
    kind,
    target: { ...target },
    title: name,
    because: [],
    permission: "automatic",
    reversible: true,
    irreversibleBecause: null,
    cost: [],
    needs: [],
    guardrails: [],
    touches,
    before: null,
  };
}

function aPlan(...steps: readonly PlannedStep[]): Plan {
  return {
    schema: 1,
    caseId: "case-1",
    mode: "evict",
    scopeDigest: "",
    policyDigest: "",
    waves: [{ name: "access", reason: "", steps }],
    personActions: [],
  };
}

const FIRST = "2026-03-01T10:00:00.000Z";
const SECOND = "2026-03-01T10:05:00.000Z";
const onDeploy = [id("deploy.sp")];
const role = aStep("role", "remove-role-assignment", onDeploy);

test("what the first plan cut stood there; what is new on the same principal did not", () => {
  const planted = aStep("planted", "delete-application-federated-credential", onDeploy);
  const stood = stoodAtFirst([
    { plan: aPlan(role), scope: aScope(FIRST, [deploy]) },
    { plan: aPlan(role, planted), scope: aScope(SECOND, [deploy]) },
  ]);
  expect([...stood]).toEqual(["role"]);
});

test("a principal that came into the case later had what it had", () => {
  const other = aStep("other", "remove-role-assignment", [id("helper.sp")]);
  const stood = stoodAtFirst([
    { plan: aPlan(role), scope: aScope(FIRST, [deploy]) },
    { plan: aPlan(other), scope: aScope(SECOND, [deploy, helper]) },
  ]);
  expect([...stood]).toEqual(["role", "other"]);
});

test("a late log that says it was made before makes it old; one that says it was made since does not", () => {
  const thing = (name: string) =>
    aStep(name, "remove-role-assignment", [id("victim")], { assignmentId: `/x/roleAssignments/${id(name)}` });
  const planted = (name: string, at: string): Planted => ({
    kind: "role-assignment",
    at,
    onId: "/x",
    onKind: "scope",
    onName: null,
    id: id(name),
    by: "unknown",
    evidence: "",
    present: true,
    detail: { kind: "noted" },
  });
  const stood = stoodAtFirst([
    { plan: aPlan(role), scope: aScope(FIRST, [deploy]) },
    {
      plan: aPlan(thing("old"), thing("new")),
      scope: aScope(
        SECOND,
        [deploy],
        [planted("old", "2026-03-01T08:00:00.000Z"), planted("new", "2026-03-01T10:01:00.000Z")],
      ),
    },
  ]);
  expect([...stood]).toEqual(["role", "old"]);
});

test("a setting that was changed comes back as it was, whenever the log of it came", () => {
  const site = aStep("site", "disable-basic-publishing", ["/sites/web"]);
  const stood = stoodAtFirst([
    { plan: aPlan(role), scope: aScope(FIRST, [deploy]) },
    { plan: aPlan(site), scope: aScope(SECOND, [deploy]) },
  ]);
  expect([...stood]).toEqual(["role", "site"]);
});
