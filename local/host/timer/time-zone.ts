import type { HostLog } from "../log.ts";

/** The zone that schedules are read in: WEBSITE_TIME_ZONE as an IANA name, else UTC as in Azure. */
export function timeZoneOf(setting: string | undefined, log: HostLog): string {
  if (setting === undefined || setting === "") return "UTC";
  try {
    return new Intl.DateTimeFormat("en", { timeZone: setting }).resolvedOptions().timeZone;
  } catch {
    log({
      level: "warning",
      category: "Host.Startup",
      message: `WEBSITE_TIME_ZONE "${setting}" is no IANA time zone; schedules are read as UTC`,
    });
    return "UTC";
  }
}
