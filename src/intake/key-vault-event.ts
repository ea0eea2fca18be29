import { type AlertKind, refuse } from "./alert.ts";
import { readEach } from "./batch.ts";
import { NO_CLAIMS } from "./claims.ts";
import { resourceIdOf } from "./guid.ts";
import type { IntakeResult } from "./intake.ts";
import { newIntake } from "./new-intake.ts";
import type { Reading } from "./reading.ts";
import { secretNameOf, secretVersionOf, vaultNameOf } from "./vault-names.ts";
import { momentOf } from "./window.ts";

const ENDING = /^Microsoft\.KeyVault\.Secret(NearExpiry|Expired)$/i;

/** Key Vault's events about secrets that end, in Event Grid's own envelope or as CloudEvents. They name no actor: the secret is to be rotated. */
export const keyVaultEvent: AlertKind = {
  name: "key-vault-event",
  knownBy: "eventType or type Microsoft.KeyVault.Secret…",
  recognises: (body) => body.items().some((it) => /^Microsoft\.KeyVault\./i.test(typeOf(it))),
  read: (body, now) => readEach(body.items(), (it) => readEvent(it, now), "There is no event in the body."),
};

function typeOf(event: Reading): string {
  return event.at("eventType").text() ?? event.at("type").text() ?? "";
}

function readEvent(event: Reading, now: Date): IntakeResult {
  const type = typeOf(event);
  const ending = ENDING.exec(type)?.[1]?.toLowerCase();
  if (ending === undefined) {
    return refuse(
      "NOT_AN_ALERT",
      `Only SecretNearExpiry and SecretExpired ask for anything, not ${type.slice(0, 80) || "no type"}.`,
    );
  }
  const data = event.at("data");
  // The published sample has "ObjectName " with a space behind it.
  const vaultName = vaultNameOf(data.at("VaultName").text());
  const secretName = secretNameOf(data.at("ObjectName").text());
  if (vaultName === null || secretName === null) {
    return refuse("MALFORMED", "The event's VaultName or ObjectName is missing, or no such name can be.");
  }
  const version = secretVersionOf(data.at("Version").text());
  const vaultId = resourceIdOf(event.at("topic").text() ?? event.at("source").text());
  const at = momentOf(event.at("eventTime").text()) ?? momentOf(event.at("time").text()) ?? now.getTime();
  const time = new Date(at).toISOString();
  const intake = newIntake({
    trigger: "key-vault-event",
    knownAs: ["key-vault", ending, vaultName, secretName, version],
    title: `${secretName} in ${vaultName} ${ending === "expired" ? "has expired" : "is about to expire"}`,
    severity: "informational",
    claims: {
      ...NO_CLAIMS,
      subjects: [{ kind: "vault-secret", vaultName, secretName, version, seenAt: data.path, role: "unsaid" }],
      resourceIds: vaultId === null ? [] : [vaultId],
    },
    window: { from: time, to: time },
  });
  return { kind: "cases", intakes: [intake] };
}
