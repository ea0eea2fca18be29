import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { CallerName } from "../../local/run/tenant-talk.ts";
import type { AppRole } from "../../src/access/caller.ts";
import { OPERATIONS } from "../../src/api/openapi.ts";
import { type Stage, stage } from "./case-driver.ts";

let on: Stage;
beforeAll(async () => {
  on = await stage("small");
});
afterAll(() => on[Symbol.asyncDispose]());

const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  code: z.string(),
  detail: z.string(),
});
const SOME_CASE = `case-${"0".repeat(20)}`;
const guarded = OPERATIONS.filter(({ role }) => role !== null);
const at = (path: string) => `${on.house.api}${path.replace("{id}", SOME_CASE)}`;

function rolesIn(token: string): readonly string[] {
  const payload: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  return z.object({ roles: z.array(z.string()).default([]) }).parse(payload).roles;
}

async function ask(path: string, method: string, authorization?: string) {
  const response = await fetch(at(path), {
    method: method.toUpperCase(),
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      "content-type": "application/json",
    },
    ...(method === "post" ? { body: "{" } : {}),
  });
  return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
}

describe.each(guarded)("$method $path", ({ method, path, role }) => {
  test.each([
    ["no token", undefined],
    ["no bearer token", "Basic dXNlcjpwYXNz"],
    ["no JWT", "Bearer abc"],
    [
      "an unsigned one",
      `Bearer ${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from('{"roles":["Case.Open"]}').toString("base64url")}.`,
    ],
  ])("is closed to %s", async (_, authorization) => {
    const answer = await ask(path, method, authorization);
    expect([answer.status, answer.type]).toEqual([401, "application/problem+json"]);
    expect(Problem.parse(JSON.parse(answer.text))).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
  });

  test.each<CallerName>(["playbook", "responder", "approver", "reader"])(
    "asks %s for the role",
    async (caller) => {
      const { token } = on.house.callers[caller];
      const answer = await ask(path, method, `Bearer ${token}`);
      const has = role !== null && rolesIn(token).includes(role satisfies AppRole);
      // Whoever may come in gets as far as the body that is no JSON, the case that is not there, or the list.
      if (has) expect(answer.status, answer.text).not.toBe(403);
      else
        expect(Problem.parse(JSON.parse(answer.text))).toMatchObject({ status: 403, code: "ROLE_MISSING" });
    },
  );

  test("is closed to a token that expired, and to one for another API", async () => {
    const { expired, forAnother } = on.house.unwelcome;
    for (const [token, why] of [
      [expired, "ERR_JWT_EXPIRED"],
      [forAnother, "ERR_JWT_CLAIM_VALIDATION_FAILED"],
    ] as const) {
      const answer = await ask(path, method, `Bearer ${token}`);
      expect(answer.status, why).toBe(401);
      expect(Problem.parse(JSON.parse(answer.text)).detail).toContain(why);
    }
  });

  test("is closed to a token whose signature was changed", async () => {
    const { token } = on.house.callers.responder;
    const forged = `${token.slice(0, -8)}${token.endsWith("AAAAAAAA") ? "BBBBBBBB" : "AAAAAAAA"}`;
    expect((await ask(path, method, `Bearer ${forged}`)).status).toBe(401);
  });
});

test("only health and the description of the API are open, and neither says an id", async () => {
  expect(OPERATIONS.filter(({ role }) => role === null).map(({ path }) => path)).toEqual([
    "/health",
    "/openapi.json",
  ]);
  const health = await fetch(at("/health"));
  expect(health.status).toBe(200);
  expect(await health.text()).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}/);
  const described: unknown = await (await fetch(at("/openapi.json"))).json();
  const paths = z
    .object({ openapi: z.string(), paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
    .parse(described);
  expect(Object.keys(paths.paths).toSorted()).toEqual(
    [...new Set(OPERATIONS.map(({ path }) => path))].toSorted(),
  );
});

test.each([
  "case-",
  "..",
  "%2e%2e%2fcases",
  "case-0000000000000000000' or '1' eq '1",
  `case-${"0".repeat(5_000)}`,
  "case-%00",
  "CASE-00000000000000000000",
])("the id %s is no case, whatever it looks like", async (id) => {
  const answer = await on.call("reader", "GET", `/cases/${encodeURIComponent(id)}`);
  expect(answer.status).toBe(404);
  expect(answer.text).not.toContain("1' eq");
});

test("bodies that do not fit are refused with everything that is wrong with them", async () => {
  const answer = await on.call("responder", "POST", "/cases", { subjects: [], mode: "destroy", extra: 1 });
  expect(answer.status).toBe(422);
  const { problems } = z.object({ problems: z.array(z.string()) }).parse(answer.body);
  expect(problems.length).toBeGreaterThanOrEqual(4);
  for (const query of ["status=gone", "limit=0", "limit=1e3", "after=case-x"]) {
    expect((await on.call("reader", "GET", `/cases?${query}`)).status, query).toBe(400);
  }
  expect((await on.call("playbook", "POST", "/incidents?mode=more", on.house.alert)).status).toBe(400);
});
