import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import type { Answer } from "../azure/failure.ts";
import { SecretText } from "./secret-text.ts";
import { type HeldLock } from "./rotation.ts";

/** A directory object that holds client secrets, as far as rotation needs to know it. */
export interface SecretHolder {
  /** `/applications/{id}` or `/servicePrincipals/{id}`. */
  readonly path: string;
  readonly appId: string;
  readonly ids: readonly string[];
  readonly passwords: readonly {
    readonly keyId: string;
    readonly hint: string | null;
    readonly displayName: string | null;
  }[];
}

const Holder = z.object({
  id: z.string(),
  appId: z.string(),
  passwordCredentials: z.array(
    z.object({ keyId: z.string(), hint: z.string().nullish(), displayName: z.string().nullish() }),
  ),
});
const SELECT = "$select=id,appId,passwordCredentials";

/** Reads a holder by its path. */
export async function readHolder(azure: Azure, path: string): Promise<Answer<SecretHolder>> {
  const answer = await azure.graph.get(`${path}?${SELECT}`, Holder);
  return answer.kind === "failed" ? answer : { ...answer, value: holderFrom(path, answer.value) };
}

/** Every application of the tenant with its secrets' hints: for a value that nothing else tells the owner of. */
export function listHolders(azure: Azure): Promise<Answer<readonly SecretHolder[]>> {
  return listOf(azure, "applications");
}

/** Service principals can have secrets of their own; few do, and all have to be listed to see which. */
export function listServicePrincipalHolders(azure: Azure): Promise<Answer<readonly SecretHolder[]>> {
  return listOf(azure, "servicePrincipals");
}

async function listOf(azure: Azure, collection: string): Promise<Answer<readonly SecretHolder[]>> {
  const answer = await azure.graph.list(`/${collection}?${SELECT}&$top=999`, Holder);
  if (answer.kind === "failed") return answer;
  const holders = answer.value.filter(({ passwordCredentials }) => passwordCredentials.length > 0);
  return { ...answer, value: holders.map((it) => holderFrom(`/${collection}/${it.id}`, it)) };
}

function holderFrom(path: string, it: z.infer<typeof Holder>): SecretHolder {
  return {
    path,
    appId: it.appId,
    ids: [it.id, it.appId],
    passwords: it.passwordCredentials.map(({ keyId, hint, displayName }) => ({
      keyId,
      hint: hint ?? null,
      displayName: displayName ?? null,
    })),
  };
}

const Added = z.object({ keyId: z.string(), secretText: SecretText });

export function addSecret(azure: Azure, path: string, displayName: string, endDateTime: string) {
  return azure.graph.post(`${path}/addPassword`, { passwordCredential: { displayName, endDateTime } }, Added);
}

export function removeSecret(azure: Azure, path: string, keyId: string): Promise<Answer<unknown>> {
  return azure.graph.post(`${path}/removePassword`, { keyId }, z.unknown());
}

const Locked = z.object({
  id: z.string(),
  servicePrincipalLockConfiguration: z.record(z.string(), z.boolean().nullable()).nullish(),
});

/** The lock that keeps a service principal's secrets from changing; null when there is none, or it lies elsewhere. */
export async function readLock(azure: Azure, holder: SecretHolder): Promise<Answer<HeldLock | null>> {
  const answer = await azure.graph.get(
    `/applications(appId='${holder.appId}')?$select=id,servicePrincipalLockConfiguration`,
    Locked,
  );
  if (answer.kind === "failed") {
    // A foreign application's lock is its owner's; the refusal itself will say so.
    return answer.failure.code === "NOT_FOUND"
      ? { kind: "ok", value: null, status: 404, requestId: answer.failure.requestId, headers: {} }
      : answer;
  }
  const { id, servicePrincipalLockConfiguration: lock } = answer.value;
  const isOn =
    lock?.["isEnabled"] === true &&
    (lock["allProperties"] === true || lock["credentialsWithUsageVerify"] === true);
  return { ...answer, value: isOn ? { applicationId: id, configuration: lock } : null };
}

/** Puts the lock on or takes it off; on again is exactly as it was. */
export function setLock(azure: Azure, lock: HeldLock, on: boolean): Promise<Answer<unknown>> {
  return azure.graph.patch(`/applications/${lock.applicationId}`, {
    servicePrincipalLockConfiguration: on ? lock.configuration : { ...lock.configuration, isEnabled: false },
  });
}
