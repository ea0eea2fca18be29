import { randomUUID } from "node:crypto";
import { acceptsKey } from "../../local/tenant/arm/accepts-key.ts";
import { Secret } from "../../src/azure/secret.ts";
import { publishingCredential } from "../../src/rotate/providers/publishing-credential.ts";
import { trySignIn } from "../../src/rotate/sign-in.ts";
import { KEYED, type RotatedTenant, SERVERS } from "./rotated-tenant.ts";

/** A credential that somebody issued, in a secret of a vault. */
export interface Staged {
  /** The credential that leaked. */
  readonly old: string;
  /** The whole value of the secret with another credential in it. */
  readonly valueWith: (credential: string) => string;
  /** Whether the issuer takes a credential now. */
  takes(credential: string): Promise<boolean>;
  /** What the issuer has of it now, by name: a key's name, a client secret's key id. */
  credentials(): Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** What a lock at it is put on, when it lies in Azure. */
  readonly resourceId: string | null;
}

export interface Subject {
  readonly name: string;
  /** Hygiene leaves time in which both values work. */
  readonly overlaps: boolean;
  /** One of its model stands for the others where it is only the model that decides. */
  readonly standsForItsModel: boolean;
  /** Names of credentials that an incident renews; null: one that did not exist before. */
  readonly renews: readonly string[] | null;
  /** Puts the credential, as it is now, into a secret. */
  stage(house: RotatedTenant, secret: string): Promise<Staged>;
}

const bare = (credential: string) => credential;
const KEPT_TAGS = { team: "shop", ValidityPeriodDays: "60" };

function keyed(
  { resource, key, alternate }: (typeof KEYED)[number],
  form: { readonly name: string; valueWith: (credential: string) => string; readonly tagged: boolean } = {
    name: resource,
    valueWith: bare,
    tagged: true,
  },
): Subject {
  return {
    name: form.name,
    overlaps: alternate !== null,
    standsForItsModel: /stapp/.test(resource),
    renews: RENEWED[resource] ?? (alternate === null ? [key] : [key, alternate]),
    async stage(house, secret) {
      const id = house.resourceId(resource);
      // Publishing passwords come into being when they are first asked for.
      if (alternate === null) await publishingCredential.list(house.work(secret).azure, id);
      const old = house.keys(id)[key.toLowerCase()] ?? "";
      const tags = form.tagged ? { ...KEPT_TAGS, ProviderAddress: id, CredentialId: key } : KEPT_TAGS;
      house.put(secret, { value: form.valueWith(old), tags, contentType: "text/plain" });
      return {
        old,
        valueWith: form.valueWith,
        takes: (credential) => Promise.resolve(acceptsKey(house.tenant.tenant, id, credential)),
        credentials: () => house.keys(id),
        tags,
        resourceId: id,
      };
    },
  };
}

/** Whose resource has more keys than a pair. */
const RENEWED: Readonly<Record<string, readonly string[]>> = {
  "Microsoft.DocumentDB/databaseAccounts/cosmos-app": [
    "primary",
    "secondary",
    "primaryReadonly",
    "secondaryReadonly",
  ],
  "Microsoft.AppConfiguration/configurationStores/appcs-app": [
    "Primary",
    "Secondary",
    "Primary Read Only",
    "Secondary Read Only",
  ],
};

function server(
  resource: (typeof SERVERS)[number],
  form: { readonly name: string; valueWith: (credential: string) => string } = {
    name: resource,
    valueWith: bare,
  },
): Subject {
  return {
    name: form.name,
    overlaps: false,
    standsForItsModel: resource === SERVERS[0],
    renews: ["password"],
    stage(house, secret) {
      const id = house.resourceId(resource);
      const password = () => house.keys(id)["administratorloginpassword"] ?? "";
      const old = password();
      const tags = { ...KEPT_TAGS, ProviderAddress: id, CredentialId: "boss" };
      house.put(secret, { value: form.valueWith(old), tags, contentType: "text/plain" });
      return Promise.resolve({
        old,
        valueWith: form.valueWith,
        takes: (credential) => Promise.resolve(acceptsKey(house.tenant.tenant, id, credential)),
        credentials: () => ({ password: password() }),
        tags,
        resourceId: id,
      });
    },
  };
}

function clientSecret(
  holder: "applications" | "servicePrincipals",
  form: { readonly name: string; valueWith: (credential: string) => string } = {
    name: `a client secret of ${holder}`,
    valueWith: bare,
  },
): Subject {
  return {
    name: form.name,
    overlaps: true,
    standsForItsModel: holder === "servicePrincipals",
    renews: null,
    async stage(house, secret) {
      const { names, state, tenant } = house.tenant;
      const id = names.guid(holder === "applications" ? "application" : "servicePrincipal", "billing");
      const path = `/${holder}/${id}`;
      const { keyId, value: old } = await house.addClientSecret(path, secret);
      const tags = { ...KEPT_TAGS, ProviderAddress: path, CredentialId: keyId };
      house.put(secret, { value: form.valueWith(old), tags, contentType: "text/plain" });
      return {
        old,
        valueWith: form.valueWith,
        takes: async (credential) =>
          (await trySignIn(tenant.id, names.guid("appId", "billing"), new Secret(credential), randomUUID()))
            .is === "accepted",
        credentials: () =>
          Object.fromEntries(
            (state.directory[holder].get(id)?.passwordCredentials ?? []).map((it) => [it.keyId, it.keyId]),
          ),
        tags,
        resourceId: null,
      };
    },
  };
}

const random: Subject = {
  name: "a made-up value",
  overlaps: true,
  standsForItsModel: true,
  renews: [],
  stage(house, secret) {
    const old = "made-up-by-somebody-long-ago-0123";
    const tags = { ...KEPT_TAGS, Generator: "random", GeneratorLength: "40" };
    house.put(secret, { value: old, tags, contentType: "text/plain" });
    return Promise.resolve({
      old,
      valueWith: bare,
      takes: (credential) =>
        Promise.resolve(house.versions(secret).some((it) => it.enabled && it.value === credential)),
      credentials: () => ({}),
      tags,
      resourceId: null,
    });
  },
};

/** One subject a kind of provider, with tags and the bare credential. */
export const PLAIN: readonly Subject[] = [
  ...KEYED.map((it) => keyed(it)),
  ...SERVERS.map((it) => server(it)),
  clientSecret("applications"),
  clientSecret("servicePrincipals"),
  random,
];

const at = (resource: string) => {
  const found = KEYED.find((it) => it.resource.includes(resource));
  if (found === undefined) throw new TypeError(`no ${resource}`);
  return found;
};
const untagged = (resource: string, name: string, valueWith: (credential: string) => string) =>
  keyed(at(resource), { name, valueWith, tagged: false });
const tagged = (resource: string, name: string, valueWith: (credential: string) => string) =>
  keyed(at(resource), { name, valueWith, tagged: true });

/** Values that hold a credential among other things; those of the first half say themselves what they are for. */
export const EMBEDDED: readonly Subject[] = [
  untagged(
    "stapp",
    "a storage connection string",
    (key) =>
      `DefaultEndpointsProtocol=https;AccountName=stapp;AccountKey=${key};EndpointSuffix=core.windows.net`,
  ),
  untagged(
    "cosmos-app",
    "a Cosmos DB connection string",
    (key) => `AccountEndpoint=https://cosmos-app.documents.azure.com:443/;AccountKey=${key};`,
  ),
  untagged(
    "sb-app",
    "a Service Bus connection string",
    (key) => `Endpoint=sb://sb-app.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=${key}`,
  ),
  untagged(
    "eh-app",
    "an Event Hubs connection string",
    (key) => `Endpoint=sb://eh-app.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=${key}`,
  ),
  untagged(
    "redis-app",
    "a Redis connection string",
    (key) => `redis-app.redis.cache.windows.net:6380,password=${key},ssl=True,abortConnect=False`,
  ),
  untagged(
    "appcs-app",
    "an App Configuration connection string",
    (key) => `Endpoint=https://appcs-app.azconfig.io;Id=abcd;Secret=${key}`,
  ),
  tagged("redis-app", "a Redis URL", (key) => `rediss://:${encodeURIComponent(key)}@redis-app:6380/0`),
  tagged("ai-app", "JSON with a key", (key) =>
    JSON.stringify({ endpoint: "https://ai-app", key, other: "x" }),
  ),
  tagged("acrapp", "a registry's login in JSON", (key) =>
    JSON.stringify({ auths: { "acrapp.azurecr.io": { username: "acrapp", password: key } } }),
  ),
  tagged(
    "sites/site-app",
    "a publishing profile",
    (key) => `<publishData><publishProfile userName="$site-app" userPWD="${key}" /></publishData>`,
  ),
  server(SERVERS[0], {
    name: "a SQL connection string",
    valueWith: (password) =>
      `Server=tcp:sql-app.database.windows.net;User ID=boss;Password="${password}";Encrypt=True`,
  }),
  server(SERVERS[1], {
    name: "a PostgreSQL URL",
    valueWith: (password) =>
      `postgres://boss:${encodeURIComponent(password)}@pg-app.postgres.database.azure.com:5432/shop?sslmode=require`,
  }),
  server(SERVERS[2], {
    name: "a MySQL login in JSON",
    valueWith: (password) => JSON.stringify({ host: "mysql-app", user: "boss", password }),
  }),
  clientSecret("applications", {
    name: "a client secret in JSON",
    valueWith: (clientSecretText) =>
      JSON.stringify({ clientId: "billing", clientSecret: clientSecretText, tenant: "x" }),
  }),
];
