import { textIn } from "../../state/azure/json.ts";
import type { Resource } from "../../state/azure/model.ts";
import { type ArmAnswer, type ArmCall, ok, type Route } from "../call.ts";
import { badRequest } from "../errors.ts";
import { keyNamed, regenerate } from "../keys.ts";
import { startOperation } from "../operations.ts";
import { actionRoute, resourceRoutes } from "../resource-type.ts";

function valueOf(call: ArmCall, resource: Resource, name: string): string | null {
  return keyNamed(call, resource, name)?.value ?? null;
}

/** The name as the provider spells it, or nothing if it has no such key. */
function known(names: readonly string[], sent: string): string | undefined {
  return names.find((name) => name.toLowerCase() === sent.toLowerCase());
}

function unknownKey(sent: string): ArmAnswer {
  return badRequest(`The key '${sent}' is not valid.`, "InvalidKeyName"); // guess: text not captured
}

const COSMOS = "Microsoft.DocumentDB/databaseAccounts";
const COSMOS_KEYS = ["primary", "secondary", "primaryReadonly", "secondaryReadonly"];

function cosmosKeys(call: ArmCall, account: Resource): ArmAnswer {
  return ok({
    primaryMasterKey: valueOf(call, account, "primary"),
    secondaryMasterKey: valueOf(call, account, "secondary"),
    ...cosmosReadonlyKeys(call, account),
  });
}

function cosmosReadonlyKeys(call: ArmCall, account: Resource) {
  return {
    primaryReadonlyMasterKey: valueOf(call, account, "primaryReadonly"),
    secondaryReadonlyMasterKey: valueOf(call, account, "secondaryReadonly"),
  };
}

function regenerateCosmos(call: ArmCall, account: Resource): ArmAnswer {
  const kind = known(COSMOS_KEYS, textIn(call.body, "keyKind"));
  if (kind === undefined) return unknownKey(textIn(call.body, "keyKind"));
  // The old key is taken until the operation is done.
  regenerate(call, account, kind, call.tenant.delays.longRunningOperationInMs);
  const { headers } = startOperation(call, {
    resourceId: account.id,
    location: account.location ?? "westeurope",
    namespace: "Microsoft.DocumentDB",
  });
  return { status: 202, headers, from: "provider" };
}

const REDIS = "Microsoft.Cache/redis";

function redisKeys(call: ArmCall, cache: Resource): ArmAnswer {
  return ok({
    primaryKey: valueOf(call, cache, "Primary"),
    secondaryKey: valueOf(call, cache, "Secondary"),
  });
}

function regenerateRedis(call: ArmCall, cache: Resource): ArmAnswer {
  const type = known(["Primary", "Secondary"], textIn(call.body, "keyType"));
  if (type === undefined) return unknownKey(textIn(call.body, "keyType"));
  regenerate(call, cache, type);
  return redisKeys(call, cache);
}

const REGISTRY = "Microsoft.ContainerRegistry/registries";

function registryCredentials(call: ArmCall, registry: Resource): ArmAnswer {
  if (registry.properties["adminUserEnabled"] !== true) {
    // guess: code and text not captured.
    return badRequest(
      `Cannot perform credential operations for ${registry.id} as admin user is disabled. Kindly enable admin user as per docs: https://docs.microsoft.com/en-us/azure/container-registry/container-registry-authentication#admin-account`,
      "UnAuthorizedForCredentialOperations",
    );
  }
  return ok({
    username: registry.name,
    passwords: ["password", "password2"].map((name) => ({ name, value: valueOf(call, registry, name) })),
  });
}

function regenerateRegistry(call: ArmCall, registry: Resource): ArmAnswer {
  const name = known(["password", "password2"], textIn(call.body, "name"));
  if (name === undefined) return unknownKey(textIn(call.body, "name"));
  if (registry.properties["adminUserEnabled"] === true) regenerate(call, registry, name);
  return registryCredentials(call, registry);
}

const APP_CONFIGURATION = "Microsoft.AppConfiguration/configurationStores";
const APP_CONFIGURATION_KEYS = ["Primary", "Secondary", "Primary Read Only", "Secondary Read Only"];

function storeKeys(call: ArmCall, store: Resource) {
  return APP_CONFIGURATION_KEYS.flatMap((name) => {
    const key = keyNamed(call, store, name);
    if (!key) return [];
    const id = `${name.replaceAll(" ", "").slice(0, 10)}-${store.name}`;
    return [
      {
        id,
        name,
        value: key.value,
        connectionString: `Endpoint=https://${store.name}.azconfig.io;Id=${id};Secret=${key.value}`,
        lastModified: new Date(key.createdAt).toISOString(),
        readOnly: name.endsWith("Read Only"),
      },
    ];
  });
}

function regenerateStoreKey(call: ArmCall, store: Resource): ArmAnswer {
  const found = storeKeys(call, store).find(({ id }) => id === textIn(call.body, "id"));
  if (!found) return unknownKey(textIn(call.body, "id"));
  regenerate(call, store, found.name);
  return ok(storeKeys(call, store).find(({ id }) => id === found.id));
}

const COGNITIVE = "Microsoft.CognitiveServices/accounts";

function cognitiveKeys(call: ArmCall, account: Resource): ArmAnswer {
  return ok({ key1: valueOf(call, account, "Key1"), key2: valueOf(call, account, "Key2") });
}

function regenerateCognitive(call: ArmCall, account: Resource): ArmAnswer {
  const name = known(["Key1", "Key2"], textIn(call.body, "keyName"));
  if (name === undefined) return unknownKey(textIn(call.body, "keyName"));
  regenerate(call, account, name);
  return cognitiveKeys(call, account);
}

const PASSWORD = { administratorLoginPassword: "administratorLoginPassword" };

/** Services whose keys are listed and regenerated, and whose passwords are set, each in its provider's own words. */
export const keyedServiceRoutes: readonly Route[] = [
  ...resourceRoutes({ type: COSMOS, longRunning: true }),
  actionRoute(COSMOS, "listKeys", cosmosKeys),
  actionRoute(COSMOS, "readonlykeys", (call, account) => ok(cosmosReadonlyKeys(call, account))),
  actionRoute(COSMOS, "regenerateKey", regenerateCosmos),
  ...resourceRoutes({ type: `${COSMOS}/sqlRoleAssignments` }),
  ...resourceRoutes({ type: `${COSMOS}/sqlRoleDefinitions` }),
  ...resourceRoutes({ type: REDIS }),
  actionRoute(REDIS, "listKeys", redisKeys),
  actionRoute(REDIS, "regenerateKey", regenerateRedis),
  ...resourceRoutes({ type: REGISTRY }),
  actionRoute(REGISTRY, "listCredentials", registryCredentials),
  actionRoute(REGISTRY, "regenerateCredential", regenerateRegistry),
  ...resourceRoutes({ type: `${REGISTRY}/tokens`, methods: ["GET", "LIST", "DELETE"] }),
  ...resourceRoutes({ type: `${REGISTRY}/scopeMaps`, methods: ["GET", "LIST"] }),
  ...resourceRoutes({ type: APP_CONFIGURATION }),
  actionRoute(APP_CONFIGURATION, "listKeys", (call, store) => ok({ value: storeKeys(call, store) })),
  actionRoute(APP_CONFIGURATION, "regenerateKey", regenerateStoreKey),
  ...resourceRoutes({ type: COGNITIVE }),
  actionRoute(COGNITIVE, "listKeys", cognitiveKeys),
  actionRoute(COGNITIVE, "regenerateKey", regenerateCognitive),
  // One password and no second one to change over to: setting it cuts everybody off at once.
  ...resourceRoutes({ type: "Microsoft.Sql/servers", secrets: PASSWORD, longRunning: true }),
  ...resourceRoutes({ type: "Microsoft.Sql/servers/databases" }),
  ...resourceRoutes({ type: "Microsoft.Sql/servers/administrators" }),
  ...resourceRoutes({ type: "Microsoft.Sql/servers/azureADOnlyAuthentications" }),
  ...resourceRoutes({
    type: "Microsoft.DBforPostgreSQL/flexibleServers",
    secrets: PASSWORD,
    longRunning: true,
  }),
  ...resourceRoutes({ type: "Microsoft.DBforMySQL/flexibleServers", secrets: PASSWORD, longRunning: true }),
];
