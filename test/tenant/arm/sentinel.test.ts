import { describe, expect, test } from "vitest";
import { type ArmUnderTest, armWith } from "./arm-under-test.ts";

const ID = "22222222-2222-4222-8222-222222222222";
const sentinel = () =>
  armWith({
    azure: {
      resources: [
        { type: "Microsoft.OperationalInsights/workspaces", name: "law", resourceGroup: "rg-shop" },
      ],
      incidents: [
        {
          name: ID,
          workspace: "law",
          properties: { title: "Leaked secret", severity: "High", status: "New", incidentNumber: 7 },
          entities: [
            { kind: "Account", properties: { aadUserId: "x" } },
            { kind: "Ip", properties: { address: "203.0.113.50" } },
          ],
          alerts: [{ systemAlertId: "33333333-2222-4222-8222-222222222222", alertDisplayName: "leak" }],
        },
      ],
      roleAssignments: [
        { principal: "servicePrincipal.owner", role: "Microsoft Sentinel Responder", scope: "prod" },
        { principal: "servicePrincipal.reader", role: "Microsoft Sentinel Reader", scope: "prod" },
      ],
    },
  });
const incident = (arm: ArmUnderTest) =>
  `${arm.group}/providers/Microsoft.OperationalInsights/workspaces/law/providers/Microsoft.SecurityInsights/incidents/${ID}`;
const guid = (index: number) => `44444444-2222-4222-8222-${String(index).padStart(12, "0")}`;

describe("an incident", () => {
  test("carries its eTag, number and counts", () => {
    const arm = sentinel();
    const { body } = arm.ask("GET", incident(arm));
    expect(body).toMatchObject({
      name: ID,
      type: "Microsoft.SecurityInsights/Incidents",
      etag: expect.stringMatching(/^".+"$/),
      properties: { incidentNumber: 7, additionalData: { alertsCount: 1, commentsCount: 0 } },
    });
  });

  test("its entities and alerts come by POST, for readers too", () => {
    const arm = sentinel();
    expect(arm.ask("POST", `${incident(arm)}/entities`, { as: "reader" }).raw).toMatchObject({
      entities: [{ kind: "Account" }, { kind: "Ip", properties: { address: "203.0.113.50" } }],
      metaData: [
        { entityKind: "Account", count: 1 },
        { entityKind: "Ip", count: 1 },
      ],
    });
    expect(arm.ask("POST", `${incident(arm)}/alerts`, { as: "reader" }).body.value).toMatchObject([
      { kind: "SecurityAlert", properties: { alertDisplayName: "leak" } },
    ]);
  });

  test("a PUT with an old eTag is 409 and changes nothing; its number cannot be written", () => {
    const arm = sentinel();
    const body = { properties: { title: "t", severity: "Low", status: "Active", incidentNumber: 99 } };
    const etag = arm.ask("GET", incident(arm)).body["etag"];
    expect(arm.ask("PUT", incident(arm), { body: { ...body, etag: '"old"' } })).toMatchObject({
      status: 409,
      code: "Conflict",
    });
    const written = arm.ask("PUT", incident(arm), { body: { ...body, etag } });
    expect(written.body.properties).toMatchObject({ status: "Active", incidentNumber: 7 });
    expect(written.body["etag"]).not.toBe(etag);
  });

  test("cannot be closed without a classification", () => {
    const arm = sentinel();
    const closing = { title: "t", severity: "Low", status: "Closed" };
    expect(arm.ask("PUT", incident(arm), { body: { properties: closing } }).status).toBe(400);
    expect(
      arm.ask("PUT", incident(arm), { body: { properties: { ...closing, classification: "TruePositive" } } })
        .status,
    ).toBe(200);
  });

  test("a Sentinel Reader may not write it", () => {
    const arm = sentinel();
    expect(
      arm.ask("PUT", `${incident(arm)}/comments/${guid(1)}`, {
        as: "reader",
        body: { properties: { message: "x" } },
      }),
    ).toMatchObject({
      status: 403,
      message: expect.stringContaining("Microsoft.SecurityInsights/incidents/comments/write"),
    });
  });
});

describe("comments and tasks", () => {
  const comment = (arm: ArmUnderTest, index: number, message: string) =>
    arm.ask("PUT", `${incident(arm)}/comments/${guid(index)}`, { body: { properties: { message } } });

  test("the same GUID again is the same comment", () => {
    const arm = sentinel();
    expect(comment(arm, 1, "first").status).toBe(201);
    expect(comment(arm, 1, "again").status).toBe(200);
    expect(arm.ask("GET", `${incident(arm)}/comments`).body.value).toMatchObject([
      { properties: { message: "again" } },
    ]);
  });

  test("30,000 characters fit, 30,001 do not", () => {
    const arm = sentinel();
    expect(comment(arm, 1, "x".repeat(30_000)).status).toBe(201);
    expect(comment(arm, 2, "x".repeat(30_001)).status).toBe(400);
  });

  test("an incident takes 100 comments", () => {
    const arm = sentinel();
    for (let index = 0; index < 100; index += 1) expect(comment(arm, index, "x").status).toBe(201);
    expect(comment(arm, 100, "x").status).toBe(400);
    expect(comment(arm, 99, "still the same one").status).toBe(200);
  });

  test("a task's description takes 3,000 characters, its status New or Completed", () => {
    const arm = sentinel();
    const task = (description: string, status = "New") =>
      arm.ask("PUT", `${incident(arm)}/tasks/${guid(1)}`, {
        apiVersion: "2024-03-01",
        body: { properties: { title: "Rotate", description, status } },
      }).status;
    expect(task("x".repeat(3_000))).toBe(201);
    expect(task("x".repeat(3_001))).toBe(400);
    expect(task("x", "Done")).toBe(400);
    expect(task("x", "Completed")).toBe(200);
  });
});
