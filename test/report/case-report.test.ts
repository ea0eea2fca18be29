import { expect, test } from "vitest";
import { planFor } from "../plan/planned-from.ts";
import { aPassword, aPrincipal, aScope, aScoped } from "../plan/planned-from.ts";
import type { NewEntry } from "../../src/record/entry.ts";
import { BY_SYSTEM, outcomeEntry } from "../../src/respond/journal.ts";
import { caseReport } from "../../src/report/case-report.ts";
import { htmlReport } from "../../src/report/html-report.ts";
import { incidentComment, incidentTasks } from "../../src/report/incident-note.ts";
import { markdownReport } from "../../src/report/markdown-report.ts";
import { adaptiveMessage, notificationOf, slackMessage } from "../../src/report/notification.ts";
import { reachGraph } from "../../src/report/reach-graph.ts";
import { HOSTILE, largeCase, stepCount } from "./large-case.ts";
import { recorded, type Telling, toldCase } from "./told-case.ts";

function aCase(telling: Telling = {}) {
  const deploy = aPrincipal("deploy");
  const scope = aScope([
    aScoped(deploy, { passwords: [aPassword(deploy.applicationObjectId ?? "", "leaked")] }),
  ]);
  return toldCase(scope, planFor(scope), telling);
}

test("a contained case says so first, and that nothing is open", async () => {
  const report = caseReport(await aCase());
  expect(report.verdict).toMatchObject({ tone: "good", headline: "Contained" });
  expect(report.gaps).toEqual([]);
  expect(report.personActions).toEqual([]);
});

test("a step that fresh reads do not confirm is a gap, a thing for a person, and never contained", async () => {
  const report = caseReport(await aCase({ gap: (_, index) => index === 0 }));
  expect(report.verdict).toMatchObject({ tone: "warning", headline: "Contained, with gaps" });
  expect(report.gaps).toHaveLength(1);
  expect(report.gaps[0]).toContain("still there");
  expect(report.personActions.map(({ title }) => title)).toEqual([
    `Close the gap: ${report.steps[0]?.title ?? ""}`,
  ]);
});

test("a step that came to nothing and that a later plan does without is not counted as one to make", async () => {
  const told = await aCase();
  const [made] = told.plans;
  const [wave] = made?.plan.waves ?? [];
  const [step] = wave?.steps ?? [];
  if (made === undefined || wave === undefined || step === undefined) throw new TypeError("no step");
  const tried = { ...step, id: "tried", title: "Rotate what nobody issued" };
  const first = { digest: "first", plan: { ...made.plan, waves: [{ ...wave, steps: [tried] }] } };
  const inVain: NewEntry = outcomeEntry("first", tried, 1, {
    kind: "needs-person",
    reason: "nobody is known who issued it",
    action: "Rotate it by hand",
  });
  const [outcome] = await recorded(told.caseId, [["2026-11-20T12:00:04.000Z", [inVain]]]);
  if (outcome === undefined) throw new TypeError("nothing was recorded");
  const report = caseReport({ ...told, plans: [first, made], entries: [outcome, ...told.entries] });
  expect(report.steps.map(({ title }) => title)).toContain(tried.title);
  expect(report.verdict.sentences[0]).toBe(caseReport(told).verdict.sentences[0]);
});

test("what the watch finds after the containment turns the verdict and reopens the step", async () => {
  const told = await aCase();
  const step = told.plans[0]?.plan.waves[0]?.steps[0];
  const finding: NewEntry = {
    id: "finding",
    type: "watch-finding",
    actor: BY_SYSTEM("watch"),
    data: {
      findingId: "1",
      kind: "re-enabled",
      target: {},
      title: "Back",
      stepId: step?.id ?? "",
      evidence: [],
    },
  };
  const [later] = await recorded(told.caseId, [["2026-11-21T00:00:00.000Z", [finding]]]);
  if (later === undefined) throw new TypeError("nothing was recorded");
  const entries = [...told.entries, { ...later, seq: told.entries.length + 1 }];
  const report = caseReport({ ...told, entries });
  expect(report.verdict).toMatchObject({ tone: "bad", headline: "The attacker is back" });
  expect(report.gaps).toEqual([`${step?.title ?? ""}: came back at 2026-11-21T00:00:00.000Z`]);
});

test("the same record gives the same bytes, and storing the report changes nothing in it", async () => {
  const told = await largeCase(60, 30);
  const written = () => {
    const report = caseReport(structuredClone(told));
    return [htmlReport(report), markdownReport(report), JSON.stringify(report)];
  };
  expect(written()).toEqual(written());
  const stored: NewEntry = {
    id: "report",
    type: "report",
    actor: BY_SYSTEM("report"),
    data: { documents: [{ blob: "report.html", sha256: "00" }] },
  };
  const [entry] = await recorded(told.caseId, [["2026-11-21T00:00:00.000Z", [stored]]]);
  if (entry === undefined) throw new TypeError("nothing was recorded");
  const again = caseReport({ ...told, entries: [...told.entries, entry] });
  expect(htmlReport(again)).toBe(written()[0]);
});

test("hostile names leave no tag, link, address or control character in any form", async () => {
  const report = caseReport(await largeCase(60, 30));
  const page = htmlReport(report);
  expect(page).not.toMatch(/<(?:script|img|b)\b/i);
  expect(page).not.toMatch(/<[^>]*\son\w+=/i);
  expect(page).not.toMatch(/\s(?:src|href)="(?!#)/);
  const markdown = markdownReport(report);
  for (const text of [page, markdown]) expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
  expect(markdown).not.toMatch(/<script|<img|<b>/);
  const prose = markdown.replaceAll(/(`+)[^`].*?\1/g, "");
  expect(prose).not.toContain("](javascript");
  expect(prose).not.toMatch(/https?:\/\/evil/);
  const rows = markdown.split("\n").filter((line) => line.startsWith("| ") && line.includes("subscription"));
  for (const row of rows) expect(row.split(/(?<!\\)\|/).length).toBeGreaterThan(3);
});

test("a picture of 500 reachable things stays a picture, and one of five shows all five", async () => {
  const large = reachGraph(caseReport(await largeCase(500, 6)));
  expect(large.nodes.length).toBeLessThanOrEqual(44);
  const shown = large.nodes.filter(({ id }) => id.startsWith("g ") || id.startsWith("t "));
  expect(shown.reduce((sum, { holds }) => sum + holds, 0)).toBe(500);
  const small = reachGraph(caseReport(await largeCase(5, 6)));
  expect(small.nodes.filter(({ id }) => id.startsWith("t "))).toHaveLength(5);
});

test("a comment on 300 steps fits Sentinel's limit, says that it was cut, and holds the record's head", async () => {
  const told = await largeCase(300, 294);
  expect(stepCount(told)).toBeGreaterThanOrEqual(300);
  const report = caseReport(told);
  const comment = incidentComment(report, "https://tourniquet.example/api/cases/case-1/report.html");
  expect(comment.length).toBeLessThanOrEqual(30_000);
  expect(comment).toContain(report.record.head);
  expect(comment).toMatch(/more lines: see the report\.$/);
  expect(comment).not.toMatch(/<script|<img|\]\(javascript/);
  const tasks = incidentTasks(report);
  expect(tasks.length).toBeGreaterThan(0);
  expect(tasks.length).toBeLessThanOrEqual(40);
  for (const { title, description } of tasks) {
    expect(title.length).toBeLessThanOrEqual(150);
    expect(description.length).toBeLessThanOrEqual(3_000);
  }
});

test("a notification's card has hostile text in text runs only, and a link that is ours", async () => {
  const report = caseReport(await largeCase(20, 12));
  const notification = notificationOf("n1", "decision-needed", report, "https://tourniquet.example/");
  const card = JSON.stringify(adaptiveMessage(notification));
  expect(card).not.toMatch(/"type":"(?:TextBlock|FactSet)"/);
  expect(card).toContain("https://tourniquet.example/api/cases/case-1/plan");
  expect(notification.headline).toBe("A decision is needed");
  expect(JSON.stringify(slackMessage(notification))).not.toContain("mrkdwn");
  expect(HOSTILE.length).toBe(report.principals.length);
});

test("what was within reach before the cuts is still told after them", async () => {
  const told = await largeCase(20, 6);
  const [before] = told.scopes;
  if (before === undefined) throw new TypeError("the case has no scope");
  const after = {
    ...before,
    reach: before.reach.slice(0, 1).map((it) => ({ ...it, evidence: "reachable" as const })),
  };
  expect(caseReport({ ...told, scopes: [before, after] }).reach).toEqual(before.reach);
});
