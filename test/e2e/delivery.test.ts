import { expect, test } from "vitest";
import { OpenedSchema } from "../../local/run/case-seen.ts";
import { recordOf, stage, until } from "./case-driver.ts";

test("an incident delivered a hundred times at once is one case with one record, and the next delivery meets it", async () => {
  await using on = await stage("cicd-service-connection");
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => on.call("playbook", "POST", "/incidents", on.house.alert)),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  const ids = new Set(answers.map(({ body }) => OpenedSchema.parse(body).caseId));
  expect(ids.size).toBe(1);
  const [caseId = ""] = ids;
  await until(on, caseId, ({ status }) => status === "watching");
  const again = await on.call("playbook", "POST", "/incidents", on.house.alert);
  expect(again.body).toMatchObject({ caseId, status: "watching" });

  const record = await recordOf(on, caseId);
  const count = (type: string) => record.filter((entry) => entry.type === type).length;
  expect([count("opened"), count("quick-cut"), count("delivered-again")]).toEqual([1, 1, 1]);
  const intents = record
    .filter(({ type }) => type === "intent")
    .map(({ data }) => `${String(data["stepId"])} ${String(data["planDigest"])} ${String(data["attempt"])}`);
  expect(new Set(intents).size).toBe(intents.length);
  const list = await on.call("reader", "GET", "/cases");
  expect(list.body).toMatchObject({ cases: [{ caseId }], next: null });
}, 120_000);
