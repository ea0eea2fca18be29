import type { HostLog } from "../log.ts";
import type { HostSettings } from "./host-json.ts";
import type { LocalSettings } from "./local-settings.ts";

/** Says once, at start, which settings do nothing on this host, and why. */
export function sayIgnoredSettings(
  settings: HostSettings,
  local: LocalSettings | undefined,
  log: HostLog,
): void {
  const say = (message: string): void => log({ level: "warning", category: "Host.Startup", message });
  for (const { path, reason } of settings.ignored) say(`host.json: ${path} is ignored: ${reason}`);
  for (const path of local?.ignored ?? []) say(`local.settings.json: ${path} is ignored`);
}
