import { z } from "zod";
import type { Azure } from "../../azure/azure.ts";
import { sideBySide } from "../../azure/side-by-side.ts";
import { patiently } from "../patience.ts";
import type { Consumer, Seen, Unread } from "./consumer.ts";

const API = "2023-12-01";
const SITES_AT_ONCE = 50;
/** Tenants with more sites than this are asked about the first ones only, and that is said. */
export const MOST_SITES = 300;

const Reference = z.object({
  name: z.string(),
  properties: z.object({
    vaultName: z.string().nullish(),
    secretName: z.string().nullish(),
    secretVersion: z.string().nullish(),
  }),
});

const LISTS = [
  ["app-setting", "appsettings"],
  ["connection-string", "connectionstrings"],
] as const;

/** The Key Vault references of sites, function apps and slots, among settings and connection strings: never their values. */
export async function readSiteReferences(azure: Azure, siteIds: readonly string[]): Promise<Seen> {
  const unread: Unread[] = [];
  const lists = siteIds
    .slice(0, MOST_SITES)
    .flatMap((siteId) => LISTS.map(([kind, list]) => ({ siteId, kind, list })));
  const found = await sideBySide(lists, SITES_AT_ONCE, async ({ siteId, kind, list }) => {
    const read = await patiently(() =>
      azure.arm.list(`${siteId}/config/configreferences/${list}`, API, Reference),
    );
    if (read.kind === "failed") {
      // A site on a plan without the feature answers that it is not there.
      if (read.failure.code !== "NOT_FOUND")
        unread.push({ what: `Key Vault references of ${siteId}`, failure: read.failure });
      return [];
    }
    return read.value.flatMap(({ name, properties: { vaultName, secretName, secretVersion } }): Consumer[] =>
      vaultName == null || secretName == null
        ? []
        : [
            {
              kind,
              resourceId: siteId,
              setting: name,
              vaultName,
              secretName,
              version: secretVersion == null || secretVersion === "" ? null : secretVersion,
            },
          ],
    );
  });
  return { consumers: found.flat(), unread };
}
