import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import type { AzureFailure } from "../azure/failure.ts";
import { sideBySide } from "../azure/side-by-side.ts";
import { type ConsumerCheck, goOn, type RotationState, type StageResult } from "./rotation.ts";
import type { RotationWork } from "./work.ts";

/** A setting of a site or slot that reads a secret of a vault. */
export interface Consumer {
  readonly siteId: string;
  readonly setting: string;
  readonly vaultName: string;
  readonly secretName: string;
  /** Null: the newest, once it is looked up again. */
  readonly version: string | null;
}

const API = "2023-12-01";
const SITES_AT_ONCE = 10;
const LOOK_AGAIN_IN_MS = 3_000;
const MOST_LOOKS = 4;

const Site = z.object({ id: z.string() });
const Reference = z.object({
  name: z.string(),
  properties: z.object({
    vaultName: z.string().nullish(),
    secretName: z.string().nullish(),
    secretVersion: z.string().nullish(),
    status: z.string().nullish(),
    activeVersion: z.string().nullish(),
  }),
});

/** Sites and slots whose app settings refer to Key Vault, and what could not be asked. One list for all rotations of a plan. */
export async function findConsumers(azure: Azure): Promise<{
  readonly consumers: readonly Consumer[];
  readonly unread: readonly { readonly siteId: string; readonly code: AzureFailure["code"] }[];
}> {
  const sites = await azure.arm.resourceGraph(
    `resources | where type in~ ('microsoft.web/sites', 'microsoft.web/sites/slots') | project id | order by id asc`,
    Site,
  );
  if (sites.kind === "failed")
    return { consumers: [], unread: [{ siteId: "every site", code: sites.failure.code }] };
  const unread: { siteId: string; code: AzureFailure["code"] }[] = [];
  const found = await sideBySide(sites.value, SITES_AT_ONCE, async ({ id }) => {
    const references = await azure.arm.list(`${id}/config/configreferences/appsettings`, API, Reference);
    if (references.kind === "failed") {
      unread.push({ siteId: id, code: references.failure.code });
      return [];
    }
    return references.value.flatMap(({ name, properties }): Consumer[] =>
      properties.vaultName == null || properties.secretName == null
        ? []
        : [
            {
              siteId: id,
              setting: name,
              vaultName: properties.vaultName,
              secretName: properties.secretName,
              version:
                properties.secretVersion == null || properties.secretVersion === ""
                  ? null
                  : properties.secretVersion,
            },
          ],
    );
  });
  return { consumers: found.flat(), unread };
}

/** Has every site that refers to the secret look it up again, and checks that it got the new version. */
export async function tellConsumers(work: RotationWork, state: RotationState): Promise<StageResult> {
  const { azure, journal, consumers } = work;
  const next = work.rotation.mode === "hygiene" ? "overlap" : "retire";
  if (consumers.length === 0 || state.newVersion === null) return goOn(state, next);
  const checks: ConsumerCheck[] = [];
  for (const { siteId, setting, version } of consumers) {
    if (version !== null) {
      checks.push({ resourceId: siteId, setting, state: "pinned" });
      continue;
    }
    if (state.looks === 0) {
      await journal.intend("refresh-references", { siteId });
      const path = `${siteId}/config/configreferences/appsettings/refresh`;
      const asked = await azure.arm.post(path, API, {}, z.unknown());
      // The site looks by itself within a day; until then it goes on with the old value, and somebody has to know.
      if (asked.kind === "failed") {
        journal.note("refresh-refused", { resource: siteId, code: asked.failure.code });
      }
    }
    const seen = await azure.arm.get(
      `${siteId}/config/configreferences/appsettings/${encodeURIComponent(setting)}`,
      API,
      Reference,
    );
    checks.push({ resourceId: siteId, setting, state: stateOf(seen, state.newVersion) });
  }
  const isOpen = checks.some((it) => it.state === "not-yet");
  if (isOpen && state.looks < MOST_LOOKS)
    return goOn({ ...state, consumers: checks }, "tell", LOOK_AGAIN_IN_MS);
  for (const it of checks)
    journal.note("consumer", { resource: it.resourceId, setting: it.setting, state: it.state });
  return goOn({ ...state, consumers: checks }, next);
}

function stateOf(seen: Awaited<ReturnType<Azure["arm"]["get"]>>, newVersion: string): ConsumerCheck["state"] {
  if (seen.kind === "failed") return "unreadable";
  const parsed = Reference.safeParse(seen.value);
  if (!parsed.success) return "unreadable";
  return parsed.data.properties.activeVersion === newVersion ? "refreshed" : "not-yet";
}
