import { createHash } from "node:crypto";
import type { HeldKey } from "./model.ts";

/** How each provider's keys look, so that clients that decode or measure them accept them. */
type KeyLook =
  | "base64-64"
  | "base64-32"
  | "hex-32"
  | "letters-52"
  | "letters-60"
  | "password-20"
  | "url-safe-40";

const BASE62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

const SHAPES: Readonly<Record<string, { readonly names: readonly string[]; readonly look: KeyLook }>> = {
  "microsoft.storage/storageaccounts": { names: ["key1", "key2"], look: "base64-64" },
  "microsoft.documentdb/databaseaccounts": {
    names: ["primary", "secondary", "primaryReadonly", "secondaryReadonly"],
    look: "base64-64",
  },
  "microsoft.servicebus/namespaces/authorizationrules": {
    names: ["PrimaryKey", "SecondaryKey"],
    look: "base64-32",
  },
  "microsoft.servicebus/namespaces/queues/authorizationrules": {
    names: ["PrimaryKey", "SecondaryKey"],
    look: "base64-32",
  },
  "microsoft.servicebus/namespaces/topics/authorizationrules": {
    names: ["PrimaryKey", "SecondaryKey"],
    look: "base64-32",
  },
  "microsoft.eventhub/namespaces/authorizationrules": {
    names: ["PrimaryKey", "SecondaryKey"],
    look: "base64-32",
  },
  "microsoft.eventhub/namespaces/eventhubs/authorizationrules": {
    names: ["PrimaryKey", "SecondaryKey"],
    look: "base64-32",
  },
  "microsoft.cache/redis": { names: ["Primary", "Secondary"], look: "base64-32" },
  "microsoft.containerregistry/registries": { names: ["password", "password2"], look: "letters-52" },
  "microsoft.appconfiguration/configurationstores": {
    names: ["Primary", "Secondary", "Primary Read Only", "Secondary Read Only"],
    look: "base64-32",
  },
  "microsoft.cognitiveservices/accounts": { names: ["Key1", "Key2"], look: "hex-32" },
  "microsoft.web/sites": {
    names: ["publishingPassword", "master", "functionKeys.default"],
    look: "letters-60",
  },
  "microsoft.web/sites/slots": {
    names: ["publishingPassword", "master", "functionKeys.default"],
    look: "letters-60",
  },
  "microsoft.sql/servers": { names: ["administratorLoginPassword"], look: "password-20" },
  "microsoft.dbforpostgresql/flexibleservers": { names: ["administratorLoginPassword"], look: "password-20" },
  "microsoft.dbformysql/flexibleservers": { names: ["administratorLoginPassword"], look: "password-20" },
  "microsoft.operationalinsights/workspaces": {
    names: ["primarySharedKey", "secondarySharedKey"],
    look: "base64-64",
  },
};

/** The keys a resource of this type is born with, by lower-case name; none for types without keys. */
export function generatedKeys(
  type: string,
  resourceId: string,
  createdAt: number,
  seed: (name: string) => string,
): Map<string, HeldKey> {
  const shape = SHAPES[type.toLowerCase()];
  const place = resourceId.split("/").at(-1) ?? resourceId;
  return new Map(
    (shape?.names ?? []).map((name) => [
      name.toLowerCase(),
      { name, value: keyValue(type, `${resourceId.toLowerCase()}\n${seed(`${place}.${name}`)}`), createdAt },
    ]),
  );
}

/** A key as the provider would make one, from a seed that is secret itself. */
export function keyValue(type: string, seed: string): string {
  const look = SHAPES[type.toLowerCase()]?.look ?? "base64-32";
  const bytes = createHash("sha512").update(seed).digest();
  const letters = (length: number) =>
    Array.from({ length }, (_, index) => BASE62.charAt((bytes[index] ?? 0) % BASE62.length)).join("");
  switch (look) {
    case "base64-64":
      return bytes.toString("base64");
    case "base64-32":
      return bytes.subarray(0, 32).toString("base64");
    case "hex-32":
      return bytes.subarray(0, 16).toString("hex");
    case "letters-52":
      return letters(52);
    case "letters-60":
      return letters(60);
    case "password-20":
      return `${letters(20)}!1aA`;
    case "url-safe-40":
      return bytes.subarray(0, 30).toString("base64url");
    default:
      return look satisfies never;
  }
}
