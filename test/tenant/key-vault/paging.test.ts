import * as fc from "fast-check";
import { expect, test } from "vitest";
import { page } from "../../../local/tenant/key-vault/paging.ts";
import type { Vault } from "../../../local/tenant/key-vault/vault.ts";

const VAULT: Vault = {
  name: "kv",
  resourceId: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv",
  location: "westeurope",
  subscription: "s",
  isRbac: true,
  policies: [],
  isPurgeProtected: false,
  retentionInDays: 90,
  recoveryLevel: "Recoverable+Purgeable",
  isPublic: true,
  admits: () => true,
};

test("pages of any size show every key once and in order, whatever the order they are held in", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1 })),
      fc.integer({ min: 1, max: 25 }),
      (keys, size) => {
        const shown: string[] = [];
        let next: string | null = `https://kv.vault.azure.net/secrets?api-version=7.4&maxresults=${size}`;
        while (next !== null) {
          const { value, nextLink }: { value: readonly string[]; nextLink: string | null } = page(
            VAULT,
            new URL(next),
            keys,
            (key) => key,
          );
          expect(value.length).toBeLessThanOrEqual(size);
          shown.push(...value);
          next = nextLink;
        }
        expect(shown).toEqual(keys.toSorted((a, b) => (a < b ? -1 : 1)));
      },
    ),
  );
});

test("a link to the next page names the port", () => {
  const { nextLink } = page(
    VAULT,
    new URL("https://kv.vault.azure.net/secrets?api-version=7.4&maxresults=1"),
    ["a", "b"],
    (key) => key,
  );

  expect(nextLink).toMatch(
    /^https:\/\/kv\.vault\.azure\.net:443\/secrets\?api-version=7\.4&\$skiptoken=[^&]+&maxresults=1$/,
  );
});
