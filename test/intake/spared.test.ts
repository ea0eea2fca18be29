import { describe, expect, test } from "vitest";
import { claimsOf, onlyIntake, read } from "./sample-alerts.ts";

const A = "a1111111-1111-4111-8111-111111111111";
const B = "b2222222-2222-4222-8222-222222222222";
const C = "c3333333-3333-4333-8333-333333333333";
const TENANT = "d4444444-4444-4444-8444-444444444444";
const VM = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm";

function defender(members: object): object {
  return { SystemAlertId: "1", AlertDisplayName: "x", Severity: "High", ...members };
}

function incident(properties: object, id = "/subscriptions/s/providers/x/Incidents/1"): object {
  return { objectSchemaType: "Incident", object: { id, properties } };
}

describe("references between entities", () => {
  test("an id that repeats means its last bearer before the reference", () => {
    const intake = onlyIntake(
      defender({
        Entities: [
          { $id: "1", Type: "account", AadUserId: A },
          { $id: "1", Type: "account", AadUserId: B },
          { $id: "2", Type: "cloud-logon-session", Account: { $ref: "1" }, Roles: ["Attacker"] },
        ],
      }),
    );
    expect(claimsOf(intake)).toEqual([`suspect guid ${B}`, `unsaid guid ${A}`]);
  });

  test("circles and references to nothing end, and are said", () => {
    const intake = onlyIntake(
      defender({
        Entities: [
          { $id: "1", Type: "cloud-logon-session", Account: { $ref: "1" } },
          { $id: "2", Type: "account", AadUserId: A, Host: { $id: "3", Logon: { $ref: "2" } } },
          { $ref: "404" },
          { $ref: { $ref: "2" } },
        ],
      }),
    );
    expect(claimsOf(intake)).toEqual([`unsaid guid ${A}`]);
    expect(intake.unread.join("\n")).toContain("Entities[2]");
    expect(intake.unread.join("\n")).toContain("Entities[3]");
  });

  test("a cluster's resource is found through its entity, and twice is once", () => {
    const intake = onlyIntake(
      defender({
        Entities: [
          {
            $id: "4",
            Type: "K8s-cluster",
            CloudResource: { $id: "5", Type: "azure-resource", ResourceId: VM },
          },
          { $ref: "5" },
          {
            Type: "K8s-serviceaccount",
            Name: "web",
            Namespace: { Name: "shop", Cluster: { $ref: "4" } },
          },
        ],
      }),
    );
    expect(claimsOf(intake)).toEqual([`unsaid resource ${VM}`, `unsaid service-account ${VM} shop web`]);
  });
});

describe("who was only there", () => {
  test.each([
    [["Contextual"], "bystander"],
    [["Attacker"], "suspect"],
    [["Contextual", "Compromised"], "suspect"],
    ["Compromised, Contextual", "suspect"],
    ['["Contextual"]', "bystander"],
    [[], "unsaid"],
    [undefined, "unsaid"],
  ])("roles %j make a %s", (roles, role) => {
    const intake = onlyIntake(defender({ Entities: [{ Type: "account", AadUserId: A, Roles: roles }] }));
    expect(intake.subjects.map((it) => it.role)).toEqual([role]);
  });

  test("one place that calls it the attacker outweighs another that does not", () => {
    const entities = [
      { Type: "account", AadUserId: A, Roles: ["Contextual"] },
      { Type: "ServicePrincipal", ServicePrincipalObjectId: A.toUpperCase(), Roles: ["Attacker"] },
    ];
    for (const Entities of [entities, entities.toReversed()]) {
      expect(claimsOf(onlyIntake(defender({ Entities })))).toEqual([`suspect guid ${A}`]);
    }
  });

  test("evidence without threats is a bystander's", () => {
    const evidence = (verdict: string) => [
      { "@odata.type": "#microsoft.graph.security.servicePrincipalEvidence", appId: A, verdict },
    ];
    const roleFor = (verdict: string) =>
      onlyIntake({ id: "1", serviceSource: "x", evidence: evidence(verdict) }).subjects[0]?.role;
    expect(roleFor("noThreatsFound")).toBe("bystander");
    expect(roleFor("malicious")).toBe("suspect");
  });

  test("a user's program is not claimed for what the user did", () => {
    const alert = (caller: string, claims: object) => ({
      schemaId: "AzureMonitorCommonAlertSchema",
      data: {
        essentials: { alertId: "1", monitorCondition: "Fired" },
        alertContext: { caller, claims: JSON.stringify(claims) },
      },
    });
    expect(claimsOf(onlyIntake(alert("ada@contoso.com", { oid: A, appid: B })))).toEqual([
      `suspect guid ${A}`,
      "suspect upn ada@contoso.com",
    ]);
    expect(claimsOf(onlyIntake(alert(A, { appid: B, appidacr: "1" })))).toEqual([
      `suspect guid ${A}`,
      `suspect guid ${B}`,
    ]);
    const properties = { "attacker Object ID": A, "application ID": B };
    expect(claimsOf(onlyIntake(defender({ ExtendedProperties: properties })))).toEqual([`suspect guid ${A}`]);
    expect(claimsOf(onlyIntake(defender({ extendedproperties: { ApplicationId: B } })))).toEqual([
      `suspect guid ${B}`,
    ]);
  });

  test("of several GUIDs near a secret none is taken unless it is called a client id", () => {
    const secret = `abc8Q~${"x".repeat(34)}`;
    const finding = (Match: string) => onlyIntake([{ RuleID: "azure", File: "f", Secret: secret, Match }]);
    expect(claimsOf(finding(`${A} ${B} ${secret}`))).toEqual(["suspect leaked-credential null null abc f"]);
    expect(finding(`${A} ${B} ${secret}`).unread).not.toEqual([]);
    expect(claimsOf(finding(`tenant: ${A}\nclient_id = "${B}"\n${secret}`))).toEqual([
      `suspect leaked-credential ${B} null abc f`,
    ]);
    expect(claimsOf(finding(`{"appId": "${A}", "password": "${secret}", "tenant": "${B}"}`))).toEqual([
      `suspect leaked-credential ${A} null abc f`,
    ]);
    expect(claimsOf(finding(`subscriptionId=${A} objectId=${B} ${C} ${secret}`))).toEqual([
      `suspect leaked-credential ${C} null abc f`,
    ]);
  });
});

describe("ids that are none", () => {
  test("numbers of cloud apps are no client ids, a GUID in their place is", () => {
    const app = (AppId: unknown) =>
      claimsOf(onlyIntake(defender({ Entities: [{ Type: "cloud-application", AppId, Name: "Box" }] })));
    expect(app(22110)).toEqual(["unsaid name Box"]);
    expect(app("22110")).toEqual(["unsaid name Box"]);
    expect(app(A)).toEqual([`unsaid guid ${A}`]);
  });

  test("the zero GUID is nobody, and that is said", () => {
    const zero = "00000000-0000-0000-0000-000000000000";
    const result = read(
      incident({ relatedEntities: [{ kind: "Account", properties: { aadUserId: zero } }] }),
    );
    expect(result).toMatchObject({ kind: "refused", code: "NO_SUBJECT" });
    expect(JSON.stringify(result)).toContain("relatedEntities[0]");
  });

  test("a subscription's own GUID is not taken for somebody's", () => {
    const AzureResourceId = `/subscriptions/${A}`;
    expect(claimsOf(onlyIntake(defender({ AzureResourceId, CompromisedEntity: A })))).toEqual([
      `unsaid resource ${AzureResourceId}`,
    ]);
  });

  test("what is no ARM id, vault or address goes nowhere near a URL", () => {
    for (const ResourceId of [
      "/subscriptions/../tenants",
      "/subscriptions/s/..",
      "/subscriptions/s?x=y",
      "/subscriptions/s%2f..",
      "https://evil.invalid/subscriptions/s",
    ]) {
      const result = read(defender({ Entities: [{ Type: "azure-resource", ResourceId }] }));
      expect(result, ResourceId).toMatchObject({ kind: "refused", code: "NO_SUBJECT" });
    }
    const event = (VaultName: string, ObjectName: string) =>
      read({ eventType: "Microsoft.KeyVault.SecretExpired", data: { VaultName, ObjectName } });
    expect(event("evil.invalid/x", "s")).toMatchObject({ kind: "refused", code: "MALFORMED" });
    expect(event("kv", "../secrets")).toMatchObject({ kind: "refused", code: "MALFORMED" });
    const odd = onlyIntake(
      incident(
        {
          incidentUrl: "javascript:alert(1)",
          relatedEntities: [
            { kind: "Account", properties: { aadUserId: A } },
            { kind: "Ip", properties: { address: "1.2.3.4' or 1==1" } },
          ],
        },
        "https://evil.invalid/x",
      ),
    );
    expect(odd.incident).toBeNull();
    expect(odd.addresses).toEqual([]);
    expect(
      onlyIntake(
        incident({
          incidentUrl: "javascript:alert(1)",
          alerts: [{ properties: { additionalData: { "Principal ID": A } } }],
        }),
      ).incident?.incidentUrl,
    ).toBeNull();
  });
});

describe("what calls for nothing", () => {
  const entity = { kind: "Account", properties: { aadUserId: A } };
  test.each([
    ["SAMPLE_ALERT", defender({ AlertDisplayName: "[SAMPLE ALERT] x", Entities: [] })],
    ["SAMPLE_ALERT", defender({ AlertType: "SIMULATED_KV_ListGetAnomaly" })],
    ["SAMPLE_ALERT", incident({ title: "[SAMPLE ALERT] x", relatedEntities: [entity] })],
    [
      "SAMPLE_ALERT",
      incident({
        title: "x",
        relatedEntities: [entity],
        alerts: [{ properties: { alertType: "SIMULATED_ARM" } }],
      }),
    ],
    ["RESOLVED_ALERT", incident({ status: "Closed", relatedEntities: [entity] })],
    ["RESOLVED_ALERT", defender({ Status: "Dismissed", Entities: [{ Type: "account", AadUserId: A }] })],
    [
      "RESOLVED_ALERT",
      { schemaId: "azureMonitorCommonAlertSchema", data: { essentials: { monitorCondition: "Resolved" } } },
    ],
    [
      "TEST_NOTIFICATION",
      {
        schemaId: "azureMonitorCommonAlertSchema",
        data: {
          essentials: { alertId: "1", alertRule: "test-activityLogRule", alertTargetIDs: [VM] },
          alertContext: { claims: "{}" },
        },
      },
    ],
    ["RESOLVED_ALERT", { id: "1", serviceSource: "x", status: "resolved", evidence: [] }],
    ["RESOLVED_ALERT", { id: "1", serviceSource: "x", classification: "falsePositive", evidence: [] }],
    ["RESOLVED_ALERT", { id: "1", servicePrincipalId: A, riskEventType: "x", riskState: "remediated" }],
    ["NOT_AN_ALERT", [{ eventType: "Microsoft.KeyVault.SecretNewVersionCreated", data: {} }]],
    ["NO_SUBJECT", { alert: { secret_type: "aws_secret_key", html_url: "https://x" } }],
    ["NO_SUBJECT", [{ RuleID: "aws", File: "f", Secret: "s" }]],
    ["NO_SUBJECT", { DetectorName: "AWS", SourceMetadata: {}, Raw: "s" }],
    ["NO_SUBJECT", incident({ title: "x", relatedEntities: [] })],
    [
      "NO_SUBJECT",
      {
        schemaId: "azureMonitorCommonAlertSchema",
        data: {
          essentials: {
            alertId: "1",
            alertTargetIDs: ["/subscriptions/s/providers/Microsoft.OperationalInsights/workspaces/w"],
          },
          alertContext: { condition: { allOf: [{ dimensions: [{ name: "Computer", value: "vm" }] }] } },
        },
      },
    ],
  ])("%s is the answer, with the reason (%#)", (code, body) => {
    const result = read(body);
    expect(result).toMatchObject({ kind: "refused", code });
    expect(result.kind === "refused" && result.reason.length > 10).toBe(true);
  });

  test("an incident's bystanders alone do not stop its alerts' details from being read", () => {
    const properties = {
      relatedEntities: [{ kind: "Account", properties: { aadUserId: A, roles: ["Contextual"] } }],
      alerts: [{ properties: { additionalData: { "Attacker Object ID": B, TenantId: TENANT } } }],
    };
    expect(claimsOf(onlyIntake(incident(properties)))).toEqual([`suspect guid ${B}`, `bystander guid ${A}`]);
  });
});
