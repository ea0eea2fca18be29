import { type AlertKind, refuse } from "./alert.ts";
import type { Intake } from "./intake.ts";
import type { Reading } from "./reading.ts";

const TYPES = /^Microsoft\.KeyVault\.Secret(NearExpiry|Expired)$/;

/** Key Vault's events about secrets that end, in Event Grid's own envelope or as CloudEvents. They name no actor: the secret is to be rotated. */
export const keyVaultEvent: AlertKind = {
  name: "key-vault-event",
  knownBy: "eventType or type Microsoft.KeyVault.Secret…",
  recognises: (body) => body.items().some((it) => typeOf(it).startsWith("Microsoft.KeyVault.")),

  read(body, now) {
    const intakes = body.items().flatMap((event) => intakeOf(event, now) ?? []);
    const [first, ...rest] = intakes;
    return first === undefined
      ? refuse("NOT_AN_ALERT", "Only SecretNearExpiry and SecretExpired ask for anything.")
      : { kind: "cases", intakes: [first, ...rest] };
  },
};

function typeOf(event: Reading): string {
  return event.at("eventType").text() ?? event.at("type").text() ?? "";
}

function intakeOf(event: Reading, now: Date): Intake | null {
  const type = typeOf(event);
  const data = event.at("data");
  const vaultName = data.at("VaultName").text();
  const secretName = data.at("ObjectName").text();
  if (!TYPES.test(type) || vaultName === null || secretName === null) return null;
  const version = data.at("Version").text();
  const at = event.at("eventTime").text() ?? event.at("time").text() ?? now.toISOString();
  const time = Number.isNaN(Date.parse(at)) ? now.toISOString() : new Date(Date.parse(at)).toISOString();
  return {
    trigger: "key-vault-event",
    deliveredAs:
      `key-vault ${type.split(".").at(-1) ?? ""} ${vaultName} ${secretName} ${version ?? ""}`.toLowerCase(),
    title: `${secretName} in ${vaultName} ${type.endsWith("Expired") ? "has expired" : "is about to expire"}`,
    severity: "informational",
    subjects: [{ kind: "vault-secret", vaultName, secretName, version, seenAt: data.path, role: "unsaid" }],
    resourceIds: [],
    keyIds: [],
    addresses: [],
    window: { from: time, to: time },
    incident: null,
    unread: [],
  };
}
