import { z } from "zod";
import { sideBySide } from "../azure/side-by-side.ts";
import type { Activity } from "../case/activity.ts";
import type { PublishingDoors } from "../case/scope.ts";
import { readOr } from "./gaps.ts";
import { byText } from "./identifiers.ts";
import type { Reading } from "./reading.ts";

const API = "2024-04-01";
const SITE =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Web\/sites\/[^/]+(?:\/slots\/[^/]+)?/i;
const READS_AT_ONCE = 8;
/** Who lists the profiles of a whole estate must not keep us reading; of the rest a person says how they were. */
const MOST_SITES = 100;
const Door = z.object({ properties: z.object({ allow: z.boolean() }) });

/**
 * How the two doors for publishing with a password stand, of the sites whose publishing credential was taken: what shutting
 * them is undone to. Two reads a site, side by side; what cannot be read is a gap.
 */
export async function readPublishingDoors(
  { azure: { arm }, gaps }: Reading,
  timeline: readonly Activity[],
): Promise<readonly PublishingDoors[]> {
  const taken = timeline.flatMap(({ expanded, target }) => {
    const siteId = expanded === "publishing-credential" ? SITE.exec(target ?? "")?.[0] : undefined;
    return siteId === undefined ? [] : [siteId];
  });
  const sites = [...new Map(taken.map((siteId) => [siteId.toLowerCase(), siteId])).values()].toSorted(byText);
  const about = "publishing with a password";
  if (sites.length > MOST_SITES)
    gaps.note(about, "CUT_OFF", `${sites.length - MOST_SITES} sites were not asked`);
  const doors = await sideBySide(sites.slice(0, MOST_SITES), READS_AT_ONCE, async (siteId) => {
    const look = async (door: string) =>
      readOr<z.infer<typeof Door> | null>(
        gaps,
        `${about} of ${siteId}`,
        await arm.get(`${siteId}/basicPublishingCredentialsPolicies/${door}`, API, Door),
        null,
      );
    const [scm, ftp] = await Promise.all([look("scm"), look("ftp")]);
    return scm === null || ftp === null
      ? null
      : { siteId, scm: scm.properties.allow, ftp: ftp.properties.allow };
  });
  return doors.filter((it) => it !== null);
}
