import type { Caller } from "../service.ts";
import type { Directory, ServicePrincipal, User } from "../state/directory.ts";
import type { Tenant } from "../tenant.ts";

/**
 * Whether something happened to the principal, since the token was issued, that continuous access evaluation acts on:
 * disabled, deleted, at high risk; for a person also sessions revoked. What was undone later still revoked the token.
 * It takes `delays.continuousAccessInMs` to arrive. Disables longer than a day ago and undone since are forgotten.
 */
export function revokedSince(tenant: Tenant, { objectId, issuedAt, kind }: Caller): boolean {
  const { directory } = tenant.state;
  const known = tenant.clock.now() - tenant.delays.continuousAccessInMs;
  const objects = kind === "user" ? directory.users : directory.servicePrincipals;
  if (isShut(objects.get(objectId, known))) return true;
  // Tokens are dated back by five minutes; only what was written after the token counts against it.
  const writtenAfterInMs = issuedAt + 300_000;
  for (const at of writesTo(directory, kind, objectId)) {
    if (at >= writtenAfterInMs && at <= known && isShut(objects.get(objectId, at))) return true;
  }
  if (kind === "user") {
    const user = directory.users.get(objectId, known);
    if (user && Date.parse(user.signInSessionsValidFromDateTime) > writtenAfterInMs) return true;
  }
  const risk = directory.riskyPrincipals.get(objectId, known);
  return (
    risk?.riskLevel === "high" && (risk.riskState === "atRisk" || risk.riskState === "confirmedCompromised")
  );
}

function isShut(object: ServicePrincipal | User | undefined): boolean {
  return object === undefined || !object.accountEnabled;
}

interface WriteIndex {
  read: number;
  readonly byId: Map<string, number[]>;
}

const indexes = new WeakMap<object, WriteIndex>();

function writesTo(directory: Directory, kind: Caller["kind"], id: string): readonly number[] {
  const objects = kind === "user" ? directory.users : directory.servicePrincipals;
  const index = indexes.get(objects) ?? { read: 0, byId: new Map<string, number[]>() };
  indexes.set(objects, index);
  for (const change of objects.changes.slice(index.read)) {
    index.byId.set(change.id, [...(index.byId.get(change.id) ?? []), change.at]);
  }
  index.read = objects.changes.length;
  return index.byId.get(id) ?? [];
}
