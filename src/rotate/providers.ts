import type { KeyedProvider, PasswordProvider, Provider } from "./provider.ts";
import { appConfigurationKey } from "./providers/app-configuration-key.ts";
import { clientSecret } from "./providers/client-secret.ts";
import { cognitiveServicesKey } from "./providers/cognitive-services-key.ts";
import { cosmosAccountKey } from "./providers/cosmos-account-key.ts";
import { messagingRuleKey } from "./providers/messaging-rule-key.ts";
import { publishingCredential } from "./providers/publishing-credential.ts";
import { randomSecret } from "./providers/random-secret.ts";
import { redisKey } from "./providers/redis-key.ts";
import { registryPassword } from "./providers/registry-password.ts";
import { serverAdministratorPassword } from "./providers/server-administrator-password.ts";
import { storageAccountKey } from "./providers/storage-account-key.ts";

/** Every provider there is. Nothing else lists them. */
export const PROVIDERS: readonly Provider[] = [
  storageAccountKey,
  cosmosAccountKey,
  messagingRuleKey,
  redisKey,
  registryPassword,
  serverAdministratorPassword,
  clientSecret,
  appConfigurationKey,
  cognitiveServicesKey,
  publishingCredential,
  randomSecret,
];

const BY_KIND = new Map(PROVIDERS.map((provider) => [provider.kind, provider]));

/** The provider of a kind. Throws for one that does not exist: states of ours never name one. */
export function providerNamed(kind: string): Provider {
  const provider = BY_KIND.get(kind);
  if (provider === undefined) throw new TypeError(`there is no provider ${JSON.stringify(kind)}`);
  return provider;
}

/** The provider that has credentials of this resource, by its type; null when none of ours does. */
export function providerOf(resourceId: string): KeyedProvider | PasswordProvider | null {
  for (const provider of PROVIDERS) {
    if ((provider.model === "keyed" || provider.model === "password") && provider.resource.test(resourceId))
      return provider;
  }
  return null;
}
