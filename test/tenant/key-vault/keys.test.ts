import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from "node:crypto";
import { CryptographyClient } from "@azure/keyvault-keys";
import * as fc from "fast-check";
import { z } from "zod";
import { afterAll, beforeAll, expect, test } from "vitest";
import { publicJwkOf, signDigest, verifyDigest } from "../../../local/tenant/key-vault/p256.ts";
import { ecJwkFrom } from "../../../local/tenant/state/vaults.ts";
import { all, refusalOf, startVaultTenant, type VaultTenant } from "./vaults-under-test.ts";

let tenant: VaultTenant;
beforeAll(async () => {
  tenant = await startVaultTenant();
});
afterAll(() => tenant.stop());

const officer = () => tenant.keys("kv-rbac", "officer");
const cryptography = async (name: string, application = "officer") => {
  const key = await officer().getKey(name);
  return new CryptographyClient(key.id ?? "", tenant.credential(application), {
    ...tenant.clientOptions(),
    retryOptions: { maxRetries: 0 },
  });
};
const Token = z.object({ access_token: z.string() });
const message = Buffer.from("the head of a record");
const digest = createHash("sha256").update(message).digest();

test("a digest signed in the vault verifies with the key's public half and nothing of ours", async () => {
  const key = await officer().getKey("record");
  const { result } = await (await cryptography("record")).sign("ES256", digest);

  const { x, y } = key.key ?? {};
  const publicKey = createPublicKey({
    format: "jwk",
    key: {
      kty: "EC",
      crv: "P-256",
      x: Buffer.from(x ?? []).toString("base64url"),
      y: Buffer.from(y ?? []).toString("base64url"),
    },
  });
  expect(verify("sha256", message, { key: publicKey, dsaEncoding: "ieee-p1363" }, result)).toBe(true);
  expect(
    verify("sha256", Buffer.from("another"), { key: publicKey, dsaEncoding: "ieee-p1363" }, result),
  ).toBe(false);
});

test("the private half never leaves the vault", async () => {
  const key = await officer().getKey("record");

  expect(key.key?.d).toBeUndefined();
  expect(key.keyType).toBe("EC");
  expect(key.key?.crv).toBe("P-256");
});

test("signing needs the right to sign", async () => {
  const client = await cryptography("record", "user");

  await expect(client.sign("ES256", digest)).rejects.toMatchObject({ statusCode: 403, code: "Forbidden" });
});

test("the product's actor signs with the record key, and its reader does not", async () => {
  const signAs = async (identity: string) => {
    const url = `${tenant.identityEndpoint}?api-version=2019-08-01&resource=https://vault.azure.net&client_id=${tenant.names.guid("clientId", identity)}`;
    const answer = await fetch(url, { headers: { "x-identity-header": tenant.identityHeader } });
    const { access_token: token } = Token.parse(await answer.json());
    const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
    return new CryptographyClient("https://kv-tourniquet.vault.azure.net/keys/record", credential, {
      ...tenant.clientOptions(),
      retryOptions: { maxRetries: 0 },
    }).sign("ES256", digest);
  };

  expect((await signAs("id-tourniquet-actor")).result).toHaveLength(64);
  await expect(signAs("id-tourniquet-reader")).rejects.toMatchObject({ statusCode: 403 });
});

test("keys are made, found in versions, rotated and disabled", async () => {
  const client = officer();
  const made = await client.createEcKey("fresh", { curve: "P-256", tags: { use: "test" } });
  const rotated = await client.rotateKey("fresh");

  expect(rotated.properties.version).not.toBe(made.properties.version);
  expect(await all(client.listPropertiesOfKeyVersions("fresh"))).toHaveLength(2);
  await client.updateKeyProperties("fresh", rotated.properties.version ?? "", { enabled: false });
  expect((await client.getKey("fresh")).properties.enabled).toBe(false);
  await expect((await cryptography("fresh")).sign("ES256", digest)).rejects.toMatchObject({
    statusCode: 403,
  });
});

test("an imported key signs as its owner's private key does", async () => {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "", d = "" } = pair.privateKey.export({ format: "jwk" });
  const bytes = (text: string) => Buffer.from(text, "base64url");

  const key = await officer().importKey("imported", {
    kty: "EC",
    crv: "P-256",
    x: bytes(x),
    y: bytes(y),
    d: bytes(d),
    keyOps: ["sign", "verify"],
  });
  const { result } = await (await cryptography("imported")).sign("ES256", digest);

  expect(Buffer.from(key.key?.x ?? []).toString("base64url")).toBe(x);
  expect(verify("sha256", message, { key: pair.publicKey, dsaEncoding: "ieee-p1363" }, result)).toBe(true);
});

test("a kind of key that is not modelled is refused by name", async () => {
  const refusal = await refusalOf(officer().createRsaKey("rsa"));

  expect(refusal).toMatchObject({ status: 400, code: "NotModelled" });
  expect(refusal.message).toContain("RSA");
});

test("the vault's own arithmetic agrees with OpenSSL's, whatever is signed", () => {
  fc.assert(
    fc.property(fc.string(), fc.uint8Array({ minLength: 1, maxLength: 200 }), (seed, content) => {
      const jwk = ecJwkFrom(seed);
      const hash = createHash("sha256").update(content).digest();
      const publicKey = createPublicKey({
        format: "jwk",
        key: { kty: "EC", crv: "P-256", x: jwk.x, y: jwk.y },
      });
      expect(publicJwkOf(jwk.d)).toEqual({ x: jwk.x, y: jwk.y });
      expect(
        verify("sha256", content, { key: publicKey, dsaEncoding: "ieee-p1363" }, signDigest(jwk, hash)),
      ).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test("the vault verifies OpenSSL's signatures, and no other", () => {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = pair.publicKey.export({ format: "jwk" });
  for (let round = 0; round < 5; round += 1) {
    const content = randomBytes(40);
    const hash = createHash("sha256").update(content).digest();
    const signature = sign("sha256", content, { key: pair.privateKey, dsaEncoding: "ieee-p1363" });
    expect(verifyDigest({ x, y }, hash, signature)).toBe(true);
    signature[3] = (signature[3] ?? 0) ^ 1;
    expect(verifyDigest({ x, y }, hash, signature)).toBe(false);
  }
});
