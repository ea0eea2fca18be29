import { applicationByAppId, servicePrincipalByAppId, user as userOf } from "../state/directory.ts";
import type { Application, Group, ServicePrincipal, User } from "../state/directory.ts";
import type { GraphCall } from "./call.ts";
import { invalidUri, notFound } from "./errors.ts";

const ALTERNATE = /^\((\w+)='([^']*)'\)$/;

function appIdOf(key: string): string | undefined {
  const match = ALTERNATE.exec(key);
  if (match === null) return undefined;
  if (match[1]?.toLowerCase() !== "appid")
    throw invalidUri(`The key '${match[1] ?? ""}' is not an alternate key here.`);
  return match[2] ?? "";
}

/** How the key is named in a 404: an alternate key by its value. */
function shown(key: string): string {
  return ALTERNATE.exec(key)?.[2] ?? key;
}

export function readApplication(call: GraphCall, key: string): Application {
  const appId = appIdOf(key);
  const found =
    appId === undefined
      ? call.directory.applications.get(key.toLowerCase(), call.asOf)
      : applicationByAppId(call.directory, appId, call.asOf);
  if (found === undefined) throw notFound(shown(key));
  return found;
}

/** What a write starts from: the newest, of an object that has reached the replica. */
export function writableApplication(call: GraphCall, key: string): Application {
  const newest = call.directory.applications.get(readApplication(call, key).id);
  if (newest === undefined) throw notFound(shown(key));
  return newest;
}

export function readPrincipal(call: GraphCall, key: string): ServicePrincipal {
  const appId = appIdOf(key);
  const found =
    appId === undefined
      ? call.directory.servicePrincipals.get(key.toLowerCase(), call.asOf)
      : servicePrincipalByAppId(call.directory, appId, call.asOf);
  if (found === undefined) throw notFound(shown(key));
  return found;
}

export function writablePrincipal(call: GraphCall, key: string): ServicePrincipal {
  const newest = call.directory.servicePrincipals.get(readPrincipal(call, key).id);
  if (newest === undefined) throw notFound(shown(key));
  return newest;
}

export function readUser(call: GraphCall, key: string): User {
  const found = userOf(call.directory, key, call.asOf);
  if (found === undefined) throw notFound(key);
  return found;
}

export function writableUser(call: GraphCall, key: string): User {
  const newest = call.directory.users.get(readUser(call, key).id);
  if (newest === undefined) throw notFound(key);
  return newest;
}

export function readGroup(call: GraphCall, key: string): Group {
  const found = call.directory.groups.get(key.toLowerCase(), call.asOf);
  if (found === undefined) throw notFound(key);
  return found;
}
