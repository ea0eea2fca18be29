import { describe, expect, test } from "vitest";
import { federatedTrust } from "../../src/scope/federated-trust.ts";
import { expressionFits } from "../../src/scope/resolve/federated-index.ts";

const TENANT = "72fd1d5c-3f07-4c3c-9b5b-0f8d4f9f8f11";
const ORGANISATION = "5b6d1e5c-1111-4c3c-9b5b-0f8d4f9f8f22";
const CONNECTION = "0a1b2c3d-2222-4c3c-9b5b-0f8d4f9f8f33";
const GITHUB = "https://token.actions.githubusercontent.com";
const AKS = `https://westeurope.oic.prod-aks.azure.com/${TENANT}/${ORGANISATION}/`;
const trust = (issuer: string, subject: string | null, expression?: string) =>
  federatedTrust(
    {
      issuer,
      subject,
      claimsMatchingExpression: expression === undefined ? null : { value: expression },
    },
    (it) => (it === AKS ? "/subscriptions/s/clusters/aks-shop" : null),
  );

describe("what a federated credential lets in", () => {
  test("a GitHub branch, in the old form", () => {
    expect(trust(GITHUB, "repo:contoso/shop:ref:refs/heads/main")).toEqual({
      kind: "github",
      owner: "contoso",
      ownerId: null,
      repository: "shop",
      repositoryId: null,
      filter: "ref:refs/heads/main",
    });
  });

  test("a GitHub environment, in the immutable form", () => {
    expect(trust(GITHUB, "repo:contoso@1234/shop@5678:environment:prod")).toMatchObject({
      kind: "github",
      owner: "contoso",
      ownerId: "1234",
      repository: "shop",
      repositoryId: "5678",
      filter: "environment:prod",
    });
  });

  test("an Azure DevOps connection, by the old issuer and by the new one", () => {
    expect(trust(`https://vstoken.dev.azure.com/${ORGANISATION}`, "sc://contoso/shop/prod")).toEqual({
      kind: "azure-devops",
      organisation: "contoso",
      project: "shop",
      connection: "prod",
    });
    expect(
      trust(
        `https://login.microsoftonline.com/${TENANT}/v2.0`,
        `/eid1/c/pub/t/x/a/y/sc/${ORGANISATION}/${CONNECTION}`,
      ),
    ).toEqual({ kind: "azure-devops", organisation: ORGANISATION, project: null, connection: CONNECTION });
  });

  test("a service account of a cluster of ours, and of one that cannot be seen", () => {
    expect(trust(AKS, "system:serviceaccount:shop:web")).toEqual({
      kind: "kubernetes",
      clusterId: "/subscriptions/s/clusters/aks-shop",
      issuer: AKS,
      namespace: "shop",
      serviceAccount: "web",
    });
    const other = AKS.replace("westeurope", "eastus");
    expect(trust(other, "system:serviceaccount:shop:web")).toMatchObject({
      kind: "kubernetes",
      clusterId: null,
    });
  });

  test("a managed identity of a tenant", () => {
    expect(trust(`https://login.microsoftonline.com/${TENANT}/v2.0`, CONNECTION)).toEqual({
      kind: "entra",
      tenantId: TENANT,
      subject: CONNECTION,
    });
  });

  test("a flexible expression keeps its text", () => {
    expect(trust(GITHUB, null, "claims['sub'] matches 'repo:contoso/*'")).toEqual({
      kind: "flexible",
      issuer: GITHUB,
      expression: "claims['sub'] matches 'repo:contoso/*'",
    });
  });

  test.each([
    ["https://oidc.attacker.invalid", "anything"],
    ["https://token.actions.githubusercontent.com.attacker.invalid", "repo:contoso/shop:ref:refs/heads/main"],
    ["https://attacker.invalid/https://token.actions.githubusercontent.com", "repo:a/b:ref:x"],
    ["http://token.actions.githubusercontent.com", "repo:a/b:ref:x"],
    [GITHUB, "not a repository"],
    [AKS, "system:serviceaccount:shop"],
  ])("%s with subject %s is an issuer nobody knows", (issuer, subject) => {
    expect(trust(issuer, subject)).toEqual({ kind: "unknown-issuer", issuer, subject });
  });

  test("an expression does not make an unknown issuer known", () => {
    expect(trust("https://oidc.attacker.invalid", null, "claims['sub'] eq 'x'").kind).toBe("unknown-issuer");
  });
});

describe("whether an expression lets a subject in", () => {
  test.each([
    ["claims['sub'] eq 'repo:a/b:ref:x'", "yes"],
    ["claims['sub'] matches 'repo:a/*:ref:?'", "yes"],
    ["claims['sub'] matches 'repo:a/*' and claims['job_workflow_ref'] eq 'y'", "maybe"],
    ["claims['sub'] matches 'repo:other/*' and claims['job_workflow_ref'] eq 'y'", "no"],
    ["something new", "maybe"],
  ])("%s: %s", (expression, fits) => {
    expect(expressionFits(expression, "repo:a/b:ref:x")).toBe(fits);
  });
});
