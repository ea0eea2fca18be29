import { z } from "zod";
import type { Azure } from "../../azure/azure.ts";
import { kqlList } from "../identifiers.ts";
import { patiently } from "../patience.ts";
import { type ProviderCluster, readClusterConsumers } from "./clusters.ts";
import type { Consumer, Seen } from "./consumer.ts";
import { consumersNamedIn, NAMING_RESOURCES, NamingResource } from "./named-in-properties.ts";
import { readLinkedServices, readNamedValues } from "./services.ts";
import { MOST_SITES, readSiteReferences } from "./sites.ts";

const SITES = ["microsoft.web/sites", "microsoft.web/sites/slots"];
const API_MANAGEMENT = "microsoft.apimanagement/service";
const DATA_FACTORY = "microsoft.datafactory/factories";
const CLUSTER = "microsoft.containerservice/managedclusters";

const Asked = z.object({
  id: z.string(),
  type: z.string().transform((type) => type.toLowerCase()),
  provider: z.unknown(),
});

const ASKED = `resources
| where type in~ ${kqlList([...SITES, API_MANAGEMENT, DATA_FACTORY, CLUSTER])}
| project id, type, provider = properties.addonProfiles.azureKeyvaultSecretsProvider
| order by id asc`;

const Provider = z.object({ enabled: z.literal(true), identity: z.object({ objectId: z.guid() }) });

/** Who takes secrets of vaults, as far as the management plane shows, and what could not be asked for it. */
export interface ConsumersSeen extends Seen {
  /** Every site and slot, whether it takes one or not. */
  readonly siteIds: readonly string[];
  /** Sites that were not asked, because there are too many. */
  readonly sitesLeftOut: number;
}

/**
 * Asks whatever is known to take secrets of a vault which ones, never for values. Two queries, then one or two requests for
 * each site, API Management service and data factory, all side by side. Code that reads the vault itself shows in the
 * vault's log only.
 */
export async function readConsumers(azure: Azure): Promise<ConsumersSeen> {
  const [asked, naming] = await Promise.all([
    patiently(() => azure.arm.resourceGraph(ASKED, Asked)),
    patiently(() => azure.arm.resourceGraph(NAMING_RESOURCES, NamingResource)),
  ]);
  const unread = [
    ...(asked.kind === "failed" ? [{ what: "who takes secrets of vaults", failure: asked.failure }] : []),
    ...(naming.kind === "failed" ? [{ what: "resources that name secrets", failure: naming.failure }] : []),
  ];
  const rows = asked.kind === "failed" ? [] : asked.value;
  const idsOf = (...types: readonly string[]) =>
    rows.filter(({ type }) => types.includes(type)).map(({ id }) => id);
  const siteIds = idsOf(...SITES);
  const seen = await Promise.all([
    readSiteReferences(azure, siteIds),
    readNamedValues(azure, idsOf(API_MANAGEMENT)),
    readLinkedServices(azure, idsOf(DATA_FACTORY)),
    readClusterConsumers(azure, rows.flatMap(providerCluster)),
  ]);
  return {
    consumers: [
      ...seen.flatMap(({ consumers }) => consumers),
      ...(naming.kind === "failed" ? [] : naming.value.flatMap(consumersNamedIn)),
    ],
    unread: [...unread, ...seen.flatMap((it) => it.unread)],
    siteIds,
    sitesLeftOut: Math.max(0, siteIds.length - MOST_SITES),
  };
}

function providerCluster({ id, provider }: z.infer<typeof Asked>): readonly ProviderCluster[] {
  const parsed = Provider.safeParse(provider);
  return parsed.success ? [{ id, identity: parsed.data.identity.objectId.toLowerCase() }] : [];
}

/** Consumers by the secret they take; those that may take any of a vault's stand with every secret of it. */
export function consumersBySecret(consumers: readonly Consumer[]) {
  const bySecret = Map.groupBy(consumers, ({ vaultName, secretName }) =>
    `${vaultName}/${secretName ?? "*"}`.toLowerCase(),
  );
  return {
    of(vaultName: string, secretName: string): readonly Consumer[] {
      const keys = [`${vaultName}/${secretName}`, `${vaultName}/*`].map((key) => key.toLowerCase());
      return keys.flatMap((key) => bySecret.get(key) ?? []);
    },
  };
}
