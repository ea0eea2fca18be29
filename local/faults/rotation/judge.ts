import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CredentialsHeld } from "../../run/credentials-held.ts";
import type { RotatedSecret } from "./scenario.ts";

/** What of the rotated credentials is not as promised, a line each. Says names, never values. Pure. */
export function wrongInCredentials(
  secrets: readonly RotatedSecret[],
  before: CredentialsHeld,
  after: CredentialsHeld,
): readonly string[] {
  return [
    ...secrets.flatMap((secret) => wrongIn(secret, before, after).map((it) => `${secret.name}: ${it}`)),
    ...wrongInHolders(before, after),
    ...after.locks
      .filter(
        ({ applicationId, lock }) =>
          before.locks.find((it) => it.applicationId === applicationId)?.lock !== lock,
      )
      .map(({ applicationId }) => `the lock of ${applicationId} is not as it was`),
  ];
}

function wrongIn({ name, holds }: RotatedSecret, before: CredentialsHeld, after: CredentialsHeld): string[] {
  const wrong: string[] = [];
  const versions = after.versions.filter(({ secret }) => secret === name);
  const first = before.versions.find(({ secret }) => secret === name);
  const newest = versions.at(-1);
  const enabled = versions.filter((it) => it.enabled);
  if (first === undefined || newest === undefined) return ["it is not there"];
  if (newest.version === first.version) wrong.push("nothing was published");
  if (enabled.length !== 1 || enabled[0] !== newest) wrong.push(`${enabled.length} versions are enabled`);
  switch (holds.kind) {
    case "key": {
      const values = keysOf(after, holds.resource);
      const old = keysOf(before, holds.resource).find((it) => first.value.includes(it));
      if (old === undefined) wrong.push("it did not hold a key to begin with");
      else if (values.includes(old)) wrong.push("the old key is still the provider's");
      const now = values.find((it) => newest.value.includes(it));
      if (now === undefined) wrong.push("what was published is no key of the provider's");
      else if (old !== undefined && newest.value.replace(now, "") !== first.value.replace(old, "")) {
        wrong.push("more than the key was changed");
      }
      break;
    }
    case "client-secret": {
      if (after.passwords.some(({ value }) => value === first.value))
        wrong.push("the old secret still works");
      if (!after.passwords.some(({ value }) => value === newest.value))
        wrong.push("the new secret does not work");
      break;
    }
    case "random":
      if (newest.value === first.value) wrong.push("the value is the same");
      break;
    default:
      holds satisfies never;
  }
  return wrong;
}

/** A client secret made by a rotation is either the one that was published, or nobody knows of it. */
function wrongInHolders(before: CredentialsHeld, after: CredentialsHeld): string[] {
  const known = new Set(before.passwords.map(({ keyId }) => keyId));
  const published = new Set(after.versions.filter(({ enabled }) => enabled).map(({ value }) => value));
  return after.passwords
    .filter(({ keyId, value }) => !known.has(keyId) && !published.has(value))
    .map(
      ({ holderId, displayName }) =>
        `a client secret nobody knows of at ${holderId}: ${displayName ?? "no name"}`,
    );
}

function keysOf({ keys }: CredentialsHeld, resource: string): readonly string[] {
  return keys
    .filter(({ resourceId }) => resourceId.toLowerCase().endsWith(`/${resource.toLowerCase()}`))
    .map(({ value }) => value);
}

/** Files that hold any of these values, but for the stand-in's own memory. */
export function filesWithValues(folder: string, values: Iterable<string>): readonly string[] {
  const wanted = [...new Set(values)].filter((it) => it !== "");
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((it) => it.isFile() && !join(it.parentPath, it.name).startsWith(join(folder, "tenant/")))
    .map((it) => join(it.parentPath, it.name))
    .filter((path) => {
      const text = readFileSync(path, "latin1");
      return wanted.some((value) => text.includes(value));
    });
}
