import type { TokenCredential } from "@azure/core-auth";
import { ManagedIdentityCredential } from "@azure/identity";
import { type ArmClient, openArm } from "./arm.ts";
import { type GraphClient, openGraph } from "./graph.ts";
import { type LogsClient, openLogs } from "./logs.ts";
import { sharedTokens } from "./shared-tokens.ts";
import { openVault, type VaultClient } from "./vault.ts";

/** Azure as one identity sees it. Everything that reads or writes takes it as an argument. */
export interface Azure {
  readonly graph: GraphClient;
  readonly arm: ArmClient;
  readonly logs: LogsClient;
  vault(uri: string): VaultClient;
  readonly credential: TokenCredential;
  now(): Date;
}

/** Azure with any credential: the identity the app runs as, or one that a test signs in with. */
export function azureWith(given: TokenCredential): Azure {
  const credential = sharedTokens(given);
  const vaults = new Map<string, VaultClient>();
  return {
    graph: openGraph(credential),
    arm: openArm(credential),
    logs: openLogs(credential),
    vault: (uri) => {
      const known = vaults.get(uri) ?? openVault(uri, credential);
      vaults.set(uri, known);
      return known;
    },
    credential,
    now: () => new Date(),
  };
}

/** Azure as one of the app's user-assigned identities. Tokens are cached per process by the SDK. */
export function azureAs(identityClientId: string): Azure {
  return azureWith(new ManagedIdentityCredential({ clientId: identityClientId }));
}
