import { decide } from "../authorization/decide.ts";
import type { Resource } from "../state/azure.ts";
import type { Tenant } from "../tenant.ts";
import type { WireRequest } from "../wire.ts";
import type { BlobOperation } from "./blob-operations.ts";
import { BLOB_ERRORS, type BlobError } from "./blob-errors.ts";
import { acceptedKeys, sameText, signed } from "./keys.ts";
import {
  accountSasText,
  delegationKey,
  delegationSasText,
  serviceSasText,
  type SasParameters,
} from "./shared-access-signature.ts";
import { sharedKeyText } from "./shared-key.ts";

export type BlobAuthentication =
  | { readonly kind: "AccountKey"; readonly keyName: string; readonly key: string }
  | { readonly kind: "SAS"; readonly keyName: string; readonly key: string; readonly signature: string }
  | { readonly kind: "OAuth"; readonly objectId: string; readonly appId: string; readonly tenantId: string }
  | { readonly kind: "Anonymous" };

export type BlobAccess =
  | { readonly kind: "allowed"; readonly by: BlobAuthentication }
  | { readonly kind: "refused"; readonly error: BlobError };

export interface BlobAttempt {
  readonly tenant: Tenant;
  readonly request: WireRequest;
  readonly account: Resource;
  readonly operation: BlobOperation;
  readonly container: string;
  readonly blob: string;
}

/** Which of the account's credentials a request bears, and whether it is good for what is asked. */
export function authorizeBlob(attempt: BlobAttempt): BlobAccess {
  const { request } = attempt;
  const header = request.headers["authorization"] ?? "";
  if (header.startsWith("SharedKey ")) return bySharedKey(attempt, header);
  if (header.startsWith("Bearer ")) return byToken(attempt);
  if (request.url.searchParams.has("sig")) return bySas(attempt);
  return refused(BLOB_ERRORS.noAuthentication);
}

function refused(error: BlobError): BlobAccess {
  return { kind: "refused", error };
}

function bySharedKey(attempt: BlobAttempt, header: string): BlobAccess {
  const { tenant, request, account } = attempt;
  if (account.properties["allowSharedKeyAccess"] === false) return refused(BLOB_ERRORS.keysNotPermitted);
  const signature = header.slice(header.indexOf(":") + 1);
  const text = sharedKeyText(request, account.name);
  const key = acceptedKeys(tenant, account).find(({ value }) =>
    sameText(signed(Buffer.from(value, "base64"), text), signature),
  );
  return key === undefined
    ? refused(BLOB_ERRORS.authenticationFailed)
    : { kind: "allowed", by: { kind: "AccountKey", keyName: key.name, key: key.value } };
}

function bySas(attempt: BlobAttempt): BlobAccess {
  const { tenant, request, account, container, blob } = attempt;
  const sas: SasParameters = new Map(request.url.searchParams);
  const signature = sas.get("sig") ?? "";
  if ((sas.get("si") ?? "") !== "") return refused(BLOB_ERRORS.notModelled("stored access policies"));
  if (sas.has("skoid")) return byDelegation(attempt, sas, signature);
  if (account.properties["allowSharedKeyAccess"] === false) return refused(BLOB_ERRORS.keysNotPermitted);
  const text = sas.has("ss")
    ? accountSasText(account.name, sas)
    : serviceSasText(account.name, sas, container, blob);
  const key = acceptedKeys(tenant, account).find(({ value }) =>
    sameText(signed(Buffer.from(value, "base64"), text), signature),
  );
  if (key === undefined) return refused(BLOB_ERRORS.authenticationFailed);
  return withinItsTerms(attempt, sas, { kind: "SAS", keyName: key.name, key: key.value, signature });
}

/** Signed with a key that Entra vouched for: good until revoked, and never for more than its owner may do now. */
function byDelegation(attempt: BlobAttempt, sas: SasParameters, signature: string): BlobAccess {
  const { tenant, account, operation, container, blob } = attempt;
  const key = delegationKey(delegationSecret(tenant, account), revokedAt(tenant, account), sas);
  const isSigned = sameText(signed(key, delegationSasText(account.name, sas, container, blob)), signature);
  const ends = Date.parse(sas.get("ske") ?? "");
  if (!isSigned || Number.isNaN(ends) || ends < tenant.clock.now())
    return refused(BLOB_ERRORS.authenticationFailed);
  const owner = sas.get("skoid") ?? "";
  if (!mayDo(attempt, owner, operation)) return refused(BLOB_ERRORS.permissionMismatch);
  return withinItsTerms(attempt, sas, {
    kind: "SAS",
    keyName: "UserDelegationKey",
    key: key.toString("base64"),
    signature,
  });
}

function withinItsTerms(attempt: BlobAttempt, sas: SasParameters, by: BlobAuthentication): BlobAccess {
  const { tenant, request, operation } = attempt;
  const now = tenant.clock.now();
  const starts = Date.parse(sas.get("st") ?? "");
  const ends = Date.parse(sas.get("se") ?? "");
  if (Number.isNaN(ends) || ends < now || starts > now) return refused(BLOB_ERRORS.authenticationFailed);
  const [first, last = first] = (sas.get("sip") ?? "").split("-");
  if (first !== undefined && first !== "" && !isBetween(request.clientAddress, first, last ?? first)) {
    return refused(BLOB_ERRORS.sourceAddressMismatch);
  }
  if (!operation.sasPermissions.some((permission) => (sas.get("sp") ?? "").includes(permission))) {
    return refused(BLOB_ERRORS.permissionMismatch);
  }
  if (sas.has("srt") && !(sas.get("srt") ?? "").includes(operation.resourceType)) {
    return refused(BLOB_ERRORS.resourceTypeMismatch);
  }
  if (!sas.has("srt") && operation.resourceType === "s") return refused(BLOB_ERRORS.resourceTypeMismatch);
  return { kind: "allowed", by };
}

function byToken(attempt: BlobAttempt): BlobAccess {
  const { tenant, request, account, operation } = attempt;
  const authentication = tenant.authenticate(request, [
    "https://storage.azure.com",
    `https://${account.name}.blob.core.windows.net`,
  ]);
  if (authentication.kind === "refused") return refused(BLOB_ERRORS.invalidToken);
  const { caller } = authentication;
  if (!mayDo(attempt, caller.objectId, operation)) return refused(BLOB_ERRORS.permissionMismatch);
  return {
    kind: "allowed",
    by: { kind: "OAuth", objectId: caller.objectId, appId: caller.appId ?? "", tenantId: caller.tenantId },
  };
}

function mayDo(
  { tenant, account, container }: BlobAttempt,
  objectId: string,
  operation: BlobOperation,
): boolean {
  const scope = container === "" ? account.id : `${account.id}/blobServices/default/containers/${container}`;
  return decide(tenant, {
    objectId,
    ...(operation.isDataAction ? { dataAction: operation.action } : { action: operation.action }),
    scope,
  }).allowed;
}

/** What user delegation keys of an account are made from. */
export function delegationSecret(tenant: Tenant, account: Resource): string {
  return `${tenant.id}/${account.id.toLowerCase()}`;
}

export function revokedAt(tenant: Tenant, account: Resource): number {
  return tenant.state.azure.userDelegationRevokedAt.get(account.id.toLowerCase()) ?? 0;
}

function isBetween(address: string, first: string, last: string): boolean {
  const number = (text: string) => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return number(address) >= number(first) && number(address) <= number(last);
}
