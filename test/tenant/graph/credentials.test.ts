import { createPrivateKey, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { scenarioCertificate } from "../../../local/tenant/state/directory.ts";
import { ACTOR, READER, graphUnderTest } from "./graph-under-test.ts";

const DEPLOY = {
  applications: [
    {
      name: "deploy",
      secrets: [{ name: "leaked" }, { name: "other" }],
      certificates: [{ name: "build" }, { name: "release" }],
      servicePrincipal: { secrets: [{ name: "rogue" }] },
    },
    { name: "saml", servicePrincipal: { samlSigning: [{ name: "signing" }] } },
  ],
};

describe("passwords", () => {
  test("addPassword tells the secret once, with its first three characters as the hint", () => {
    const under = graphUnderTest({ directory: DEPLOY });
    const path = `/applications/${under.id("application.deploy")}`;
    const { status, headers, body } = under.post(ACTOR, `${path}/addPassword`, {
      passwordCredential: { displayName: "new" },
    });
    expect(status).toBe(200);
    expect(headers["Location"]).toBe("https://graph.microsoft.com");
    expect(body).toMatchObject({
      "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.passwordCredential",
      customKeyIdentifier: null,
      displayName: "new",
      startDateTime: "2026-11-20T10:00:00.000Z",
      endDateTime: "2028-11-20T10:00:00.000Z",
    });
    expect(body["hint"]).toBe(String(body["secretText"]).slice(0, 3));
    const read = under.passwords(path);
    expect(read.find(({ keyId }) => keyId === body["keyId"])?.secretText).toBeNull();
  });

  test("removePassword answers 204 without a body and without OData-Version", () => {
    const under = graphUnderTest({ directory: DEPLOY });
    const path = `/applications/${under.id("application.deploy")}`;
    const answer = under.post(ACTOR, `${path}/removePassword`, { keyId: under.id("keyId.deploy.leaked") });
    expect(answer.status).toBe(204);
    expect(answer.body).toEqual({});
    expect(answer.headers).not.toHaveProperty("OData-Version");
    const left = under.passwords(path);
    expect(left.map(({ keyId }) => keyId)).toEqual([under.id("keyId.deploy.other")]);
  });

  test("removing an unknown keyId says that no password credential was found", () => {
    const under = graphUnderTest({ directory: DEPLOY });
    const answer = under.post(ACTOR, `/applications/${under.id("application.deploy")}/removePassword`, {
      keyId: under.tenant.id,
    });
    expect(answer.status).toBe(400);
    expect(answer.error?.message).toContain("No password credential found with keyId");
  });

  test("credentials of the service principal are apart from the application's", () => {
    const under = graphUnderTest({ directory: DEPLOY });
    const path = `/servicePrincipals(appId='${under.appId("deploy")}')`;
    const held = under.passwords(path);
    expect(held.map(({ keyId }) => keyId)).toEqual([under.id("keyId.deploy.servicePrincipal.rogue")]);
    expect(under.post(ACTOR, `${path}/removePassword`, { keyId: held[0]?.keyId }).status).toBe(204);
    expect(under.get(READER, path).body["passwordCredentials"]).toEqual([]);
  });

  test("PATCH may leave passwords out, but a new one must be made by the action", () => {
    const under = graphUnderTest({ directory: DEPLOY });
    const path = `/applications/${under.id("application.deploy")}`;
    const added = under.patch(ACTOR, path, { passwordCredentials: [{ displayName: "mine" }] });
    expect(added.status).toBe(400);
    expect(added.error).toMatchObject({
      code: "Request_BadRequest",
      message: "New password credentials must be generated using service actions.",
    });
    expect(
      under.patch(ACTOR, path, { passwordCredentials: [{ keyId: under.id("keyId.deploy.other") }] }).status,
    ).toBe(204);
    const left = under.passwords(path);
    expect(left.map(({ keyId }) => keyId)).toEqual([under.id("keyId.deploy.other")]);
  });
});

describe("certificates", () => {
  test("the bytes are shown only when keyCredentials is selected by name", () => {
    const under = graphUnderTest({ directory: DEPLOY });
    const path = `/applications/${under.id("application.deploy")}`;
    const plain = under.keysUnasked(path);
    expect(plain.map(({ key }) => key)).toEqual([null, null]);
    expect(under.keys(path).every(({ key }) => (key ?? "").startsWith("MII"))).toBe(true);
  });

  test("PATCH replaces the whole collection, without any proof", () => {
    const under = graphUnderTest({ directory: DEPLOY });
    const path = `/applications/${under.id("application.deploy")}`;
    const [, release] = under.keys(path);
    expect(under.patch(ACTOR, path, { keyCredentials: [release] }).status).toBe(204);
    expect(under.keys(path)).toEqual([release]);
    expect(under.patch(ACTOR, path, { keyCredentials: [] }).status).toBe(204);
    expect(under.keys(path)).toEqual([]);
  });

  test("a kept certificate sent back without its bytes is an update that is not allowed", () => {
    const under = graphUnderTest({ directory: DEPLOY });
    const path = `/applications/${under.id("application.deploy")}`;
    const [build] = under.keysUnasked(path);
    const answer = under.patch(ACTOR, path, { keyCredentials: [build] });
    expect(answer.status).toBe(400);
    expect(answer.error).toMatchObject({
      code: "Request_BadRequest",
      message: `Update to existing credential with KeyId '${build?.keyId ?? ""}' is not allowed.`,
    });
    expect(under.keys(path)).toHaveLength(2);
  });

  test("dropping one half of a SAML signing triple answers success and changes nothing", () => {
    const under = graphUnderTest({ directory: DEPLOY });
    const path = `/servicePrincipals/${under.id("servicePrincipal.saml")}`;
    const keys = under.keys(path);
    expect(keys.map(({ usage }) => usage).toSorted()).toEqual(["Sign", "Verify"]);
    expect(new Set(keys.map(({ customKeyIdentifier }) => customKeyIdentifier)).size).toBe(1);
    expect(under.patch(ACTOR, path, { keyCredentials: [] }).status).toBe(204);
    expect(under.keys(path)).toEqual(keys);
    expect(under.patch(ACTOR, path, { passwordCredentials: [] }).status).toBe(204);
    expect(under.get(READER, path).body["passwordCredentials"]).toHaveLength(1);
    expect(under.patch(ACTOR, path, { keyCredentials: [], passwordCredentials: [] }).status).toBe(204);
    expect(under.keys(path)).toEqual([]);
    expect(under.get(READER, path).body["passwordCredentials"]).toEqual([]);
  });

  test("the password of a SAML signing key cannot be removed on its own: 500", () => {
    const under = graphUnderTest({ directory: DEPLOY });
    const path = `/servicePrincipals/${under.id("servicePrincipal.saml")}`;
    const keyId = under.id("keyId.saml.servicePrincipal.signing.sign");
    expect(under.post(ACTOR, `${path}/removePassword`, { keyId }).status).toBe(500);
  });

  test("removeKey demands a proof signed by a valid key of that very object", () => {
    const under = graphUnderTest({ directory: DEPLOY });
    const id = under.id("application.deploy");
    const keyId = under.id("keyId.deploy.release");
    const path = `/applications/${id}/removeKey`;
    expect(under.post(ACTOR, path, { keyId, proof: "e30.e30.e30" }).status).toBe(403);
    expect(
      under.post(ACTOR, path, { keyId, proof: proof(under, "build", under.id("application.saml")) }).status,
    ).toBe(403);
    expect(under.post(ACTOR, path, { keyId, proof: proof(under, "build", id, 1_200) }).status).toBe(403);
    expect(under.post(ACTOR, path, { keyId, proof: proof(under, "build", id) }).status).toBe(204);
    expect(under.keys(`/applications/${id}`).map((key) => key.keyId)).toEqual([
      under.id("keyId.deploy.build"),
    ]);
  });
});

function proof(
  under: ReturnType<typeof graphUnderTest>,
  name: string,
  issuer: string,
  forSeconds = 600,
): string {
  const { privateKeyPem } = scenarioCertificate({ name, start: "-30d", end: "+335d" }, "deploy", under.names);
  const now = Math.floor(under.clock.now() / 1_000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "RS256", typ: "JWT" })}.${part({
    aud: "00000002-0000-0000-c000-000000000000",
    iss: issuer,
    nbf: now,
    exp: now + forSeconds,
  })}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), createPrivateKey(privateKeyPem)).toString("base64url")}`;
}
