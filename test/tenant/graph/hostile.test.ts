import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ACTOR, READER, graphUnderTest } from "./graph-under-test.ts";

const DIRECTORY = {
  applications: [{ name: "deploy", secrets: [{ name: "a" }], certificates: [{ name: "c" }] }],
};
const SEGMENTS = [
  "applications",
  "servicePrincipals",
  "users",
  "owners",
  "$ref",
  "$count",
  "delta",
  "removePassword",
  "addKey",
  "federatedIdentityCredentials",
  "(appId='x')",
  "directory",
  "deletedItems",
  "restore",
  "$batch",
];

test("whatever is asked, the answer is an answer: no path, query or body breaks the handler", () => {
  const under = graphUnderTest({ directory: DIRECTORY, throttling: "off" });
  const segment = fc.oneof(
    fc.constantFrom(...SEGMENTS, under.id("application.deploy"), under.id("servicePrincipal.deploy")),
    fc.string(),
  );
  const option = fc.tuple(
    fc.constantFrom(
      "$filter",
      "$select",
      "$expand",
      "$orderby",
      "$top",
      "$skiptoken",
      "$deltatoken",
      "$search",
      "x",
    ),
    fc.oneof(
      fc.string(),
      fc.constantFrom(
        "displayName eq 'a' and (",
        "not",
        "a/any(b:c eq 1)",
        "((((",
        "eyJvZmZzZXQiOi0xLCJhZnRlciI6IngifQ",
      ),
    ),
  );
  const body = fc.oneof(
    fc.json(),
    fc.string(),
    fc.constant('{"keyId":null}'),
    fc.constant('{"keyCredentials":[{}]}'),
  );
  fc.assert(
    fc.property(
      fc.constantFrom("GET", "POST", "PATCH", "DELETE", "PUT"),
      fc.array(segment, { maxLength: 5 }),
      fc.array(option, { maxLength: 3 }),
      body,
      (method, segments, options, payload) => {
        const query = options.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
        const path = `/v1.0/${segments.map((it) => encodeURIComponent(it)).join("/")}?${query}`;
        const answer = under.call(ACTOR, method, path, method === "GET" ? undefined : payload, {
          consistencylevel: "eventual",
        });
        expect(answer.status).toBeGreaterThanOrEqual(200);
        expect(answer.status).toBeLessThan(500);
      },
    ),
    { numRuns: 3_000 },
  );
});

test("a percent that encodes nothing, and brackets without end, are refused politely", () => {
  const under = graphUnderTest();
  expect(under.get(READER, "/applications/%zz").status).toBe(404);
  expect(under.get(READER, "/applications?%zz=1").status).toBe(400);
  const deep = `${"(".repeat(20_000)}displayName eq 'a'`;
  expect(under.get(READER, `/applications?$filter=${deep}`).status).toBe(400);
});

test("names are data: a quote, an operator or markup in one finds itself and nothing else", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 40 }).filter((it) => it.trim() !== ""),
      (name) => {
        const under = graphUnderTest({ directory: { applications: [{ name: "odd", displayName: name }] } });
        const filter = encodeURIComponent(`displayName eq '${name.replaceAll("'", "''")}'`);
        const found = under.get(READER, `/applications?$filter=${filter}`).value;
        expect(found.map(({ id }) => id)).toContain(under.id("application.odd"));
      },
    ),
    { numRuns: 200 },
  );
});
