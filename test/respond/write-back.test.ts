import { z } from "zod";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { PRODUCT } from "../../local/tenant/scenario/product.ts";
import { type Azure, azureWith } from "../../src/azure/azure.ts";
import { type CaseReport, caseReport } from "../../src/report/case-report.ts";
import { changedIncident, writeBack } from "../../src/respond/write-back.ts";
import { planFor } from "../plan/planned-from.ts";
import { aPassword, aPrincipal, aScope, aScoped } from "../plan/planned-from.ts";
import { toldCase } from "../report/told-case.ts";
import { identityIn, readTenant, type ReadTenant } from "../scope/tenant-reader.ts";

const QUIET = { closeIncident: false, raiseSeverity: false };
const API = "2024-03-01";
const Notes = z.object({
  name: z.string(),
  properties: z.object({ message: z.string().optional(), status: z.string().optional() }),
});
const Marked = z.object({
  properties: z.object({
    severity: z.string(),
    status: z.string(),
    labels: z.array(z.object({ labelName: z.string() })),
  }),
});

let read: ReadTenant;
let actor: Azure;
let incidentId: string;
let gaps: CaseReport;
let contained: CaseReport;
beforeAll(async () => {
  read = await readTenant({ scenario: "war-story" });
  actor = azureWith(identityIn(read.tenant, PRODUCT.actor));
  const incident = [...read.tenant.state.azure.incidentDetails.keys()][0];
  if (incident === undefined) throw new TypeError("the scenario has no incident");
  incidentId = incident;
  const deploy = aPrincipal("deploy", { displayName: "<img src=x> [x](http://evil.example)" });
  const scope = aScope([aScoped(deploy, { passwords: [aPassword(deploy.applicationObjectId ?? "", "a")] })]);
  const plan = planFor(scope);
  gaps = caseReport(await toldCase(scope, plan, { gap: (_, index) => index === 0 }));
  contained = caseReport(await toldCase(scope, plan));
});
afterEach(() => read.tenant.faults.clear());
afterAll(async () => {
  await read[Symbol.asyncDispose]();
});

async function notes(kind: "comments" | "tasks") {
  const answer = await actor.arm.list(`${incidentId}/${kind}`, API, Notes);
  if (answer.kind === "failed") throw new Error(answer.failure.code);
  return answer.value;
}

async function incidentNow() {
  const answer = await actor.arm.get(incidentId, API, Marked);
  if (answer.kind === "failed") throw new Error(answer.failure.code);
  return answer.value.properties;
}

test("however often a case is written, the incident has one comment, and it is the latest", async () => {
  const before = (await notes("comments")).length;
  expect(await writeBack(actor.arm, incidentId, gaps, QUIET, null)).toMatchObject({ kind: "written" });
  expect(await writeBack(actor.arm, incidentId, gaps, QUIET, null)).toMatchObject({ kind: "written" });
  expect(await writeBack(actor.arm, incidentId, contained, QUIET, null)).toMatchObject({ kind: "written" });
  const after = await notes("comments");
  expect(after).toHaveLength(before + 1);
  const ours = after.find(({ properties }) => properties.message?.includes("Tourniquet") === true);
  expect(ours?.properties.message).toContain(contained.record.head);
  expect(ours?.properties.message).not.toMatch(/<img|\]\(http/);
});

test("an answer that is lost after the comment was taken leads to no second one", async () => {
  const before = (await notes("comments")).length;
  read.tenant.faults.next("arm", "reset", { target: "/comments/", afterEffect: true });
  const lost = await writeBack(actor.arm, incidentId, gaps, QUIET, null);
  expect(lost).toMatchObject({ kind: "failed", at: "comment", failure: { retryable: true } });
  expect(await writeBack(actor.arm, incidentId, gaps, QUIET, null)).toMatchObject({ kind: "written" });
  expect(await notes("comments")).toHaveLength(before);
});

test("a task that a person completed stays completed, and is not made again", async () => {
  await writeBack(actor.arm, incidentId, gaps, QUIET, null);
  const [task] = await notes("tasks");
  if (task === undefined) throw new TypeError("no task was written");
  await actor.arm.put(
    `${incidentId}/tasks/${task.name}`,
    API,
    { properties: { title: "done", description: "", status: "Completed" } },
    z.unknown(),
  );
  await writeBack(actor.arm, incidentId, gaps, QUIET, null);
  const tasks = await notes("tasks");
  expect(tasks.filter(({ name }) => name === task.name).map(({ properties }) => properties.status)).toEqual([
    "Completed",
  ]);
});

test("labels follow the case and leave others' alone; severity and status move only if policy says", async () => {
  const before = await incidentNow();
  await writeBack(actor.arm, incidentId, gaps, QUIET, null);
  const labelled = await incidentNow();
  expect(labelled.labels.map(({ labelName }) => labelName)).toEqual([
    ...before.labels.map(({ labelName }) => labelName).filter((it) => !it.startsWith("Tourniquet")),
    "Tourniquet",
    "Tourniquet: contained-with-gaps",
  ]);
  expect([labelled.severity, labelled.status]).toEqual([before.severity, before.status]);
  const properties = { ...labelled, severity: "Low" };
  const ended = { status: "closed", outcome: "contained" };
  expect(changedIncident({ properties }, gaps, { ...QUIET, raiseSeverity: true })?.severity).toBe("High");
  expect(changedIncident({ properties }, ended, QUIET)?.status).toBe(before.status);
  expect(changedIncident({ properties }, ended, { ...QUIET, closeIncident: true })?.status).toBe("Closed");
});

test.each([503, 429, 403] as const)(
  "an incident that answers %i is a value that says whether to try again",
  async (status) => {
    read.tenant.faults.add({ service: "arm", target: "/comments/", answer: status, times: Infinity });
    expect(await writeBack(actor.arm, incidentId, gaps, QUIET, null)).toMatchObject({
      kind: "failed",
      failure: { status, retryable: status !== 403 },
    });
  },
);
