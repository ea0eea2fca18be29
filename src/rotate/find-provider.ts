import { armIdOf, guidOf } from "../scope/identifiers.ts";
import { entraSecretsIn } from "./clues.ts";
import { readHolder } from "./directory-secrets.ts";
import { providerOf } from "./providers.ts";
import type { FoundProvider } from "./rotation.ts";
import { type Find, foundAt, foundSecretOf, type Search, unknown } from "./search.ts";
import { addressIn } from "./tagged-provider.ts";
import { secretId, type RotationWork } from "./work.ts";

/** `ProviderAddress` and `CredentialId` as the published rotation samples write them; `Generator` for made-up values. */
export const findByTags: Find = async (work, { tags }) => {
  const address = addressIn(tags);
  if (tags["Generator"] !== undefined) return foundRandom(work, "tags");
  if (address === "") return unknown("it has no tag ProviderAddress and none Generator");
  const resourceId = armIdOf(address);
  const credential = tags["CredentialId"]?.trim() ?? null;
  if (resourceId !== null) {
    const provider = providerOf(resourceId);
    return provider === null
      ? unknown(`its tag ProviderAddress names a resource whose keys we cannot make`)
      : foundAt(provider.kind, resourceId, credential, "tags");
  }
  const path = /^\/?(applications|servicePrincipals)\/([0-9a-f-]{36})$/i.exec(address);
  const id = guidOf(path?.[2] ?? address);
  if (id === null) return unknown("its tag ProviderAddress is neither an ARM id nor an application's id");
  const paths =
    path === null
      ? [`/applications(appId='${id}')`, `/applications/${id}`, `/servicePrincipals/${id}`]
      : [`/${(path[1] ?? "").toLowerCase() === "applications" ? "applications" : "servicePrincipals"}/${id}`];
  for (const candidate of paths) {
    const holder = await readHolder(work.azure, candidate);
    if (holder.kind === "ok") return foundSecretOf(work, holder.value, credential, "tags");
    if (holder.failure.code !== "NOT_FOUND") return { kind: "failed", failure: holder.failure };
  }
  return unknown("its tag ProviderAddress names no application of this tenant");
};

export const findByContentType: Find = (work, { contentType }) =>
  Promise.resolve(
    /^(?:application\/vnd\.tourniquet\.)?random\b/i.test(contentType ?? "")
      ? foundRandom(work, "content-type")
      : unknown(contentType === null ? "it has no content type" : "its content type names no provider"),
  );

/** Secrets of principals the case cuts off, by the characters of them that Entra shows: they may be removed already. */
export const findBySuspects: Find = ({ suspects }, _, value) => {
  const texts = entraSecretsIn(value.reveal());
  const same = suspects.filter(({ hint }) => texts.some((text) => text.startsWith(hint)));
  const [only] = same;
  if (only === undefined || same.length > 1)
    return Promise.resolve(unknown("it is no client secret of a principal of this case"));
  return Promise.resolve({
    kind: "found",
    found: {
      provider: "client-secret",
      resourceId: only.holder,
      credential: only.keyId,
      foundBy: "scope",
      suspect: true,
    },
    ids: [],
  });
};

function foundRandom({ rotation }: RotationWork, foundBy: FoundProvider["foundBy"]): Search {
  return foundAt("random-secret", secretId(rotation), null, foundBy);
}
