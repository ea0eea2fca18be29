import { z } from "zod";
import type { Answer } from "../azure/failure.ts";
import type { Azure } from "../azure/azure.ts";

/** Applications and service principals keep credentials in the same two collections. */
export type HolderPath = `/applications/${string}` | `/servicePrincipals/${string}`;

export const KeyCredential = z.looseObject({
  keyId: z.string(),
  customKeyIdentifier: z.string().nullish(),
  type: z.string().nullish(),
  usage: z.string().nullish(),
  key: z.string().nullish(),
});
export type KeyCredential = z.infer<typeof KeyCredential>;

export const PasswordCredential = z.looseObject({
  keyId: z.string(),
  customKeyIdentifier: z.string().nullish(),
});
export type PasswordCredential = z.infer<typeof PasswordCredential>;

const Collections = z.object({
  keyCredentials: z.array(KeyCredential).default([]),
  passwordCredentials: z.array(PasswordCredential).default([]),
});
export type Collections = z.infer<typeof Collections>;

/**
 * Both collections as they are, certificate bytes included: Graph gives `key` only when keyCredentials is selected, and a
 * PATCH that keeps a certificate has to send it whole. Limits: such reads are throttled to 150 a minute and tenant.
 */
export function readCollections({ graph }: Azure, holder: HolderPath): Promise<Answer<Collections>> {
  return graph.get(`${holder}?$select=id,keyCredentials,passwordCredentials`, Collections);
}
