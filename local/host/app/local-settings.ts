import { z } from "zod";
import { HostError } from "../host-error.ts";

export interface LocalSettings {
  readonly values: Readonly<Record<string, string>>;
  readonly port: number | undefined;
  readonly ignored: readonly string[];
}

const File = z
  .object({
    IsEncrypted: z.boolean().optional(),
    Values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).optional(),
    Host: z.object({ LocalHttpPort: z.number().int().optional() }).catchall(z.unknown()).optional(),
  })
  .catchall(z.unknown());

/** Reads local.settings.json. Encrypted files are refused: only Core Tools on the machine that made them can read those. */
export function parseLocalSettings(text: string): LocalSettings {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new HostError("LOCAL_SETTINGS_INVALID", "local.settings.json is not JSON", { cause });
  }
  const parsed = File.safeParse(json);
  if (!parsed.success) {
    // Paths only: the values of this file are secrets.
    const paths = parsed.error.issues.map((it) => it.path.join("."));
    throw new HostError("LOCAL_SETTINGS_INVALID", `local.settings.json cannot be used: ${paths.join(", ")}`);
  }
  const { IsEncrypted, Values = {}, Host = {}, ...others } = parsed.data;
  if (IsEncrypted === true)
    throw new HostError(
      "LOCAL_SETTINGS_INVALID",
      "local.settings.json is encrypted; decrypt it with `func settings decrypt`",
    );
  const { LocalHttpPort, ...otherHostSettings } = Host;
  return {
    values: Values,
    port: LocalHttpPort,
    ignored: [...Object.keys(otherHostSettings).map((it) => `Host.${it}`), ...Object.keys(others)],
  };
}

/** Puts the values into the environment, as Core Tools does: what is already set there wins. */
export function applyLocalSettings(settings: LocalSettings, environment: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(settings.values)) environment[name] ??= value;
}
