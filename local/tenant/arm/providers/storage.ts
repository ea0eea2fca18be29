import { textIn } from "../../state/azure/json.ts";
import type { Resource } from "../../state/azure/model.ts";
import { type ArmAnswer, type ArmCall, ok, type Route } from "../call.ts";
import { badRequest, notModelled } from "../errors.ts";
import { keyNamed, keysOf, regenerate, setKey } from "../keys.ts";
import { parameter } from "../paging.ts";
import { actionRoute, resourceRoutes } from "../resource-type.ts";
import { blobContainerRoutes } from "./blob-containers.ts";
import { STORAGE_HEADERS as HEADERS } from "./storage-headers.ts";
import { keyValue } from "../../state/azure/key-shapes.ts";

const ACCOUNT = "Microsoft.Storage/storageAccounts";

const accounts = resourceRoutes({
  type: ACCOUNT,
  readOnly: ["creationTime", "primaryEndpoints", "primaryLocation"],
  complete: (call, { properties, name, before }) => ({
    creationTime: new Date(call.nowInMs).toISOString(),
    primaryEndpoints: Object.fromEntries(
      ["blob", "queue", "table", "file"].map((kind) => [kind, `https://${name}.${kind}.core.windows.net/`]),
    ),
    primaryLocation: before?.location ?? textIn(call.body, "location"),
    supportsHttpsTrafficOnly: true,
    minimumTlsVersion: "TLS1_2",
    allowBlobPublicAccess: false,
    ...properties,
  }),
  serve: (tenant, account) => {
    const keys = keysOf({ azure: tenant.state.azure }, account);
    const createdAt = (name: string) => {
      const key = keys.get(name);
      return key ? new Date(key.createdAt).toISOString() : null;
    };
    return { keyCreationTime: { key1: createdAt("key1"), key2: createdAt("key2") } };
  },
});

function wireKeys(call: ArmCall, account: Resource, withKerberos: boolean): ArmAnswer {
  const names = ["key1", "key2", ...(withKerberos ? ["kerb1", "kerb2"] : [])];
  const keys = names.flatMap((name) => {
    const key = keyNamed(call, account, name);
    return key
      ? [
          {
            creationTime: new Date(key.createdAt).toISOString().replace("Z", "0000Z"),
            keyName: key.name,
            value: key.value,
            permissions: "FULL",
          },
        ]
      : [];
  });
  return ok({ keys }, HEADERS);
}

function regenerateKey(call: ArmCall, account: Resource): ArmAnswer {
  const name = textIn(call.body, "keyName").toLowerCase();
  if (!["key1", "key2", "kerb1", "kerb2"].includes(name)) {
    // guess: text not captured.
    return badRequest(`The key name '${textIn(call.body, "keyName")}' is not valid.`, "InvalidKeyName");
  }
  if (name.startsWith("kerb")) {
    setKey(call, account, name, keyValue(account.type, call.tenant.random.hex(64)));
    return wireKeys(call, account, true);
  }
  regenerate(call, account, name);
  return wireKeys(call, account, false);
}

export const storageRoutes: readonly Route[] = [
  ...accounts,
  actionRoute(ACCOUNT, "listKeys", (call, account) =>
    wireKeys(call, account, /kerb/i.test(parameter(call, "$expand") ?? "")),
  ),
  actionRoute(ACCOUNT, "regenerateKey", regenerateKey),
  actionRoute(ACCOUNT, "revokeUserDelegationKeys", (call, account) => {
    call.azure.userDelegationRevokedAt.set(account.id.toLowerCase(), call.nowInMs);
    return { status: 200 };
  }),
  actionRoute(ACCOUNT, "ListAccountSas", () => notModelled("shared access signatures made by ARM")),
  actionRoute(ACCOUNT, "ListServiceSas", () => notModelled("shared access signatures made by ARM")),
  ...blobContainerRoutes,
];
