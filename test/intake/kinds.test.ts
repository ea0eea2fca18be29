import { expect, test } from "vitest";
import { ALERTS } from "../../src/intake/alerts.ts";
import { bodyOf, claimsOf, FIXTURES, onlyIntake, smallNames } from "./sample-alerts.ts";

const names = smallNames();
const deploy = names.guid("servicePrincipal", "deploy");
const deployApp = names.guid("appId", "deploy");
const ada = names.guid("user", "ada");
const subscription = `/subscriptions/${names.guid("subscription", "prod")}`;
const vault = `${subscription}/resourceGroups/rg-shop/providers/Microsoft.KeyVault/vaults/kv-shop`;
const cluster = `${subscription}/resourceGroups/rg-shop/providers/Microsoft.ContainerService/managedClusters/aks-shop`;
const attacker = "203.0.113.50";
const hint = names.secret("keyId", "deploy.leaked").slice(0, 3);

interface Expected {
  readonly trigger: string;
  readonly claims: readonly string[];
  readonly addresses?: readonly string[];
  readonly keyIds?: readonly string[];
  readonly severity: string;
  readonly window: readonly [from: string, to: string];
  readonly resourceIds?: readonly string[];
  readonly unread?: readonly string[];
}

const EXPECTED: Readonly<Record<string, Expected>> = {
  "sentinel-incident": {
    trigger: "sentinel-incident",
    claims: [`unsaid guid ${deploy}`, "unsaid name Google Cloud Platform", `unsaid resource ${vault}`],
    addresses: [attacker],
    severity: "high",
    window: ["-4h", "-15m"],
    resourceIds: [vault],
  },
  "sentinel-alert": {
    trigger: "sentinel-alert",
    claims: [`unsaid guid ${deploy}`],
    addresses: [attacker],
    severity: "medium",
    window: ["-2h", "-1h"],
  },
  "defender-event-hub": {
    trigger: "defender-alert",
    claims: [
      `suspect guid ${deploy}`,
      `suspect guid ${deployApp}`,
      `unsaid resource ${subscription}`,
      `bystander guid ${ada}`,
      "bystander upn ada@contoso.onmicrosoft.com",
    ],
    addresses: [attacker],
    severity: "medium",
    window: ["-3h", "-2h"],
    resourceIds: [subscription],
    unread: [
      "[0].records[0].Entities[4] (no kind): refers to nothing",
      "[0].records[2]: SAMPLE_ALERT, It is a sample alert; nothing happened.",
    ],
  },
  "defender-aks": {
    trigger: "defender-alert",
    claims: [`unsaid resource ${cluster}`],
    severity: "low",
    window: ["-3h", "-3h"],
    resourceIds: [cluster],
  },
  "defender-workflow-key-vault": {
    trigger: "defender-alert",
    // The application id is not claimed: the object id says who, and a user's program would be a bystander.
    claims: [`suspect guid ${deploy}`, `unsaid resource ${vault}`],
    addresses: [attacker],
    severity: "medium",
    window: ["-50m", "-40m"],
    resourceIds: [vault],
  },
  "azure-monitor-activity-log": {
    trigger: "azure-monitor-alert",
    claims: [`suspect guid ${deploy}`, `suspect guid ${deployApp}`],
    addresses: [attacker],
    severity: "high",
    window: ["-1450m", "-10m"],
    resourceIds: [vault],
  },
  "azure-monitor-log-alert": {
    trigger: "azure-monitor-alert",
    claims: [`suspect guid ${deploy}`],
    addresses: [attacker],
    severity: "medium",
    window: ["-70m", "-10m"],
    resourceIds: [
      `${subscription}/resourceGroups/rg-security/providers/Microsoft.OperationalInsights/workspaces/law-security`,
    ],
  },
  "graph-security-alert": {
    trigger: "graph-security-alert",
    claims: [
      `suspect guid ${deployApp}`,
      `bystander guid ${ada}`,
      "bystander upn ada@contoso.onmicrosoft.com",
    ],
    addresses: [attacker],
    severity: "high",
    window: ["-3h", "-30m"],
  },
  "workload-identity-risk": {
    trigger: "workload-identity-risk",
    claims: [`suspect guid ${deploy}`, `suspect guid ${deployApp}`],
    addresses: [attacker],
    keyIds: [names.guid("keyId", "deploy.leaked")],
    severity: "high",
    window: ["-5h", "-1h"],
  },
  "key-vault-event-grid": {
    trigger: "key-vault-event",
    claims: ["unsaid vault-secret kv-shop db-password 0123456789abcdef0123456789abcdef"],
    severity: "informational",
    window: ["-1m", "-1m"],
    resourceIds: [vault],
  },
  "key-vault-cloud-event": {
    trigger: "key-vault-event",
    claims: ["unsaid vault-secret kv-shop db-password 0123456789abcdef0123456789abcdef"],
    severity: "informational",
    window: ["-1m", "-1m"],
    resourceIds: [vault],
  },
  "github-secret-scanning": {
    trigger: "github-secret-scanning",
    claims: [
      `suspect leaked-credential ${deployApp} null ${hint} https://github.com/contoso/shop/security/secret-scanning/42`,
    ],
    severity: "high",
    window: ["-6h", "now"],
  },
  gitleaks: {
    trigger: "gitleaks",
    claims: [`suspect leaked-credential ${deployApp} null ${hint} deploy/.env:12:0f3c2b1a9d8e`],
    severity: "high",
    window: ["-6h", "now"],
    unread: ["aws-access-token: does not sign in to Entra"],
  },
  trufflehog: {
    trigger: "trufflehog",
    claims: [
      `suspect leaked-credential ${deployApp} null ${hint} https://github.com/contoso/shop.git:deploy/.env:12:0f3c2b1a9d8e7f60`,
    ],
    severity: "high",
    window: ["-6h", "now"],
  },
};

test("every fixture and every kind of alert has its expectation", () => {
  expect(Object.keys(EXPECTED).toSorted()).toEqual(FIXTURES.toSorted());
  const triggers = new Set(Object.values(EXPECTED).map(({ trigger }) => trigger));
  expect([...triggers].toSorted()).toEqual(ALERTS.map(({ name }) => name).toSorted());
});

test.each(FIXTURES)("%s names exactly whom its sender names", (name) => {
  const intake = onlyIntake(bodyOf(name));
  const expected = EXPECTED[name];

  expect(expected).toBeDefined();
  expect({
    trigger: intake.trigger,
    claims: claimsOf(intake),
    addresses: intake.addresses,
    keyIds: intake.keyIds,
    severity: intake.severity,
    window: [intake.window.from, intake.window.to],
    resourceIds: intake.resourceIds,
    unread: intake.unread,
  }).toEqual({
    addresses: [],
    keyIds: [],
    resourceIds: [],
    unread: [],
    ...expected,
    window: expected?.window.map((it) => names.at(it)),
  });
});

test("an incident is referred to by its ARM id, address, workspace and number", () => {
  expect(onlyIntake(bodyOf("sentinel-incident")).incident).toEqual({
    incidentId: `${subscription}/resourceGroups/rg-security/providers/Microsoft.OperationalInsights/workspaces/law-security/providers/Microsoft.SecurityInsights/Incidents/${names.guid("id", "incident")}`,
    incidentUrl: "https://portal.azure.com/#asset/Microsoft_Azure_Security_Insights/Incident/41",
    workspaceId: names.guid("id", "workspace"),
    number: 41,
  });
});
