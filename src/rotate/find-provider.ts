import { z } from "zod";
import type { AzureFailure } from "../azure/failure.ts";
import type { Secret } from "../azure/secret.ts";
import { sideBySide } from "../azure/side-by-side.ts";
import type { SecretVersion } from "../azure/vault.ts";
import { armIdOf, guidOf, isQueryText, kqlList, kqlText } from "../scope/identifiers.ts";
import { listHolders, readHolder, type SecretHolder } from "./directory-secrets.ts";
import { providerOf } from "./providers.ts";
import type { KeyedProvider } from "./provider.ts";
import type { FoundProvider } from "./rotation.ts";
import { secretId, type RotationWork } from "./work.ts";
import { holds } from "./secret-text.ts";
import { trySignIn } from "./sign-in.ts";
import { type Pointed, pointedAt } from "./value-frame.ts";

/** What looking for the issuer came to; `ids` are what guardrails are asked about besides the resource. */
export type Search =
  | { readonly kind: "found"; readonly found: FoundProvider; readonly ids: readonly string[] }
  /** What was looked at and did not help, for the person who has to go on. */
  | { readonly kind: "unknown"; readonly tried: readonly string[] }
  | { readonly kind: "failed"; readonly failure: AzureFailure };

type Find = (work: RotationWork, is: SecretVersion, value: Secret) => Promise<Search>;

/** `ProviderAddress` and `CredentialId` as the published rotation samples write them; `Generator` for made-up values. */
export const findByTags: Find = async (work, { tags }) => {
  const address = tags["ProviderAddress"]?.trim() ?? "";
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
  const text = value.reveal();
  const same = isEntraSecret(text) ? suspects.filter(({ hint }) => text.startsWith(hint)) : [];
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

/** A connection string says what it is for; a client secret is tried where it might belong; a key is looked for in lists. */
export const findByValue: Find = async (work, _, value) => {
  const pointed = pointedAt(value);
  if (pointed !== null) return findPointed(work, pointed);
  if (isEntraSecret(value.reveal())) return findClientSecret(work, value);
  if (value.reveal().length < SHORTEST_KEY) return unknown("its value looks like no key that Azure makes");
  return findListed(work, value);
};

/** Entra's generated secrets have this at the fourth place; secret scanners look for exactly that. */
function isEntraSecret(text: string): boolean {
  return /^[\w.~-]{3}\dQ~[\w.~-]{31,34}$/.test(text);
}

const SHORTEST_KEY = 32;
const MOST_CANDIDATES = 200;
const AT_ONCE = 8;

const Row = z.object({ id: z.string() });

async function findPointed(work: RotationWork, pointed: Pointed): Promise<Search> {
  const types: Readonly<Record<Pointed["kind"], readonly string[]>> = {
    storage: ["microsoft.storage/storageaccounts"],
    cosmos: ["microsoft.documentdb/databaseaccounts"],
    messaging: ["microsoft.servicebus/namespaces", "microsoft.eventhub/namespaces"],
    redis: ["microsoft.cache/redis"],
    "app-configuration": ["microsoft.appconfiguration/configurationstores"],
    server: [
      "microsoft.sql/servers",
      "microsoft.dbforpostgresql/flexibleservers",
      "microsoft.dbformysql/flexibleservers",
    ],
  };
  if (!isQueryText(pointed.name)) return unknown("its connection string has control characters");
  const rows = await work.azure.arm.resourceGraph(
    `resources | where type in~ ${kqlList(types[pointed.kind])} | where name =~ ${kqlText(pointed.name)} | project id | order by id asc`,
    Row,
  );
  if (rows.kind === "failed") return rows;
  const [only] = rows.value;
  if (only === undefined || rows.value.length > 1)
    return unknown(`its connection string is for ${pointed.name}, which is no one resource we can see`);
  const { id } = only;
  if (pointed.kind !== "messaging") {
    const provider = providerOf(id);
    return provider === null
      ? unknown(`its connection string is for ${id}`)
      : foundAt(provider.kind, id, null, "value");
  }
  const { rule, entity } = pointed;
  const places =
    entity === null
      ? [id]
      : [`${id}/queues/${entity}`, `${id}/topics/${entity}`, `${id}/eventhubs/${entity}`, id];
  for (const place of places) {
    const ruleId = `${place}/authorizationRules/${rule}`;
    if (!/^[\w.-]+$/.test(rule) || !/^[\w./-]+$/.test(entity ?? "x")) break;
    const there = await work.azure.arm.get(ruleId, "2024-01-01", z.object({ id: z.string() }));
    if (there.kind === "ok") return foundAt("messaging-rule-key", ruleId, null, "value");
  }
  return unknown("its connection string names a rule that the namespace does not have");
}

async function findClientSecret(work: RotationWork, value: Secret): Promise<Search> {
  const holders = await listHolders(work.azure);
  if (holders.kind === "failed") return holders;
  const text = value.reveal();
  const candidates = holders.value.filter(({ passwords }) =>
    passwords.some(({ hint }) => hint !== null && hint !== "" && text.startsWith(hint)),
  );
  for (const holder of candidates) {
    const keyId = holder.passwords.find(({ hint }) => hint !== null && text.startsWith(hint))?.keyId ?? null;
    const seen = await trySignIn(work.tenantId, holder.appId, value);
    if (seen === "accepted" || seen === "principal-disabled")
      return foundSecretOf(work, holder, keyId, "value");
  }
  return unknown(
    `it looks like a client secret, and none of ${candidates.length} applications whose secrets begin so takes it`,
  );
}

/** Asks every resource of the vault's subscription that lists keys whether this is one of them. */
async function findListed(work: RotationWork, value: Secret): Promise<Search> {
  const subscription = /^\/subscriptions\/([^/]+)/i.exec(work.rotation.vaultId)?.[1] ?? "";
  const rows = await work.azure.arm.resourceGraph(
    `resources | where type in~ ${kqlList(LISTED_TYPES)} | project id | order by id asc`,
    Row,
    { subscriptions: [subscription] },
  );
  if (rows.kind === "failed") return rows;
  const candidates = rows.value.flatMap(({ id }) => {
    const provider = providerOf(id);
    return provider?.model === "keyed" ? [{ id, provider }] : [];
  });
  if (candidates.length > MOST_CANDIDATES)
    return unknown(`${candidates.length} resources have keys, too many to ask each of them`);
  const matches = await sideBySide(candidates, AT_ONCE, async ({ id, provider }) =>
    (await hasKey(work, provider, id, value)) ? [{ id, provider }] : [],
  );
  const [match] = matches.flat();
  return match === undefined
    ? unknown(`none of ${candidates.length} resources of its subscription lists it as a key`)
    : foundAt(match.provider.kind, match.id, null, "value");
}

const LISTED_TYPES = [
  "microsoft.storage/storageaccounts",
  "microsoft.documentdb/databaseaccounts",
  "microsoft.cache/redis",
  "microsoft.containerregistry/registries",
  "microsoft.appconfiguration/configurationstores",
  "microsoft.cognitiveservices/accounts",
  "microsoft.web/sites",
  "microsoft.web/sites/slots",
];

async function hasKey(
  { azure }: RotationWork,
  provider: KeyedProvider,
  id: string,
  value: Secret,
): Promise<boolean> {
  const listed = await provider.list(azure, id);
  // A resource whose keys cannot be listed may be the one; that nothing was found is said, with how many were asked.
  if (listed.kind === "failed") return false;
  const has = listed.value.some((key) => holds(value, key.value));
  for (const key of listed.value) key.value.dispose();
  return has;
}

function foundAt(
  provider: string,
  resourceId: string,
  credential: string | null,
  foundBy: FoundProvider["foundBy"],
): Search {
  return {
    kind: "found",
    found: { provider, resourceId, credential, foundBy, suspect: false },
    ids: [],
  };
}

function foundRandom({ rotation }: RotationWork, foundBy: FoundProvider["foundBy"]): Search {
  return foundAt("random-secret", secretId(rotation), null, foundBy);
}

function foundSecretOf(
  { suspects }: RotationWork,
  holder: SecretHolder,
  credential: string | null,
  foundBy: FoundProvider["foundBy"],
): Search {
  const [id = ""] = holder.ids;
  const path = holder.path.startsWith("/servicePrincipals")
    ? `/servicePrincipals/${id}`
    : `/applications/${id}`;
  return {
    kind: "found",
    found: {
      provider: "client-secret",
      resourceId: path,
      credential,
      foundBy,
      suspect: suspects.some((it) => it.holder === path),
    },
    ids: holder.ids,
  };
}

function unknown(tried: string): Search {
  return { kind: "unknown", tried: [tried] };
}
