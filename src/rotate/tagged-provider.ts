import { guidOf } from "../scope/identifiers.ts";
import type { Provider } from "./provider.ts";
import { PROVIDERS, providerOf } from "./providers.ts";

/** Whom a secret's tags name as its issuer, without a look at its value; null when they name nobody we know. */
export function providerByTags(tags: Readonly<Record<string, string>>): Provider | null {
  if (tags["Generator"] !== undefined) return byKind("random-secret");
  const address = addressIn(tags);
  const id = /^\/?(?:applications|servicePrincipals)\/([0-9a-f-]{36})$/i.exec(address)?.[1] ?? address;
  return guidOf(id) === null ? providerOf(address) : byKind("client-secret");
}

/** The tag of the published rotation samples: an ARM id, or an application's; empty when there is none. */
export function addressIn(tags: Readonly<Record<string, string>>): string {
  return tags["ProviderAddress"]?.trim() ?? "";
}

function byKind(kind: string): Provider | null {
  return PROVIDERS.find((it) => it.kind === kind) ?? null;
}
