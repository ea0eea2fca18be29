import { createECDH, createHash } from "node:crypto";
import { z } from "zod";
import type { ScenarioNames } from "../scenario/names.ts";

/** What secrets and keys have in common. Times in milliseconds since 1970; Key Vault answers whole seconds. */
export interface ObjectAttributes {
  enabled: boolean;
  notBefore?: number | undefined;
  expires?: number | undefined;
  readonly created: number;
  updated: number;
}

export interface SecretVersion extends ObjectAttributes {
  /** 32 hexadecimal digits. */
  readonly version: string;
  readonly value: string;
  contentType?: string | undefined;
  tags?: Readonly<Record<string, string>> | undefined;
}

export interface VaultSecret {
  readonly name: string;
  /** Backed by a certificate of the same name: only the certificate may write it. */
  readonly managed: boolean;
  /** Oldest first; the last is the current one. */
  readonly versions: SecretVersion[];
}

/** A P-256 key pair as JWK members. */
export interface EcJwk {
  readonly x: string;
  readonly y: string;
  readonly d: string;
}

export interface KeyVersion extends ObjectAttributes {
  readonly version: string;
  readonly jwk: EcJwk;
  operations: readonly string[];
  tags?: Readonly<Record<string, string>> | undefined;
}

export interface VaultKey {
  readonly name: string;
  readonly versions: KeyVersion[];
}

export interface DeletedObject<T> {
  readonly object: T;
  readonly deletedAt: number;
  readonly purgeAt: number;
}

/** How a vault's diagnostic setting exports its audit log. */
export type VaultDiagnostics = "resource-specific" | "azure-diagnostics" | "both" | "none";

/** The data plane of one vault. The vault itself (permission model, policies, firewall) is the ARM resource. */
export interface VaultData {
  readonly name: string;
  readonly diagnostics: VaultDiagnostics;
  readonly secrets: Map<string, VaultSecret>;
  readonly deletedSecrets: Map<string, DeletedObject<VaultSecret>>;
  readonly keys: Map<string, VaultKey>;
  readonly deletedKeys: Map<string, DeletedObject<VaultKey>>;
}

export interface VaultState {
  /** By lower-case vault name, which is unique in all of Azure. */
  readonly vaults: Map<string, VaultData>;
}

export function emptyVaults(): VaultState {
  return { vaults: new Map() };
}

/** The data plane of a vault, made when it is first asked for: ARM creates vaults without telling the data plane. */
export function vaultData(
  state: VaultState,
  name: string,
  diagnostics: VaultDiagnostics = "resource-specific",
): VaultData {
  const key = name.toLowerCase();
  const known = state.vaults.get(key);
  if (known !== undefined) {
    return known;
  }
  const made: VaultData = {
    name,
    diagnostics,
    secrets: new Map(),
    deletedSecrets: new Map(),
    keys: new Map(),
    deletedKeys: new Map(),
  };
  state.vaults.set(key, made);
  return made;
}

/** Secret and key names are compared without case. */
export function objectKey(name: string): string {
  return name.toLowerCase();
}

const ObjectName = z.string().regex(/^[0-9A-Za-z-]{1,127}$/);
const Tags = z.record(z.string(), z.string());

const SecretVersionSection = z.strictObject({
  version: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional(),
  /** Left out, the value is the scenario's own secret for this name. */
  value: z.string().optional(),
  contentType: z.string().optional(),
  tags: Tags.optional(),
  enabled: z.boolean().default(true),
  created: z.string().default("-30d"),
  notBefore: z.string().optional(),
  expires: z.string().optional(),
});

/** What a scenario says of the contents of its vaults. */
export const VaultSection = z.record(
  z.string(),
  z.strictObject({
    diagnostics: z
      .enum(["resource-specific", "azure-diagnostics", "both", "none"])
      .default("resource-specific"),
    secrets: z
      .record(
        ObjectName,
        z.strictObject({
          managed: z.boolean().default(false),
          deleted: z.string().optional(),
          versions: z.array(SecretVersionSection).min(1),
        }),
      )
      .default({}),
    keys: z
      .record(ObjectName, z.strictObject({ created: z.string().default("-30d"), tags: Tags.optional() }))
      .default({}),
  }),
);
export type VaultSection = z.input<typeof VaultSection>;

const SOFT_DELETE_IN_MS = 90 * 86_400_000;

/** The vaults' contents as a scenario begins. Ids, values and key material follow the names. */
export function loadVaults(section: VaultSection, names: ScenarioNames): VaultState {
  const state = emptyVaults();
  for (const [name, given] of Object.entries(VaultSection.parse(section))) {
    const vault = vaultData(state, name, given.diagnostics);
    for (const [secretName, secretGiven] of Object.entries(given.secrets)) {
      const secret: VaultSecret = {
        name: secretName,
        managed: secretGiven.managed,
        versions: secretGiven.versions.map((version, index) => {
          const created = Date.parse(names.at(version.created));
          return {
            version: version.version ?? hexName(names, "secretVersion", `${name}.${secretName}.${index}`),
            value: version.value ?? names.secret("vaultSecret", `${name}.${secretName}.${index}`),
            contentType: version.contentType,
            tags: version.tags,
            enabled: version.enabled,
            created,
            updated: created,
            notBefore: momentOf(names, version.notBefore),
            expires: momentOf(names, version.expires),
          };
        }),
      };
      if (secretGiven.deleted === undefined) {
        vault.secrets.set(objectKey(secretName), secret);
      } else {
        const deletedAt = Date.parse(names.at(secretGiven.deleted));
        vault.deletedSecrets.set(objectKey(secretName), {
          object: secret,
          deletedAt,
          purgeAt: deletedAt + SOFT_DELETE_IN_MS,
        });
      }
    }
    for (const [keyName, keyGiven] of Object.entries(given.keys)) {
      const created = Date.parse(names.at(keyGiven.created));
      vault.keys.set(objectKey(keyName), {
        name: keyName,
        versions: [
          {
            version: hexName(names, "keyVersion", `${name}.${keyName}.0`),
            jwk: ecJwkFrom(names.secret("vaultKey", `${name}.${keyName}`)),
            operations: ["sign", "verify"],
            tags: keyGiven.tags,
            enabled: true,
            created,
            updated: created,
          },
        ],
      });
    }
  }
  return state;
}

/** The P-256 key pair that belongs to a seed: the same seed always gives the same pair. */
export function ecJwkFrom(seed: string): EcJwk {
  const scalar = createHash("sha256").update(seed).digest();
  // The group order begins with 32 one bits, so a scalar whose first bit is zero is always below it.
  scalar[0] = (scalar[0] ?? 0) & 0x7f;
  const pair = createECDH("prime256v1");
  pair.setPrivateKey(scalar);
  const point = pair.getPublicKey();
  return {
    x: point.subarray(1, 33).toString("base64url"),
    y: point.subarray(33, 65).toString("base64url"),
    d: scalar.toString("base64url"),
  };
}

function hexName(names: ScenarioNames, kind: string, name: string): string {
  return names.guid(kind, name).replaceAll("-", "");
}

function momentOf(names: ScenarioNames, when: string | undefined): number | undefined {
  return when === undefined ? undefined : Date.parse(names.at(when));
}
