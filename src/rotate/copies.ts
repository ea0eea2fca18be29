import { z } from "zod";
import { Secret } from "../azure/secret.ts";
import { sideBySide } from "../azure/side-by-side.ts";
import type { StageWork } from "./at-hand.ts";
import type { ConsumerCheck, RotationState } from "./rotation.ts";
import { holds } from "./secret-text.ts";

const API = "2023-12-01";
const AT_ONCE = 8;
/** Shorter values stand in settings by chance. */
const SHORTEST = 12;

const AppSettings = z.object({ properties: z.record(z.string(), z.string().nullish()) });
const ConnectionStrings = z.object({
  properties: z.record(z.string(), z.object({ value: z.string().nullish() })),
});
const LISTS = [
  ["app-setting", "appsettings"],
  ["connection-string", "connectionstrings"],
] as const;

/**
 * Settings of sites that hold the old value itself, which no refresh reaches: read and compared in here, named, never
 * kept. While the old version can still be read; sites that do not let us read their settings are noted.
 */
export async function findCopies(
  { azure, siteIds, journal, atHand }: StageWork,
  { oldVersion }: RotationState,
): Promise<readonly ConsumerCheck[]> {
  if (siteIds.length === 0 || oldVersion === null) return [];
  const old = await atHand.version(oldVersion);
  if (old.kind === "failed") return [];
  const value = old.value.secret;
  if (value.reveal().length < SHORTEST) return [];
  let refused = 0;
  const lists = siteIds.flatMap((siteId) => LISTS.map(([kind, list]) => ({ siteId, kind, list })));
  const found = await sideBySide(lists, AT_ONCE, async ({ siteId, kind, list }) => {
    const path = `${siteId}/config/${list}/list`;
    const settings =
      kind === "app-setting"
        ? await azure.arm.post(path, API, undefined, AppSettings)
        : await azure.arm.post(path, API, undefined, ConnectionStrings);
    if (settings.kind === "failed") {
      refused += 1;
      return [];
    }
    return Object.entries(settings.value.properties).flatMap(([setting, held]): ConsumerCheck[] => {
      const text = typeof held === "string" ? held : held?.value;
      if (text == null) return [];
      using copy = new Secret(text);
      return holds(copy, value) ? [{ kind, resourceId: siteId, setting, state: "copy" }] : [];
    });
  });
  if (refused > 0) journal.note("copies-not-looked-for", { lists: refused });
  return found.flat();
}
