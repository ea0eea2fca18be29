import type { AzureFailure } from "../../azure/failure.ts";
import type { SecretConsumer } from "../../case/secret-consumer.ts";

/** A consumer of one secret, or of every secret of a vault. */
export interface Consumer extends SecretConsumer {
  readonly vaultName: string;
  /** Null: any secret of the vault. */
  readonly secretName: string | null;
}

/** What one look gave: consumers, and what could not be asked. */
export interface Seen {
  readonly consumers: readonly Consumer[];
  readonly unread: readonly Unread[];
}

export interface Unread {
  readonly what: string;
  readonly failure: AzureFailure;
}

const ADDRESS =
  /https:\/\/([a-z0-9-]{3,24})\.vault\.azure\.net(?::443)?\/(?:secrets|certificates)\/([0-9a-z-]{1,127})(?:\/([0-9a-f]{32}))?/gi;

/** The secrets that a text gives the addresses of. A certificate's address stands for the secret of its name. */
export function addressesIn(
  text: string,
): readonly { readonly vaultName: string; readonly secretName: string; readonly version: string | null }[] {
  return [...text.matchAll(ADDRESS)].flatMap(([, vaultName, secretName, version]) =>
    vaultName === undefined || secretName === undefined
      ? []
      : [{ vaultName, secretName, version: version ?? null }],
  );
}
