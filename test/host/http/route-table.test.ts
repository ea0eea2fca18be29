import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodePath } from "../../../local/host/http/request-path.ts";
import { RouteTable } from "../../../local/host/http/route-table.ts";
import { parseRouteTemplate } from "../../../local/host/http/route-template.ts";

function tableOf(...templates: readonly string[]): RouteTable<string> {
  return new RouteTable(
    templates.map((template) => {
      const parsed = parseRouteTemplate(template);
      if (parsed.kind === "invalid") throw new Error(parsed.reason);
      return { segments: parsed.segments, methods: ["GET"], target: template };
    }),
  );
}

const paramsOf = (template: string, path: string): unknown => tableOf(template).match("GET", path)?.params;

test("more exact routes go first, whatever the order of registration", () => {
  const exactFirst = ["a/b", "a/{x}-{y}", "a/{n:int}", "a/{x}", "a/{*rest:alpha}", "a/{*rest}"];
  const table = tableOf(...exactFirst.toReversed());
  const targetOf = (path: string): string | undefined => table.match("GET", path)?.target;
  expect(targetOf("/a/b")).toBe("a/b");
  expect(targetOf("/a/c-d")).toBe("a/{x}-{y}");
  expect(targetOf("/a/7")).toBe("a/{n:int}");
  expect(targetOf("/a/c")).toBe("a/{x}");
  expect(targetOf("/a")).toBe("a/{*rest:alpha}");
  expect(targetOf("/a/7/8")).toBe("a/{*rest}");
});

test("an earlier segment weighs more than a later one", () => {
  expect(tableOf("{x}/b/c", "a/{y}/{z}").match("GET", "/a/b/c")?.target).toBe("a/{y}/{z}");
});

test("of equally exact routes the first registered answers", () => {
  expect(tableOf("{a}/x", "{b}/x").match("GET", "/1/x")?.target).toBe("{a}/x");
});

test.each([
  ["{x?}", "/", {}],
  ["a/{x?}", "/a", {}],
  ["a/{x?}", "/a/", {}],
  ["a/{x}", "/a", undefined],
  ["a/{x}", "/a/", undefined],
  ["a/{x}", "/a//", undefined],
  ["a/{x=1}/{y=2}", "/a", { x: "1", y: "2" }],
  ["a/{x=1}/{y=2}", "/a/7", { x: "7", y: "2" }],
  ["a/{x:int?}", "/a", {}],
  ["a/{x:int?}", "/a/b", undefined],
  ["a/{*rest}", "/a/b/", { rest: "b/" }],
  ["a/{**rest}", "/a/b//c", { rest: "b//c" }],
  ["a/{*rest=all}", "/a", { rest: "all" }],
  ["v{major:int}.{minor:int}", "/V1.2", { major: "1", minor: "2" }],
  ["v{major:int}.{minor:int}", "/v1.x", undefined],
  ["{name}.{extension?}", "/readme", { name: "readme" }],
  ["{name}.{extension?}", "/readme.md", { name: "readme", extension: "md" }],
  ["{{x}}/{y}", "/{x}/1", { y: "1" }],
  ["{path:regex(^a/b$)}", "/a", undefined],
])("template %s on %s gives %j", (template, path, params) => {
  expect(paramsOf(template, path)).toEqual(params);
});

test.each([
  ["int", ["0", "-5", "+7", "2147483647"], ["", "1.5", "2147483648", "x"]],
  ["long", ["9223372036854775807"], ["9223372036854775808", "1e3"]],
  ["bool", ["true", "FALSE"], ["1", "yes"]],
  ["decimal", ["1.5", "-1,000.25", ".5"], ["1e3", "x"]],
  ["double", ["1.5", "1e3", "-.5"], ["x", "1e"]],
  ["float", ["1.5E-2"], ["--1"]],
  ["datetime", ["2026-11-22", "2026-11-22T05:00:00Z"], ["2026-13-40", "soon"]],
  ["alpha", ["abcXYZ"], ["ab1", "ž"]],
  ["guid", ["7c1e8e0e000040008000000000000001", "{7c1e8e0e-0000-4000-8000-000000000001}"], ["7c1e"]],
  ["minlength(3)", ["abc", "abcd"], ["ab"]],
  ["maxlength(3)", ["abc"], ["abcd"]],
  ["length(3)", ["abc"], ["ab", "abcd"]],
  ["length(2,3)", ["ab", "abc"], ["a", "abcd"]],
  ["min(5)", ["5", "6"], ["4", "x"]],
  ["max(5)", ["5", "-1"], ["6", "x"]],
  ["range(1,3)", ["1", "3"], ["0", "4"]],
  ["regex(^a|b$)", ["Ax", "xb"], ["x"]],
  ["required", ["x"], []],
  ["nonfile", ["a"], ["a.txt"]],
  ["file", ["a.txt"], ["a", "a."]],
])("constraint %s", (constraint, fitting, unfitting) => {
  const table = tableOf(`{v:${constraint}}`);
  const matches = (value: string): boolean => table.match("GET", `/${value}`) !== undefined;
  expect(fitting.filter((it) => !matches(it))).toEqual([]);
  expect(unfitting.filter(matches)).toEqual([]);
});

test.each([
  ["{x:nosuch}", /nosuch/],
  ["{x:length()}", /length/],
  ["{x", /never closed/],
  ["x}", /never opened/],
  ["{x}/{X}", /twice/],
  ["{*x}/y", /not the last/],
  ["{x?}.y", /only the last/],
  ["{a}-{x?}", /after a period/],
  ["{a}.{x?}/z", /not at the end/],
  ["{x}{y}", /side by side/],
  ["a//b", /slashes/],
  ["{x?=1}", /no parameter name|makes no sense|optional/],
  ["{}", /parameter name/],
  ["{x:regex(})}", /closed|never|sense|resolved/],
])("template %s is refused with a reason", (template, reason) => {
  expect(parseRouteTemplate(template)).toMatchObject({
    kind: "invalid",
    reason: expect.stringMatching(reason),
  });
});

const segment = fc.string({ minLength: 1, unit: "grapheme" }).filter((it) => {
  return !/[/\\]|^\.{1,2}$/.test(it) && it.isWellFormed();
});

test("what was encoded into a parameter comes out again", () => {
  fc.assert(
    fc.property(segment, (value) => {
      const path = decodePath(`/a/${encodeURIComponent(value)}`);
      expect(paramsOf("a/{value}", path)).toEqual({ value });
    }),
  );
});

test("no path makes matching throw, and decoding adds no slash", () => {
  const table = tableOf("a/{x:int?}", "{a}.{b}/{*rest}", "{**all}");
  const raw = fc.array(fc.constantFrom("/", "%2f", "%2F", "..", ".", "%", "%ff", "a", "%41"));
  fc.assert(
    fc.property(raw, (parts) => {
      const path = `/${parts.join("")}`;
      const decoded = decodePath(path);
      expect(decoded.split("/").length).toBeLessThanOrEqual(path.split("/").length + 1);
      table.match("GET", decoded);
    }),
  );
});
