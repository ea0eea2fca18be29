import { z } from "zod";
import type { Azure } from "../../azure/azure.ts";
import { sideBySide } from "../../azure/side-by-side.ts";
import { patiently } from "../patience.ts";
import { addressesIn, type Consumer, type Seen, type Unread } from "./consumer.ts";

const NAMED_VALUES_API = "2022-08-01";
const LINKED_SERVICES_API = "2018-06-01";
const AT_ONCE = 10;

const NamedValue = z.object({
  name: z.string(),
  properties: z.object({ keyVault: z.object({ secretIdentifier: z.string().nullish() }).nullish() }),
});
const LinkedService = z.object({
  name: z.string(),
  properties: z.object({ type: z.string(), typeProperties: z.unknown() }),
});
const VaultService = z.object({ baseUrl: z.string() });
const SecretOfService = z.object({
  type: z.literal("AzureKeyVaultSecret"),
  store: z.object({ referenceName: z.string() }),
  secretName: z.string(),
  secretVersion: z.string().nullish(),
});

/** Named values of API Management services that are kept in a vault. One request a service. */
export function readNamedValues(azure: Azure, serviceIds: readonly string[]): Promise<Seen> {
  return readEach(serviceIds, "named values", async (id) => {
    const read = await patiently(() => azure.arm.list(`${id}/namedValues`, NAMED_VALUES_API, NamedValue));
    if (read.kind === "failed") return read;
    const consumers = read.value.flatMap(({ name, properties: { keyVault } }) =>
      addressesIn(keyVault?.secretIdentifier ?? "").map((address): Consumer => ({
        kind: "named-value",
        resourceId: id,
        setting: name,
        ...address,
      })),
    );
    return { kind: "ok", consumers };
  });
}

/** Linked services of data factories that take a secret of a vault, which is a linked service itself. One request a factory. */
export function readLinkedServices(azure: Azure, factoryIds: readonly string[]): Promise<Seen> {
  return readEach(factoryIds, "linked services", async (id) => {
    const read = await patiently(() =>
      azure.arm.list(`${id}/linkedservices`, LINKED_SERVICES_API, LinkedService),
    );
    if (read.kind === "failed") return read;
    const vaults = new Map(
      read.value.flatMap(({ name, properties: { type, typeProperties } }) => {
        const url =
          type === "AzureKeyVault" ? VaultService.safeParse(typeProperties).data?.baseUrl : undefined;
        const vaultName = /^https:\/\/([a-z0-9-]{3,24})\.vault\.azure\.net/i.exec(url ?? "")?.[1];
        return vaultName === undefined ? [] : [[name, vaultName] as const];
      }),
    );
    const consumers = read.value.flatMap(({ name, properties }) =>
      secretsIn(properties.typeProperties).flatMap(({ store, secretName, secretVersion }): Consumer[] => {
        const vaultName = vaults.get(store.referenceName);
        return vaultName === undefined
          ? []
          : [
              {
                kind: "linked-service",
                resourceId: id,
                setting: name,
                vaultName,
                secretName,
                version: secretVersion ?? null,
              },
            ];
      }),
    );
    return { kind: "ok", consumers };
  });
}

function secretsIn(value: unknown): readonly z.infer<typeof SecretOfService>[] {
  const secret = SecretOfService.safeParse(value);
  if (secret.success) return [secret.data];
  if (Array.isArray(value)) return value.flatMap(secretsIn);
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(secretsIn) : [];
}

type ReadOne =
  | { readonly kind: "ok"; readonly consumers: readonly Consumer[] }
  | { readonly kind: "failed"; readonly failure: Unread["failure"] };

async function readEach(
  ids: readonly string[],
  what: string,
  read: (id: string) => Promise<ReadOne>,
): Promise<Seen> {
  const unread: Unread[] = [];
  const found = await sideBySide(ids, AT_ONCE, async (id) => {
    const one = await read(id);
    if (one.kind === "ok") return one.consumers;
    unread.push({ what: `${what} of ${id}`, failure: one.failure });
    return [];
  });
  return { consumers: found.flat(), unread };
}
