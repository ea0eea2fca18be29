import { assert, constantFrom, property, string, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { Secret } from "../../src/azure/secret.ts";
import { placeIn, refill, standingAt } from "../../src/rotate/value-frame.ts";

const OLD = "aB+c/dE9==";
const NEW = "zY/x+W1234==";
const login = (password: string) => Buffer.from(`acrapp:${password}`).toString("base64");
const profile = (password: string) =>
  `<publishProfile publishMethod="MSDeploy" userName="$app" userPWD="${password}"/>`;

/** Values as they are with a credential in them. */
const KNOWN: readonly (readonly [string, (credential: string) => string])[] = [
  ["the credential alone", (it) => it],
  ["a connection string", (it) => `AccountName=st;AccountKey=${it};EndpointSuffix=core.windows.net`],
  ["a URL", (it) => `mongodb://acc:${encodeURIComponent(it)}@acc.mongo.cosmos.azure.com:10255/?ssl=true`],
  ["JSON", (it) => JSON.stringify({ a: { key: it }, b: 1 })],
  [
    "a publishing profile, which repeats it",
    (it) => `<publishData>${profile(it)}${profile(it)}</publishData>`,
  ],
  [
    "a docker configuration, which has it twice over",
    (it) => JSON.stringify({ auths: { "acrapp.azurecr.io": { password: it, auth: login(it) } } }),
  ],
  [
    "a docker configuration with nothing but the login",
    (it) => JSON.stringify({ auths: { "acrapp.azurecr.io": { auth: login(it) } } }),
  ],
];

describe("a credential that is known is replaced wherever it stands, and nothing else is", () => {
  test.for(KNOWN)("%s", ([, written]) => {
    const value = new Secret(written(OLD));
    const place = placeIn(value, [new Secret(OLD)]);
    if (place === null) throw new Error("no place");
    expect(standingAt(value, place).reveal()).toBe(OLD);
    expect(refill(value, place, new Secret(NEW)).reveal()).toBe(written(NEW));
  });

  test("whatever the credentials and the form are", () => {
    const credential = string({
      minLength: 8,
      maxLength: 40,
      unit: constantFrom(..."abcXYZ019+/=".split("")),
    });
    assert(
      property(constantFrom(...KNOWN), tuple(credential, credential), ([, written], [old, next]) => {
        const value = new Secret(written(old));
        const place = placeIn(value, [new Secret(old)]);
        if (place === null) throw new Error("no place");
        expect(refill(value, place, new Secret(next)).reveal()).toBe(written(next));
      }),
    );
  });

  test("JSON that escapes more than it must is read, and stays JSON", () => {
    const value = new Secret(`{"key":"${OLD.replaceAll("+", "\\u002B").replaceAll("/", "\\/")}"}`);
    const slashes = new Secret(`{"key":"${OLD.replaceAll("/", "\\/")}"}`);
    for (const it of [value, slashes]) {
      const place = placeIn(it, [new Secret(OLD)]);
      if (place === null) throw new Error("no place");
      expect(JSON.parse(refill(it, place, new Secret(NEW)).reveal())).toEqual({ key: NEW });
    }
    expect(placeIn(slashes, [new Secret(OLD)])).toMatchObject([{ as: "json" }]);
  });
});

describe("a password that is not known is found by its field", () => {
  const host = "pg.postgres.database.azure.com";
  test.for<readonly [string, (password: string) => string]>([
    ["ADO.NET", (it) => `Server=tcp:sql.database.windows.net;User ID=boss;Password=${it};Encrypt=True`],
    ["ADO.NET, quoted", (it) => `Server=sql;User ID=boss;Password="${it}";Encrypt=True`],
    [
      "JDBC for SQL Server",
      (it) => `jdbc:sqlserver://sql:1433;database=shop;user=boss;password=${it};encrypt=true`,
    ],
    [
      "JDBC for SQL Server, in braces",
      (it) => `jdbc:sqlserver://sql:1433;user=boss;password={${it}};encrypt=true`,
    ],
    ["JDBC for PostgreSQL", (it) => `jdbc:postgresql://${host}:5432/shop?user=boss&password=${it}&ssl=true`],
    ["libpq", (it) => `host=${host} port=5432 user=boss password=${it} sslmode=require`],
    ["libpq, quoted", (it) => `host=${host} user=boss password='${it}' sslmode=require`],
    ["a URL", (it) => `postgresql+psycopg2://boss:${it}@${host}:5432/shop?sslmode=require`],
    ["JSON", (it) => JSON.stringify({ host, username: "boss", password: it })],
  ])("%s", ([, written]) => {
    const value = new Secret(written("old-Passw0rd"));
    const place = placeIn(value, []);
    if (place === null) throw new Error("no place");
    expect(standingAt(value, place).reveal()).toBe("old-Passw0rd");
    expect(refill(value, place, new Secret("new.Passw0rd!*")).reveal()).toBe(written("new.Passw0rd!*"));
  });

  test.for<readonly [string, string]>([
    ["two passwords", "host=a password=one password=two"],
    ["a publishing profile", `<publishData>${profile("x")}</publishData>`],
    ["lines", "first\nsecond"],
    ["JSON without such a field", `{"a":"b"}`],
  ])("%s: nobody chooses", ([, text]) => {
    expect(placeIn(new Secret(text), [])).toBeNull();
  });
});
