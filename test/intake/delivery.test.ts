import { expect, test } from "vitest";
import { readAlert } from "../../src/intake/read-alert.ts";
import { readResponderRequest } from "../../src/intake/responder-request.ts";
import { bodyOf, claimsOf, FIXTURES, NOW, onlyIntake, read } from "./sample-alerts.ts";

/** The same JSON with members backwards, keys in another case and spaced, and ids in capitals. */
function otherwise(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((it) => otherwise(it));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .toReversed()
        .map(([name, it]) => [
          name.startsWith("@") || name.startsWith("http") ? name : ` ${name.toUpperCase()} `,
          otherwise(it, name),
        ]),
    );
  }
  const isId = /id$|^caller$|^id$/i.test(key) && typeof value === "string" && !value.startsWith("{");
  return isId ? value.toUpperCase() : value;
}

test.each(FIXTURES)("%s in another order and case is the same case with the same claims", (name) => {
  const body = bodyOf(name);
  const [one, other] = [onlyIntake(body), onlyIntake(otherwise(body))];
  expect(other.deliveredAs).toBe(one.deliveredAs);
  expect(
    claimsOf(other)
      .map((it) => it.toLowerCase())
      .toSorted(),
  ).toEqual(
    claimsOf(one)
      .map((it) => it.toLowerCase())
      .toSorted(),
  );
});

test("no two kinds of alert share a key, and two alerts of a kind do not either", () => {
  const keys = FIXTURES.map((name) => onlyIntake(bodyOf(name)).deliveredAs);
  // Near expiry and expired are two things; Key Vault's two envelopes carry one of each.
  expect(new Set(keys).size).toBe(keys.length);
});

test("an alert that fires again is another case, one that is delivered again is not", () => {
  const fired = (firedDateTime: string) =>
    onlyIntake({
      schemaId: "azureMonitorCommonAlertSchema",
      data: {
        essentials: { alertId: "1", firedDateTime },
        alertContext: { caller: "a1111111-1111-4111-8111-111111111111" },
      },
    }).deliveredAs;
  expect(fired("2026-11-20T11:00:00Z")).toBe(fired("2026-11-20T11:00:00.0000000"));
  expect(fired("2026-11-20T11:00:00Z")).not.toBe(fired("2026-11-20T11:05:00Z"));
});

test("a batch gives a case for each alert, once", () => {
  const alert = (id: string) => ({
    SystemAlertId: id,
    Entities: [{ Type: "account", AadUserId: "a1111111-1111-4111-8111-111111111111" }],
  });
  const result = read({ records: [alert("one"), alert("two"), alert("ONE")] });
  expect(result.kind === "cases" && result.intakes.map((it) => it.deliveredAs)).toEqual([
    "security-alert one",
    "security-alert two",
  ]);
  const flood = read({ records: Array.from({ length: 101 }, (_, index) => alert(String(index))) });
  expect(flood).toMatchObject({ kind: "refused", code: "TOO_MANY_CASES" });
});

test("a page of Defender XDR alerts is a case each; an incident with its alerts is one", () => {
  const alert = (id: string) => ({
    id,
    serviceSource: "x",
    evidence: [
      {
        "@odata.type": "#microsoft.graph.security.servicePrincipalEvidence",
        appId: `${id.repeat(8)}-1111-4111-8111-111111111111`,
      },
    ],
  });
  const alerts = [alert("a"), { ...alert("b"), status: "resolved" }, alert("c")];
  const page = read({ value: alerts });
  expect(page.kind === "cases" && page.intakes.map((it) => it.deliveredAs)).toEqual([
    "graph-security a",
    "graph-security c",
  ]);
  const incident = onlyIntake({ id: "7", displayName: "all", alerts });
  expect(incident.deliveredAs).toBe("graph-security 7");
  expect(incident.subjects).toHaveLength(2);
});

test("a report is one case for each exposed app, in whatever order its findings stand", () => {
  const [a, b] = ["a1111111-1111-4111-8111-111111111111", "b2222222-2222-4222-8222-222222222222"];
  const finding = (appId: string, file: string) => ({
    RuleID: "azure-ad-client-secret",
    File: file,
    Match: `clientId: ${appId}`,
    Secret: `abc8Q~${"x".repeat(34)}`,
  });
  const report = [finding(a, "1"), finding(b, "2"), finding(a, "3")];
  const keys = (body: unknown) => {
    const result = read(body);
    return result.kind === "cases" ? result.intakes.map((it) => it.deliveredAs).toSorted() : [];
  };
  expect(keys(report)).toHaveLength(2);
  expect(keys(report.toReversed())).toEqual(keys(report));
});

test("TruffleHog's lines are read like its array", () => {
  const finding = bodyOf("trufflehog");
  const second = { ...Object(finding), DetectorName: "AWS" };
  const lines = `${JSON.stringify(finding)}\n${JSON.stringify(second)}\r\n\n`;
  expect(readAlert(lines, NOW)).toEqual(read([finding, second]));
  expect(readAlert(`${lines}{"cut": `, NOW)).toEqual({
    kind: "refused",
    code: "MALFORMED",
    reason: "Line 4 is not JSON.",
  });
});

test("times that senders leave out, swap or make up still give a window that logs can be asked for", () => {
  const window = (members: object) =>
    onlyIntake({
      SystemAlertId: "1",
      Entities: [{ Type: "account", AadUserId: "a1111111-1111-4111-8111-111111111111" }],
      ...members,
    }).window;
  expect(window({})).toEqual({ from: "2026-11-19T12:00:00.000Z", to: "2026-11-20T12:00:00.000Z" });
  expect(window({ StartTimeUtc: "2026-11-20T11:00:00", EndTimeUtc: "2026-11-20T10:00:00.1234567Z" })).toEqual(
    { from: "2026-11-20T10:00:00.123Z", to: "2026-11-20T11:00:00.000Z" },
  );
  expect(window({ StartTimeUtc: "0001-01-01T00:00:00Z", EndTimeUtc: "9999-12-31T23:59:59Z" })).toEqual({
    from: "2026-11-19T12:00:00.000Z",
    to: "2026-11-20T12:00:00.000Z",
  });
  expect(window({ StartTimeUtc: "2001-01-01T00:00:00Z", EndTimeUtc: "2026-11-20T10:00:00Z" }).from).toBe(
    "2026-08-22T10:00:00.000Z",
  );
});

test("a responder may name everything a subject can be, and a word that fits nothing is said", () => {
  const asked = (subjects: readonly (string | Record<string, unknown>)[]) =>
    readResponderRequest({ subjects, reason: "because", deliveredAs: "Responder Key", now: NOW });
  const appId = "a1111111-1111-4111-8111-111111111111";
  const result = asked([
    appId.toUpperCase(),
    "ada@contoso.com",
    "/subscriptions/s/resourceGroups/g",
    "deploy-pipeline",
    {
      subject: "repo:contoso/shop:ref:refs/heads/main",
      issuer: "https://token.actions.githubusercontent.com",
    },
    { clusterId: "/subscriptions/s/x/y", namespace: "shop", serviceAccount: "web" },
    { vault: "KV-shop", secret: "db" },
    { appId, hint: "abcdefgh", foundIn: "pastebin" },
  ]);
  if (result.kind !== "intake") throw new TypeError(result.reason);
  expect(result.intake.deliveredAs).toBe("Responder Key");
  expect(claimsOf(result.intake)).toEqual([
    `suspect guid ${appId}`,
    "suspect upn ada@contoso.com",
    "suspect resource /subscriptions/s/resourceGroups/g",
    "suspect name deploy-pipeline",
    "suspect federated https://token.actions.githubusercontent.com repo:contoso/shop:ref:refs/heads/main",
    "suspect service-account /subscriptions/s/x/y shop web",
    "suspect vault-secret kv-shop db null",
    `suspect leaked-credential ${appId} null abc pastebin`,
  ]);
  expect(asked([{ nobody: "here" }])).toMatchObject({ kind: "refused", code: "UNKNOWN_SUBJECT" });
  expect(asked([{ vault: "evil.invalid/", secret: "db" }])).toMatchObject({ kind: "refused" });
});
