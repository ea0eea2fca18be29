import { unzipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CallerName } from "../../local/run/tenant-talk.ts";
import { OPERATIONS } from "../../src/api/openapi.ts";
import { verifyRecord } from "../../src/record/verify.ts";
import { postAlert, type Stage, stage, until } from "./case-driver.ts";

let on: Stage;
let caseId: string;
beforeAll(async () => {
  on = await stage("cicd-service-connection");
  caseId = await postAlert(on);
  await until(on, caseId, ({ status }) => status === "watching");
}, 180_000);
afterAll(() => on[Symbol.asyncDispose]());

async function ask(caller: CallerName, method: "GET" | "POST", path: string, body?: object) {
  const response = await fetch(`${on.house.api}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${on.house.callers[caller].token}`,
      "content-type": "application/json",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes };
}

/** Everything that an answer says, archives unpacked. */
function saidIn({ headers, bytes }: Awaited<ReturnType<typeof ask>>): string {
  const isArchive = headers.get("content-type") === "application/zip";
  const files = isArchive ? Object.values(unzipSync(bytes)) : [bytes];
  return [JSON.stringify([...headers]), ...files.map((file) => Buffer.from(file).toString())].join("\n");
}

test("while the vault does not sign, record and export are given as they stand, and say so; afterwards both end signed", async () => {
  await on.house.weather({
    service: "key-vault",
    operation: "POST /keys/{name}/{version}/sign",
    // As good as for ever.
    times: 1_000,
    answer: 503,
  });
  // Something that is not signed yet.
  await ask("approver", "POST", `/cases/${caseId}/decision`, {
    decision: "approve",
    planDigest: "0".repeat(64),
  });
  const verdicts = async () => {
    const given = await Promise.all([
      ask("reader", "GET", `/cases/${caseId}/record`),
      ask("reader", "GET", `/cases/${caseId}/export`),
    ]);
    return Promise.all(
      given.map(async ({ status, headers, bytes }) => {
        const isArchive = headers.get("content-type") === "application/zip";
        const record = isArchive ? unzipSync(bytes)["record.ndjson"] : bytes;
        const verification = await verifyRecord(() => [record ?? Buffer.alloc(0)]);
        return {
          status,
          sealed: headers.get("x-record-sealed"),
          verdict: verification.kind === "intact" ? "intact" : verification.finding.code,
          head: headers.get("x-record-head"),
        };
      }),
    );
  };
  const [record, archive] = await verdicts();
  expect(record).toMatchObject({ status: 200, sealed: "false", verdict: "truncated" });
  expect(archive).toEqual(record);

  await on.house.weather(null);
  const [signed, signedArchive] = await verdicts();
  expect(signed).toMatchObject({ status: 200, sealed: "true", verdict: "intact" });
  expect(signedArchive).toEqual(signed);
  expect(signed?.head).not.toBe(record?.head);
});

// Whoever has one of these can end, rewind or feed the orchestration, past every role of the API.
const MANAGEMENT =
  /runtime\/webhooks|durabletask|taskHub|[?&]code=|statusQueryGetUri|sendEventPostUri|terminatePostUri/i;

test("no answer of any route holds Durable's own addresses or keys", async () => {
  const origin = new URL(on.house.api).origin;
  const own = await fetch(`${origin}/runtime/webhooks/durabletask/instances/${caseId}`);
  expect(own.status, "what must not get out is there to be found").toBeLessThan(300);

  const visits = new Map<string, () => ReturnType<typeof ask>>();
  const add = (method: "GET" | "POST", path: string, caller: CallerName, body?: object) =>
    visits.set(`${method.toLowerCase()} ${path}`, () =>
      ask(caller, method, path.replace("{id}", caseId), body),
    );
  for (const path of [
    "",
    "/{id}",
    "/{id}/scope",
    "/{id}/plan",
    "/{id}/record",
    "/{id}/export",
    "/{id}/report",
  ]) {
    add("GET", `/cases${path}`, "reader");
  }
  add("GET", "/health", "reader");
  add("GET", "/openapi.json", "reader");
  add("POST", "/incidents", "playbook", Object(on.house.alert));
  add("POST", "/cases", "responder", {
    subjects: ["00000000-0000-0000-0000-00000000000a"],
    mode: "observe",
    reason: "to see what comes back",
  });
  add("POST", "/cases/{id}/decision", "approver", { decision: "approve", planDigest: "0".repeat(64) });
  add("POST", "/cases/{id}/restore", "responder", { reason: "to see what comes back" });
  add("POST", "/cases/{id}/close", "approver", { reason: "to see what comes back" });
  expect([...visits.keys()].toSorted()).toEqual(
    OPERATIONS.map(({ method, path }) => `${method} ${path}`).toSorted(),
  );

  for (const [route, visit] of visits) {
    const answer = await visit();
    const said = saidIn(answer);
    const taken = route.startsWith("get ") ? 200 : route.endsWith("/decision") ? 409 : 202;
    expect(answer.status, `${route}: ${said}`).toBe(taken);
    expect(said, route).not.toMatch(MANAGEMENT);
    const location = answer.headers.get("location");
    if (location !== null) expect(location, route).toMatch(/^\/api\/cases\/case-[0-9a-f]{20}$/);
  }
});
