import { expect, test } from "vitest";
import { ACTOR, READER, graphUnderTest } from "./graph-under-test.ts";
import type { As } from "./graph-under-test.ts";

const WORLD = {
  users: [{ name: "alice" }],
  applications: [{ name: "deploy", secrets: [{ name: "leaked" }] }],
};

test("a new secret is logged under a name with an en dash and a blank at the end, with all keys before and after", () => {
  const under = graphUnderTest({ directory: WORLD });
  const made = under.post(ACTOR, `/applications/${under.id("application.deploy")}/addPassword`, {
    passwordCredential: { displayName: "second" },
  });
  const [row] = under.rows("AuditLogs");
  expect(row).toMatchObject({
    OperationName: "Update application – Certificates and secrets management ",
    Category: "ApplicationManagement",
    Result: "success",
    InitiatedBy: { app: { servicePrincipalId: under.id("servicePrincipal.actor"), displayName: "actor" } },
    TargetResources: [
      {
        id: under.id("application.deploy"),
        type: "Application",
        modifiedProperties: [
          {
            displayName: "KeyDescription",
            oldValue: JSON.stringify([
              `[KeyIdentifier=${under.id("keyId.deploy.leaked")},KeyType=Password,KeyUsage=Verify,DisplayName=leaked]`,
            ]),
            newValue: expect.stringContaining(String(made.body["keyId"])),
          },
          { displayName: "Included Updated Properties", newValue: '"KeyDescription"' },
        ],
      },
    ],
  });
  expect(JSON.stringify(row)).not.toContain(String(made.body["secretText"]));
});

test("a federated credential is logged as a plain update of the application, from an empty list", () => {
  const under = graphUnderTest({ directory: WORLD });
  under.post(ACTOR, `/applications/${under.id("application.deploy")}/federatedIdentityCredentials`, {
    name: "backdoor",
    issuer: "https://issuer.example",
    subject: "s",
    audiences: ["api://AzureADTokenExchange"],
  });
  expect(under.rows("AuditLogs")).toMatchObject([
    {
      OperationName: "Update application",
      TargetResources: [
        {
          modifiedProperties: [
            {
              displayName: "FederatedIdentityCredentials",
              oldValue: "[]",
              newValue: expect.stringContaining("https://issuer.example"),
            },
            {},
          ],
        },
      ],
    },
  ]);
});

test("creating an application logs its credentials too, from nothing to nothing", () => {
  const under = graphUnderTest({ directory: WORLD });
  under.post(ACTOR, "/applications", { displayName: "new" });
  expect(under.rows("AuditLogs")).toMatchObject([
    { OperationName: "Add application" },
    {
      OperationName: "Create application – Certificates and secrets management ",
      TargetResources: [
        { modifiedProperties: [{ displayName: "KeyDescription", oldValue: "[]", newValue: "[]" }, {}] },
      ],
    },
  ]);
});

test.each([
  [
    "Add service principal credentials",
    "POST",
    (u: World) => `/servicePrincipals/${u.id("servicePrincipal.deploy")}/addPassword`,
    () => ({}),
  ],
  [
    "Update service principal",
    "PATCH",
    (u: World) => `/servicePrincipals/${u.id("servicePrincipal.deploy")}`,
    () => ({ accountEnabled: false }),
  ],
  [
    "Remove service principal",
    "DELETE",
    (u: World) => `/servicePrincipals/${u.id("servicePrincipal.deploy")}`,
    () => undefined,
  ],
  [
    "Add owner to application",
    "POST",
    (u: World) => `/applications/${u.id("application.deploy")}/owners/$ref`,
    (u: World) => ({ "@odata.id": `https://graph.microsoft.com/v1.0/users/${u.id("user.alice")}` }),
  ],
] as const)("%s", (operation, method, path, body) => {
  const under = graphUnderTest({ directory: WORLD });
  expect(under.call(ACTOR, method, path(under), body(under)).status).toBeLessThan(300);
  expect(under.rows("AuditLogs").map((row) => row["OperationName"])).toEqual([operation]);
});

type World = ReturnType<typeof graphUnderTest>;

test("every call is in the activity log with the token it was made with; those of a batch share an operation", () => {
  const under = graphUnderTest({ directory: WORLD });
  under.get(READER, "/applications/none");
  under.post(READER, "/$batch", {
    requests: ["1", "2"].map((id) => ({ id, method: "GET", url: `/applications?$top=${id}` })),
  });
  const rows = under.rows("MicrosoftGraphActivityLogs");
  expect(rows).toMatchObject([
    {
      RequestMethod: "GET",
      ResponseStatusCode: 404,
      RequestUri: "https://graph.microsoft.com/v1.0/applications/none",
      ServicePrincipalId: under.id("servicePrincipal.reader"),
      SignInActivityId: "uti-servicePrincipal.reader",
      IPAddress: "20.50.0.10",
      Roles: "Application.Read.All Directory.Read.All",
    },
    { RequestUri: "https://graph.microsoft.com/v1.0/applications?$top=1" },
    { RequestUri: "https://graph.microsoft.com/v1.0/applications?$top=2" },
  ]);
  expect(rows[1]?.["OperationId"]).toBe(rows[2]?.["OperationId"]);
  expect(rows[0]?.["OperationId"]).not.toBe(rows[1]?.["OperationId"]);
});

test("the audit log is read back over Graph by who may", () => {
  const under = graphUnderTest({ directory: WORLD });
  under.patch(ACTOR, `/servicePrincipals/${under.id("servicePrincipal.deploy")}`, { accountEnabled: false });
  const auditor: As = { who: "servicePrincipal.reader", with: ["AuditLog.Read.All"] };
  const id = under.id("servicePrincipal.deploy");
  const { value } = under.get(
    auditor,
    `/auditLogs/directoryAudits?$filter=targetResources/any(t:t/id eq '${id}') and activityDateTime ge 2026-11-20T09:00:00Z`,
  );
  expect(value).toMatchObject([
    { activityDisplayName: "Update service principal", targetResources: [{ id }] },
  ]);
});
