import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "../../local/storage/azurite.ts";
import type { CheckpointSigner } from "../../src/record/checkpoint-signer.ts";
import { keyVaultSigner } from "../../src/record/key-vault-signer.ts";
import { openRecord } from "../../src/record/open-record.ts";
import { verifyRecord } from "../../src/record/verify.ts";
import { startVaultTenant, type VaultTenant } from "../tenant/key-vault/vaults-under-test.ts";
import { bytesOf, newContainer, writeRecord } from "./sample.ts";

const KEY = "https://kv-rbac.vault.azure.net/keys";
let tenant: VaultTenant;
let azurite: Azurite;
let inside: Disposable;

beforeAll(async () => {
  azurite = await startAzurite();
  tenant = await startVaultTenant();
  inside = tenant.enterProcess();
});
afterAll(async () => {
  inside[Symbol.dispose]();
  await Promise.all([tenant.stop(), azurite.stop()]);
});

async function recordSignedBy(sign: CheckpointSigner, name: string) {
  const container = await newContainer(azurite, name);
  return openRecord({ container, caseId: "case", sign, clock: () => new Date() });
}

test("a record signed in the vault verifies with the key's public half, and names the version that signed", async () => {
  const sign = keyVaultSigner(`${KEY}/record`, tenant.credential("officer"));
  const record = await recordSignedBy(sign, "signed");
  await writeRecord(record);
  const bytes = await bytesOf(record.sealed());
  const { publicKey, keyId } = await sign.key();
  expect(keyId).toMatch(/^https:\/\/kv-rbac\.vault\.azure\.net\/keys\/record\/[0-9a-f]{32}$/);
  expect(await verifyRecord(() => [bytes], { keys: [publicKey] })).toMatchObject({
    kind: "intact",
    signedBy: { keyId, trusted: true },
  });
});

test("after a rotation that disabled the version in use, the next checkpoint is signed with the new one", async () => {
  const keys = tenant.keys("kv-rbac", "officer");
  const before = await keys.createEcKey("rotating", { curve: "P-256" });
  const sign = keyVaultSigner(`${KEY}/rotating`, tenant.credential("officer"));
  const record = await recordSignedBy(sign, "rotated");
  await writeRecord(record, { waves: 1 });
  const after = await keys.rotateKey("rotating");
  await keys.updateKeyProperties("rotating", before.properties.version ?? "", { enabled: false });

  const actor = { kind: "system", component: "watch" } as const;
  const entry = { id: "w", type: "watch-ended", actor, data: { reason: "asked" } } as const;
  expect(await record.append([entry], { withCheckpoint: true })).toMatchObject({
    checkpoint: { kind: "failed" },
  });
  expect(await record.checkpoint()).toMatchObject({ checkpoint: { kind: "signed" } });
  const { publicKey, keyId } = await sign.key();
  expect(keyId).toBe(after.id);
  // The new key alone is enough: its checkpoint vouches for the older ones.
  const bytes = await bytesOf(record.sealed());
  expect(await verifyRecord(() => [bytes], { keys: [publicKey] })).toMatchObject({ kind: "intact" });
});

test("an identity that may not sign leaves a record without a checkpoint, and says so", async () => {
  const sign = keyVaultSigner(`${KEY}/record`, tenant.credential("user"));
  const record = await recordSignedBy(sign, "unsigned");
  await expect(record.checkpoint()).resolves.toMatchObject({ head: { seq: 0 } });
  const actor = { kind: "system", component: "watch" } as const;
  const entry = { id: "w", type: "watch-ended", actor, data: { reason: "asked" } } as const;
  const appended = await record.append([entry], { withCheckpoint: true });
  expect(appended).toMatchObject({
    head: { seq: 1 },
    checkpoint: { kind: "failed", cause: { statusCode: 403 } },
  });
});
