import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { acceptedClusterKeys, CLUSTER_KEYS } from "../../../local/tenant/arm/kubernetes/cluster-keys.ts";
import { authorityCertificate } from "../../../local/tenant/arm/kubernetes/kubeconfig.ts";
import { type ArmUnderTest, armWith, TENANT_ID } from "./arm-under-test.ts";

const clusterWith = (properties: object = {}, longRunningOperationInMs = 0) =>
  armWith({
    delays: { longRunningOperationInMs },
    azure: {
      resources: [
        {
          type: "Microsoft.ContainerService/managedClusters",
          name: "aks-shop",
          resourceGroup: "rg-shop",
          location: "westeurope",
          properties: { oidcIssuerProfile: { enabled: true }, ...properties },
        },
      ],
      roleAssignments: [
        { principal: "servicePrincipal.owner", role: "Owner", scope: "prod" },
        { principal: "servicePrincipal.deploy", role: "Contributor", scope: "prod" },
      ],
    },
  });
const path = (arm: ArmUnderTest) =>
  `${arm.group}/providers/Microsoft.ContainerService/managedClusters/aks-shop`;
const Kubeconfigs = z.object({ kubeconfigs: z.array(z.object({ name: z.string(), value: z.string() })) });
const kubeconfigOf = (arm: ArmUnderTest, action: string, as = "owner") => {
  const { kubeconfigs } = Kubeconfigs.parse(arm.ask("POST", `${path(arm)}/${action}`, { as }).raw);
  return { name: kubeconfigs[0]?.name, yaml: Buffer.from(kubeconfigs[0]?.value ?? "", "base64").toString() };
};
const inYaml = (yaml: string, key: string) =>
  Buffer.from(new RegExp(`${key}: (\\S+)`).exec(yaml)?.[1] ?? "", "base64").toString();
const put = (arm: ArmUnderTest, change: object, headers: Record<string, string> = {}) => {
  const { raw } = arm.ask("GET", path(arm));
  const cluster = z.looseObject({ properties: z.looseObject({}) }).parse(raw);
  return arm.ask("PUT", path(arm), {
    headers,
    body: { ...cluster, properties: { ...cluster.properties, ...change } },
  });
};

describe("the kubeconfigs a cluster hands out", () => {
  test("a Contributor's admin one carries a certificate of system:masters and a static token, no caller's name", () => {
    const arm = clusterWith();
    const { name, yaml } = kubeconfigOf(arm, "listClusterAdminCredential", "deploy");
    expect(name).toBe("clusterAdmin");
    expect(yaml).toContain("user: clusterAdmin_rg-shop_aks-shop");
    const certificate = new X509Certificate(inYaml(yaml, "client-certificate-data"));
    expect(certificate.subject).toBe("O=system:masters\nCN=masterclient");
    const authority = new X509Certificate(inYaml(yaml, "certificate-authority-data"));
    expect(certificate.verify(authority.publicKey)).toBe(true);
    const years = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / (365 * 86_400_000);
    expect(years).toBeCloseTo(2, 1);
    expect(yaml).toMatch(/token: [0-9a-f]{64}/);
    expect(yaml).not.toContain(arm.principal("deploy"));
  });

  test("without Entra the user's is as good as the admin's; with it there is no secret in it", () => {
    const without = kubeconfigOf(clusterWith(), "listClusterUserCredential").yaml;
    expect(new X509Certificate(inYaml(without, "client-certificate-data")).subject).toContain(
      "system:masters",
    );
    const entra = kubeconfigOf(
      clusterWith({ aadProfile: { managed: true } }),
      "listClusterUserCredential",
    ).yaml;
    expect(entra).not.toContain("client-certificate-data");
    expect(entra).not.toContain("token:");
    expect(entra).toContain("6dae42f8-4368-4678-94ff-3960e28e3630");
    expect(entra).toContain(TENANT_ID);
  });

  test("the old access profile is a third door to the same", () => {
    const arm = clusterWith();
    const answer = arm.ask("POST", `${path(arm)}/accessProfiles/clusterAdmin/listCredential`);
    expect(Buffer.from(String(answer.body.properties?.["kubeConfig"]), "base64").toString()).toContain(
      "client-certificate-data",
    );
    expect(arm.tenant.state.azure.activity.at(-1)?.facts.operation).toBe(
      "Microsoft.ContainerService/managedClusters/accessProfiles/listCredential/action",
    );
  });

  test("with local accounts off the admin one is refused in Azure's words, and earlier certificates work on", () => {
    const arm = clusterWith({ aadProfile: { managed: true } });
    const before = acceptedClusterKeys(arm.tenant, { id: path(arm) }, CLUSTER_KEYS.authority);
    put(arm, { disableLocalAccounts: true });
    expect(arm.ask("POST", `${path(arm)}/listClusterAdminCredential`)).toMatchObject({
      status: 400,
      message:
        "Getting static credential isn't allowed because this cluster is set to disable local accounts.",
    });
    expect(acceptedClusterKeys(arm.tenant, { id: path(arm) }, CLUSTER_KEYS.authority)).toEqual(before);
  });
});

describe("rotation", () => {
  test("of certificates is a long operation; the old authority is good until it is done and never after", () => {
    const arm = clusterWith({}, 600_000);
    const old = new X509Certificate(
      inYaml(kubeconfigOf(arm, "listClusterAdminCredential").yaml, "client-certificate-data"),
    );
    const isAccepted = () =>
      acceptedClusterKeys(arm.tenant, { id: path(arm) }, CLUSTER_KEYS.authority).some((scalar) =>
        old.verify(new X509Certificate(authorityCertificate(scalar, arm.clock.now())).publicKey),
      );
    const begun = arm.ask("POST", `${path(arm)}/rotateClusterCertificates`);
    expect(begun.status).toBe(202);
    expect(isAccepted()).toBe(true);
    expect(arm.ask("GET", path(arm)).body.properties?.["provisioningState"]).toBe("Updating");
    arm.clock.advance(600_000);
    expect(arm.ask("GET", begun.headers["Azure-AsyncOperation"] ?? "").raw).toMatchObject({
      status: "Succeeded",
    });
    expect(isAccepted()).toBe(false);
  });

  test("of signing keys keeps the old one a day; twice ends it at once", () => {
    const arm = clusterWith();
    const accepted = () => acceptedClusterKeys(arm.tenant, { id: path(arm) }, CLUSTER_KEYS.signingKey);
    const [first] = accepted();
    arm.ask("POST", `${path(arm)}/rotateServiceAccountSigningKeys`);
    expect(accepted()).toContain(first);
    arm.clock.advance(86_399_999);
    expect(accepted()).toContain(first);
    arm.clock.advance(1);
    expect(accepted()).not.toContain(first);

    const [second] = accepted();
    arm.ask("POST", `${path(arm)}/rotateServiceAccountSigningKeys`);
    arm.ask("POST", `${path(arm)}/rotateServiceAccountSigningKeys`);
    expect(accepted()).not.toContain(second);
  });

  test("while another operation runs is 409 OperationNotAllowed without an envelope", () => {
    const arm = clusterWith({}, 600_000);
    arm.ask("POST", `${path(arm)}/rotateClusterCertificates`);
    const refused = arm.ask("POST", `${path(arm)}/rotateServiceAccountSigningKeys`);
    expect(refused.status).toBe(409);
    expect(refused.raw).toMatchObject({
      code: "OperationNotAllowed",
      message: expect.stringContaining("https://aka.ms/aks-pending-operation"),
    });
  });
});

describe("changing a cluster", () => {
  test("a PUT with an old eTag is 412 and changes nothing; with the current one it goes through", () => {
    const arm = clusterWith();
    const first = put(arm, {});
    const etag = String(first.body["etag"]);
    put(arm, { apiServerAccessProfile: { authorizedIPRanges: ["198.51.100.1/32"] } });
    expect(put(arm, { disableLocalAccounts: true }, { "if-match": etag }).status).toBe(412);
    expect(arm.ask("GET", path(arm)).body.properties).toMatchObject({
      disableLocalAccounts: false,
      apiServerAccessProfile: { authorizedIPRanges: ["198.51.100.1/32"] },
    });
    const current = String(arm.ask("GET", path(arm)).body["etag"]);
    expect(put(arm, { disableLocalAccounts: true }, { "if-match": current }).status).toBe(200);
  });

  test("PATCH knows tags and nothing else", () => {
    const arm = clusterWith();
    expect(arm.ask("PATCH", path(arm), { body: { tags: { case: "7" } } }).status).toBe(200);
    expect(arm.ask("PATCH", path(arm), { body: { properties: { disableLocalAccounts: true } } }).status).toBe(
      400,
    );
  });

  test("more than 200 address ranges, or any on a private cluster, are refused", () => {
    const ranges = (count: number) => Array.from({ length: count }, (_, index) => `198.51.${index}.0/24`);
    const arm = clusterWith();
    expect(put(arm, { apiServerAccessProfile: { authorizedIPRanges: ranges(200) } }).status).toBe(200);
    expect(put(arm, { apiServerAccessProfile: { authorizedIPRanges: ranges(201) } }).status).toBe(400);
    expect(
      put(arm, { apiServerAccessProfile: { enablePrivateCluster: true, authorizedIPRanges: ranges(1) } })
        .status,
    ).toBe(400);
  });

  test("Entra integration and the OIDC issuer cannot be switched off", () => {
    const arm = clusterWith({ aadProfile: { managed: true } });
    expect(put(arm, { aadProfile: null }).status).toBe(400);
    expect(put(arm, { oidcIssuerProfile: { enabled: false } }).status).toBe(400);
  });

  test("the OIDC issuer ends in a slash and names region and tenant", () => {
    const arm = clusterWith();
    expect(arm.ask("GET", path(arm)).body.properties?.["oidcIssuerProfile"]).toMatchObject({
      issuerURL: expect.stringMatching(
        new RegExp(`^https://westeurope\\.oic\\.prod-aks\\.azure\\.com/${TENANT_ID}/[0-9a-f-]{36}/$`),
      ),
    });
  });

  test("run command is refused as not modelled", () => {
    const arm = clusterWith();
    expect(arm.ask("POST", `${path(arm)}/runCommand`, { body: { command: "id" } })).toMatchObject({
      status: 501,
      code: "NotModelledByStandIn",
    });
  });
});
