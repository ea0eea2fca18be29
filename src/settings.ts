import { z } from "zod";
import { Secret } from "./azure/secret.ts";

/** Everything the app is told from outside, parsed once. Names and meaning: docs/settings.md. */
export interface Settings {
  readonly tenantId: string;
  /** The API's app registration: the audience of callers' tokens. */
  readonly apiClientId: string;
  readonly readerClientId: string;
  readonly actorClientId: string;
  readonly storage: StorageSetting;
  /** `https://<vault>.vault.azure.net/keys/<name>[/<version>]`: signs checkpoints. */
  readonly recordKeyUrl: string;
  /** ARM id of the container that holds the records, to ask whether it is locked against change; null: it cannot be asked. */
  readonly recordContainerId: string | null;
  /** Log Analytics workspaces that hold the tenant's logs. */
  readonly workspaceIds: readonly string[];
  /** A policy document, or null: then nothing is cut. */
  readonly policy: PolicySetting | null;
  /** Where people reach the API, for links in reports and messages; null: links are left out. */
  readonly publicUrl: string | null;
  /** Where people are told; null: nobody is. */
  readonly webhook: WebhookSetting | null;
}

export interface WebhookSetting {
  readonly url: Secret;
  readonly signingSecret: Secret;
  readonly format: "adaptive" | "slack";
}

export type StorageSetting =
  | { readonly kind: "account"; readonly name: string }
  /** The local emulator's, or an account that still has keys. */
  | { readonly kind: "connection-string"; readonly value: string };

export type PolicySetting =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "file"; readonly path: string };

const Environment = z.object({
  TOURNIQUET_TENANT_ID: z.guid(),
  TOURNIQUET_API_CLIENT_ID: z.guid(),
  TOURNIQUET_READER_CLIENT_ID: z.guid(),
  TOURNIQUET_ACTOR_CLIENT_ID: z.guid(),
  TOURNIQUET_STORAGE: z.string().min(3),
  TOURNIQUET_RECORD_KEY: z.url({ protocol: /^https$/ }),
  TOURNIQUET_RECORD_CONTAINER: z.string().startsWith("/subscriptions/").optional(),
  TOURNIQUET_WORKSPACES: z.string().default(""),
  TOURNIQUET_POLICY: z.string().optional(),
  TOURNIQUET_PUBLIC_URL: z.url().optional(),
  TOURNIQUET_NOTIFY_URL: z.string().optional(),
  TOURNIQUET_NOTIFY_SECRET: z.string().optional(),
  TOURNIQUET_NOTIFY_FORMAT: z.enum(["adaptive", "slack"]).default("adaptive"),
});

/** Thrown when the app cannot start as configured. Names every setting that is wrong, never a value. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly code = "SETTINGS_REFUSED";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`Settings are missing or wrong: ${problems.join("; ")}`);
    this.problems = problems;
  }
}

/** Reads the settings or throws a SettingsError that lists all that is wrong. */
export function parseSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    throw new SettingsError(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`));
  }
  const it = parsed.data;
  const workspaceIds = it.TOURNIQUET_WORKSPACES.split(/[\s,;]+/).filter((id) => id !== "");
  const wrong = workspaceIds.filter((id) => !z.guid().safeParse(id).success);
  if (wrong.length > 0)
    throw new SettingsError(["TOURNIQUET_WORKSPACES: holds something that is not a GUID"]);
  return {
    tenantId: it.TOURNIQUET_TENANT_ID,
    apiClientId: it.TOURNIQUET_API_CLIENT_ID,
    readerClientId: it.TOURNIQUET_READER_CLIENT_ID,
    actorClientId: it.TOURNIQUET_ACTOR_CLIENT_ID,
    storage: /[=;]/.test(it.TOURNIQUET_STORAGE)
      ? { kind: "connection-string", value: it.TOURNIQUET_STORAGE }
      : { kind: "account", name: it.TOURNIQUET_STORAGE },
    recordKeyUrl: it.TOURNIQUET_RECORD_KEY,
    recordContainerId: it.TOURNIQUET_RECORD_CONTAINER ?? null,
    workspaceIds,
    policy: policySetting(it.TOURNIQUET_POLICY),
    publicUrl: it.TOURNIQUET_PUBLIC_URL ?? null,
    webhook: webhookSetting(
      it.TOURNIQUET_NOTIFY_URL ?? "",
      it.TOURNIQUET_NOTIFY_SECRET ?? "",
      it.TOURNIQUET_NOTIFY_FORMAT,
    ),
  };
}

function policySetting(value: string | undefined): PolicySetting | null {
  if (value === undefined || value.trim() === "") return null;
  return value.trimStart().startsWith("{") ? { kind: "text", text: value } : { kind: "file", path: value };
}

const SHORTEST_SIGNING_SECRET = 16;
/** Left as it stands where the platform could not read the vault. That is said when there is something to tell. */
const REFERENCE = "@Microsoft.KeyVault(";

function webhookSetting(
  url: string,
  secret: string,
  format: WebhookSetting["format"],
): WebhookSetting | null {
  if (url === "" && secret === "") return null;
  const problems = [
    ...(url.startsWith(REFERENCE) || URL.parse(url)?.protocol === "https:"
      ? []
      : ["TOURNIQUET_NOTIFY_URL: not an https address"]),
    ...(secret.startsWith(REFERENCE) || secret.length >= SHORTEST_SIGNING_SECRET
      ? []
      : [`TOURNIQUET_NOTIFY_SECRET: shorter than ${SHORTEST_SIGNING_SECRET} characters`]),
  ];
  if (problems.length > 0) throw new SettingsError(problems);
  return { url: new Secret(url), signingSecret: new Secret(secret), format };
}
