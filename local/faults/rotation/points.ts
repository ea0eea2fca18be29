import type { FaultRule } from "../../tenant/weather/faults.ts";

/** A request of a rotation, before or after which something goes wrong. */
export interface Point {
  readonly what: string;
  readonly rule: Pick<FaultRule, "service" | "operation" | "target" | "nth">;
}

export interface RotationMoment extends Point {
  readonly mishap: "host killed" | "tenant killed" | "throttled" | "answer lost";
  /** Whether the request is still served, so that only its answer is lost. */
  readonly served: boolean;
}

const publish = (secret: string): Point => ({
  what: `publishing ${secret}`,
  rule: { service: "key-vault", operation: `PUT /secrets/${secret}` },
});
const disable = (secret: string): Point => ({
  what: `disabling the old version of ${secret}`,
  rule: { service: "key-vault", operation: `PATCH /secrets/${secret}/{version}` },
});
const regenerate = (what: string, path: string, nth = 1): Point => ({
  what: `regenerating ${what}`,
  rule: { service: "arm", operation: `POST ${path}`, nth },
});

/** Every effect of the campaign's rotations, in the order in which a rotation comes to them. */
export const POINTS: readonly Point[] = [
  {
    what: "disabling the suspect, before anything rotates",
    rule: { service: "graph", operation: "PATCH /servicePrincipals/{id}" },
  },
  {
    what: "taking the lock off",
    rule: { service: "graph", operation: "PATCH /applications/{id}", target: '"isEnabled":false' },
  },
  {
    what: "removing the application's leaked secret",
    rule: { service: "graph", operation: "POST /applications/{id}/removePassword" },
  },
  {
    what: "removing the principal's leaked secret",
    rule: { service: "graph", operation: "POST /servicePrincipals/{id}/removePassword" },
  },
  regenerate("the storage account's first key", "/storageAccounts/stapp/regenerateKey"),
  regenerate("the storage account's second key", "/storageAccounts/stapp/regenerateKey", 2),
  regenerate("a Cosmos DB key", "/databaseAccounts/cosmos-app/regenerateKey"),
  regenerate("the last Cosmos DB key", "/databaseAccounts/cosmos-app/regenerateKey", 4),
  regenerate("a Service Bus key", "/authorizationRules/send/regenerateKeys"),
  { what: "setting the SQL password", rule: { service: "arm", operation: "PATCH /servers/sql-app" } },
  {
    what: "adding the application's new secret",
    rule: { service: "graph", operation: "POST /applications/{id}/addPassword" },
  },
  {
    what: "adding the principal's new secret",
    rule: { service: "graph", operation: "POST /servicePrincipals/{id}/addPassword" },
  },
  publish("storage-connection"),
  publish("cosmos-key"),
  publish("sql-admin"),
  publish("billing"),
  publish("billing-locked"),
  publish("session-signing"),
  {
    what: "putting the lock back",
    rule: { service: "graph", operation: "PATCH /applications/{id}", target: '"isEnabled":true' },
  },
  disable("storage-key"),
  disable("billing"),
  disable("billing-locked"),
];

/** Those of the rotation by name, with its overlap. */
export const AGED_POINTS: readonly Point[] = [
  regenerate("the alternate key", "/configurationStores/appcs-app/regenerateKey"),
  publish("settings-key"),
  regenerate("the old key, when the overlap is over", "/configurationStores/appcs-app/regenerateKey", 2),
  disable("settings-key"),
];

export function nameOf({ what, mishap, served }: RotationMoment): string {
  const when = mishap === "throttled" ? "" : served ? ", after it was done" : ", before it was done";
  return `${what}${when}: ${mishap}`;
}

export function weatherOf({ rule, mishap, served }: RotationMoment): FaultRule {
  switch (mishap) {
    case "host killed":
    case "tenant killed":
      return { ...rule, answer: "hang", afterEffect: served };
    case "answer lost":
      return { ...rule, answer: "reset", afterEffect: served };
    case "throttled":
      return { ...rule, answer: 429, times: 2 };
    default:
      return mishap satisfies never;
  }
}
