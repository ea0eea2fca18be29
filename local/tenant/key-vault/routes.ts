import type { Right } from "./access.ts";
import { deletedKeys, deletedSecrets } from "./deleted-objects.ts";
import {
  createKey,
  getKey,
  importKey,
  listKeys,
  listKeyVersions,
  rotateKey,
  sign,
  updateKey,
  verify,
} from "./keys.ts";
import type { Operation } from "./operation.ts";
import {
  backupSecret,
  getSecret,
  listSecrets,
  listSecretVersions,
  restoreSecret,
  setSecret,
  updateSecret,
} from "./secrets.ts";

export interface Route {
  readonly method: string;
  /** `{name}` and `{version}` stand for one segment; an empty version means the current one. */
  readonly path: string;
  /** As the audit log calls it. */
  readonly logged: string;
  readonly right: Right;
  readonly limit: "createSecret" | "other";
  readonly run: Operation;
}

const secrets = (dataAction: string, permission: string): Right => ({
  dataAction: `Microsoft.KeyVault/vaults/secrets/${dataAction}`,
  object: "secrets",
  permission,
});
const keys = (dataAction: string, permission: string): Right => ({
  dataAction: `Microsoft.KeyVault/vaults/keys/${dataAction}`,
  object: "keys",
  permission,
});

const route = (
  method: string,
  path: string,
  logged: string,
  right: Right,
  run: Operation,
  limit: Route["limit"] = "other",
): Route => ({ method, path, logged, right, run, limit });

/** Fixed segments before placeholders: the first match is taken. */
export const ROUTES: readonly Route[] = [
  route("GET", "/secrets", "SecretList", secrets("readMetadata/action", "list"), listSecrets),
  route(
    "POST",
    "/secrets/restore",
    "SecretRestore",
    secrets("restore/action", "restore"),
    restoreSecret,
    "createSecret",
  ),
  route(
    "GET",
    "/secrets/{name}/versions",
    "SecretListVersions",
    secrets("readMetadata/action", "list"),
    listSecretVersions,
  ),
  route("POST", "/secrets/{name}/backup", "SecretBackup", secrets("backup/action", "backup"), backupSecret),
  route("GET", "/secrets/{name}", "SecretGet", secrets("getSecret/action", "get"), getSecret),
  route("GET", "/secrets/{name}/{version}", "SecretGet", secrets("getSecret/action", "get"), getSecret),
  route("PUT", "/secrets/{name}", "SecretSet", secrets("setSecret/action", "set"), setSecret, "createSecret"),
  route("PATCH", "/secrets/{name}", "SecretUpdate", secrets("update/action", "set"), updateSecret),
  route("PATCH", "/secrets/{name}/{version}", "SecretUpdate", secrets("update/action", "set"), updateSecret),
  route("DELETE", "/secrets/{name}", "SecretDelete", secrets("delete", "delete"), deletedSecrets.remove),
  route(
    "GET",
    "/deletedsecrets",
    "SecretListDeleted",
    secrets("readMetadata/action", "list"),
    deletedSecrets.list,
  ),
  route(
    "GET",
    "/deletedsecrets/{name}",
    "SecretGetDeleted",
    secrets("readMetadata/action", "get"),
    deletedSecrets.get,
  ),
  route(
    "POST",
    "/deletedsecrets/{name}/recover",
    "SecretRecover",
    secrets("recover/action", "recover"),
    deletedSecrets.recover,
  ),
  route(
    "DELETE",
    "/deletedsecrets/{name}",
    "SecretPurge",
    secrets("purge/action", "purge"),
    deletedSecrets.purge,
  ),

  route("GET", "/keys", "KeyList", keys("read", "list"), listKeys),
  route("POST", "/keys/{name}/create", "KeyCreate", keys("create/action", "create"), createKey),
  route("POST", "/keys/{name}/rotate", "KeyRotate", keys("rotate/action", "rotate"), rotateKey),
  route("PUT", "/keys/{name}", "KeyImport", keys("import/action", "import"), importKey),
  route("GET", "/keys/{name}/versions", "KeyListVersions", keys("read", "list"), listKeyVersions),
  route("GET", "/keys/{name}", "KeyGet", keys("read", "get"), getKey),
  route("GET", "/keys/{name}/{version}", "KeyGet", keys("read", "get"), getKey),
  route("PATCH", "/keys/{name}", "KeyUpdate", keys("update/action", "update"), updateKey),
  route("PATCH", "/keys/{name}/{version}", "KeyUpdate", keys("update/action", "update"), updateKey),
  route("POST", "/keys/{name}/sign", "KeySign", keys("sign/action", "sign"), sign),
  route("POST", "/keys/{name}/{version}/sign", "KeySign", keys("sign/action", "sign"), sign),
  route("POST", "/keys/{name}/verify", "KeyVerify", keys("verify/action", "verify"), verify),
  route("POST", "/keys/{name}/{version}/verify", "KeyVerify", keys("verify/action", "verify"), verify),
  route("DELETE", "/keys/{name}", "KeyDelete", keys("delete", "delete"), deletedKeys.remove),
  route("GET", "/deletedkeys", "KeyListDeleted", keys("read", "list"), deletedKeys.list),
  route("GET", "/deletedkeys/{name}", "KeyGetDeleted", keys("read", "get"), deletedKeys.get),
  route(
    "POST",
    "/deletedkeys/{name}/recover",
    "KeyRecover",
    keys("recover/action", "recover"),
    deletedKeys.recover,
  ),
  route("DELETE", "/deletedkeys/{name}", "KeyPurge", keys("purge/action", "purge"), deletedKeys.purge),
];

export interface Matched {
  readonly route: Route;
  readonly name: string;
  readonly version: string | undefined;
}

/** `/secrets/name/` is the current version too; the Python client sends it so. Segments are compared without case. */
export function matchRoute(method: string, pathname: string): Matched | undefined {
  const given = pathname
    .replace(/\/+$/, "")
    .split("/")
    .slice(1)
    .filter((segment) => segment !== "");
  for (const candidate of ROUTES) {
    if (candidate.method !== method) continue;
    const wanted = candidate.path.split("/").slice(1);
    if (wanted.length !== given.length) continue;
    const taken: Record<string, string> = {};
    const fits = wanted.every((segment, index) => {
      const value = given[index] ?? "";
      if (segment.startsWith("{")) {
        taken[segment.slice(1, -1)] = decodeURIComponent(value);
        return true;
      }
      return segment === value.toLowerCase();
    });
    if (fits) return { route: candidate, name: taken["name"] ?? "", version: taken["version"] };
  }
  return undefined;
}
