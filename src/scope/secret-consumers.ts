import { z } from "zod";
import { sideBySide } from "../azure/side-by-side.ts";
import type { ArmResource } from "./arm-resources.ts";
import { byText } from "./identifiers.ts";
import { patiently } from "./patience.ts";
import type { Reading } from "./reading.ts";

const API = "2023-12-01";
const SITES_AT_ONCE = 50;
/** Tenants with more sites than this are asked about the first ones only, and that is said. */
const MOST_SITES = 300;

const Reference = z.object({
  properties: z.object({ vaultName: z.string().nullish(), secretName: z.string().nullish() }),
});

/** Which sites take a secret as an app setting, by `vault/secret` in lower case: they break when it changes. */
export type SecretConsumers = ReadonlyMap<string, readonly string[]>;

/**
 * Asks every site and slot for its Key Vault references: which secrets, never their values. One round trip. Other
 * consumers (code that reads the vault itself) show in the vault's log only.
 */
export async function readSecretConsumers(
  { azure, gaps }: Reading,
  resources: readonly ArmResource[],
): Promise<SecretConsumers> {
  const sites = resources.filter(
    ({ type }) => type === "microsoft.web/sites" || type === "microsoft.web/sites/slots",
  );
  if (sites.length > MOST_SITES) {
    gaps.note(
      "consumers of secrets",
      "CUT_OFF",
      `${sites.length} sites: only the first ${MOST_SITES} were asked for their Key Vault references`,
    );
  }
  const consumers = new Map<string, string[]>();
  await sideBySide(sites.slice(0, MOST_SITES), SITES_AT_ONCE, async (site) => {
    const read = await patiently(() =>
      azure.arm.list(`${site.id}/config/configreferences/appsettings`, API, Reference),
    );
    if (read.kind === "failed") {
      // A site on a plan without the feature answers that it is not there.
      if (read.failure.code !== "NOT_FOUND") gaps.failed(`Key Vault references of ${site.id}`, read.failure);
      return;
    }
    for (const { properties } of read.value) {
      if (properties.vaultName == null || properties.secretName == null) continue;
      const key = consumerKey(properties.vaultName, properties.secretName);
      consumers.set(key, [...(consumers.get(key) ?? []), site.id]);
    }
  });
  return new Map([...consumers].map(([key, ids]) => [key, [...new Set(ids)].toSorted(byText)]));
}

export function consumerKey(vaultName: string, secretName: string): string {
  return `${vaultName}/${secretName}`.toLowerCase();
}
