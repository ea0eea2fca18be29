import type { AccessToken, GetTokenOptions, TokenCredential } from "@azure/core-auth";

/**
 * Fetches a token once, however many clients ask for it at the same time: eighty vaults at once would be eighty requests to
 * an identity endpoint that is limited to twenty a second. Keeping tokens is the SDK's.
 */
export function sharedTokens(credential: TokenCredential): TokenCredential {
  const fetching = new Map<string, Promise<AccessToken | null>>();
  return {
    async getToken(scopes: string | string[], options: GetTokenOptions = {}) {
      // Whoever brings a challenge's claims wants another token than everybody.
      if (options.claims !== undefined) return credential.getToken(scopes, options);
      const key = `${options.tenantId ?? ""} ${[scopes].flat().join(" ")}`;
      const known = fetching.get(key);
      if (known !== undefined) return known;
      // Not with the first one's options: that its caller gives up must not end the others' wait.
      const { tenantId } = options;
      const token = credential
        .getToken(scopes, tenantId === undefined ? {} : { tenantId })
        .finally(() => fetching.delete(key));
      fetching.set(key, token);
      return token;
    },
  };
}
