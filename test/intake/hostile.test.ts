import { describe, expect, test } from "vitest";
import { readAlert } from "../../src/intake/read-alert.ts";
import { bodyOf, FIXTURES, NOW, onlyIntake, read } from "./sample-alerts.ts";

const A = "a1111111-1111-4111-8111-111111111111";
const refused = { kind: "refused", code: "HOSTILE_BODY" };
const account = { Type: "account", AadUserId: A };

describe("bodies that would cost too much or poison objects are refused before they are read", () => {
  test.each([
    ["ten megabytes in one string", () => JSON.stringify({ SystemAlertId: "x".repeat(10_000_000) })],
    ["a million brackets", () => "[".repeat(1_000_000)],
    ["objects nested a hundred thousand deep", () => `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`],
    ["a million numbers", () => `[${"1,".repeat(999_999)}1]`],
    ["a hundred thousand nulls and one", () => `[${"null,".repeat(100_000)}null]`],
    ["__proto__", () => '{"objectSchemaType":"Incident","__proto__":{"admin":true}}'],
    ["an escaped __proto__", () => '{"a":[{"\\u005f_proto__":1}]}'],
    ["constructor", () => '{"constructor":{"prototype":{"admin":true}}}'],
    ["a polluting key in one of many lines", () => '{"a":1}\n{"__proto__":{}}\n'],
  ])("%s", (_, text) => {
    expect(readAlert(text(), NOW)).toMatchObject(refused);
    expect(Reflect.get({}, "admin")).toBeUndefined();
  });

  test.each(["", " ", "nonsense", "{", '{"a":1}}', "{}{}", "\u0000", '{"a":1}\nnonsense'])(
    "%j is no JSON",
    (text) => {
      expect(readAlert(text, NOW)).toMatchObject({ kind: "refused", code: "MALFORMED" });
    },
  );
});

describe("JSON inside strings is held to the same limits", () => {
  const entities = (text: string) => read({ SystemAlertId: "1", Entities: text });

  test("what is harmless is opened", () => {
    expect(entities(JSON.stringify([account]))).toMatchObject({ kind: "cases" });
  });

  test.each([
    ["too deep", `${"[".repeat(100)}${JSON.stringify(account)}${"]".repeat(100)}`],
    ["polluting", `[{"__proto__":{}},${JSON.stringify(account)}]`],
    ["too many", `[${"1,".repeat(100_001)}${JSON.stringify(account)}]`],
    ["strings in strings in strings in strings", nested([account], 5)],
  ])("what is %s stays a string, and so names nobody", (_, text) => {
    expect(entities(text)).toMatchObject({ kind: "refused", code: "NO_SUBJECT" });
  });

  test("thousands of large strings are not opened for ever", () => {
    const large = JSON.stringify([account, "x".repeat(30_000)]);
    const Entities = Array.from({ length: 100 }, (_, index) => ({
      Type: "account",
      Roles: `${large} `,
      at: index,
    }));
    expect(read({ SystemAlertId: "1", Entities: [...Entities, account] }).kind).toBe("cases");
  });
});

describe("what is let in is kept small", () => {
  test("a flood of claims is cut to suspects first, and said to be", () => {
    const id = (index: number) => `${String(index).padStart(8, "0")}-1111-4111-8111-111111111111`;
    const Entities = Array.from({ length: 5_000 }, (_, index) => ({ Type: "account", AadUserId: id(index) }));
    const intake = onlyIntake({
      SystemAlertId: "1",
      Entities: [...Entities, { ...account, Roles: ["Attacker"] }],
    });
    expect(intake.subjects).toHaveLength(200);
    expect(intake.subjects[0]).toMatchObject({ value: A, role: "suspect" });
    expect(intake.unread).toContain("4801 more claims");
  });

  test("long keys, titles, ids and names do not make long intakes", () => {
    const long = "k".repeat(3_000);
    const intake = onlyIntake({
      SystemAlertId: long,
      AlertDisplayName: `a\u0000\n\u2028${long}`,
      Entities: Array.from({ length: 150 }, (_, index) => ({
        Type: "account",
        properties: { Name: `${index} ${long}` },
        [long]: 1,
      })).concat(Array.from({ length: 300 }, () => ({ Type: long, properties: { Name: "" }, [long]: 1 }))),
    });
    expect(JSON.stringify(intake).length).toBeLessThan(120_000);
    expect(intake.title).toMatch(/^a k{298}…$/);
    expect(intake.unread.at(-1)).toMatch(/^and \d+ more$/);
  });

  test("wide objects and texts made to slow patterns down are read in the end", () => {
    const wide = Object.fromEntries(Array.from({ length: 90_000 }, (_, index) => [`k e y ${index}`, 1]));
    expect(read(wide).kind).toBe("unrecognised");
    const slow = [
      "a ".repeat(500_000),
      "//".repeat(500_000),
      `${"a.".repeat(300_000)}@`,
      "-".repeat(900_000),
    ];
    for (const text of slow) {
      expect(read([{ RuleID: "azure", File: text, Match: text, Secret: text }]).kind).toBe("cases");
      read({
        SystemAlertId: "1",
        AzureResourceId: text,
        Entities: [{ Type: "account", Name: text, UPNSuffix: text }],
      });
    }
    expect(read(Array.from({ length: 30_000 }, () => ({ a: 1 }))).kind).toBe("unrecognised");
  });
});

describe("a body that is none of the kinds", () => {
  test("is answered with what was looked for and what was found, keys only", () => {
    const result = read({ Hello: "a secret", world: { password: "another" } });
    expect(result).toMatchObject({ kind: "unrecognised", found: ["Hello", "world"] });
    if (result.kind !== "unrecognised") throw new TypeError(result.kind);
    expect(result.lookedFor).toHaveLength(10);
    expect(JSON.stringify(result)).not.toContain('secret"');
    expect(JSON.stringify(result)).not.toContain("another");
  });

  test.each([
    [[], ["an empty list"]],
    ["text", ["no object"]],
    [null, ["no object"]],
    [7, ["no object"]],
    [[{ a: 1 }], ["[0].a"]],
  ])("%j", (body, found) => {
    expect(read(body)).toMatchObject({ kind: "unrecognised", found });
  });
});

describe("leaked values", () => {
  const canary = `cAn8Q~${"aryCANARY.".repeat(4).slice(0, 34)}`;

  /** The canary wherever a sender may put a secret, whole and within other text. */
  function poisoned(value: unknown, key = ""): unknown {
    if (Array.isArray(value)) return value.map((it) => poisoned(it, key));
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([name, it]) => [name, poisoned(it, name)]));
    }
    if (typeof value !== "string") return value;
    if (/^(secret|raw)$/i.test(key)) return canary;
    if (/^(match|rawv2)$/i.test(key)) return `${value} ${canary}`;
    if (/^(file|repository|html_url|message|description|redacted|email)$/i.test(key)) {
      return `${value}?token=${canary}#${canary}`;
    }
    return value;
  }

  test.each(["github-secret-scanning", "gitleaks", "trufflehog"])("of %s are dropped at the edge", (name) => {
    const body = poisoned(bodyOf(name));
    expect(JSON.stringify(body)).toContain(canary);
    const result = read(body);
    expect(result.kind).toBe("cases");
    const kept = JSON.stringify(result);
    for (let at = 0; at + 4 <= canary.length; at++) expect(kept).not.toContain(canary.slice(at, at + 4));
    expect(kept).toContain('"hint":"cAn"');
  });

  test("are in no refusal either, whatever else is wrong with the body", () => {
    const secret = { Secret: canary, Raw: canary, secret: canary };
    for (const body of [
      { ...secret },
      [{ ...secret, RuleID: "aws", File: "f" }],
      { ...secret, DetectorName: "AWS", SourceMetadata: {} },
      { alert: { ...secret, secret_type: "aws", html_url: "https://x" } },
    ]) {
      expect(JSON.stringify(read(body))).not.toContain("CANARY");
    }
    expect(JSON.stringify(readAlert(`{"Secret":"${canary}"`, NOW))).not.toContain("CANARY");
  });

  test("of another place's address are dropped too", () => {
    const intake = onlyIntake(bodyOf("trufflehog"));
    expect(JSON.stringify(intake)).toContain("https://github.com/contoso/shop.git");
    expect(JSON.stringify(intake)).not.toContain("bot:");
  });
});

test("no fixture's intake is long", () => {
  for (const name of FIXTURES) expect(JSON.stringify(onlyIntake(bodyOf(name))).length).toBeLessThan(3_000);
});

function nested(value: unknown, times: number): string {
  let text = JSON.stringify(value);
  for (let left = times; left > 0; left--) text = JSON.stringify([text]);
  return text;
}
