import type { Azure } from "../azure/azure.ts";
import type { Principal } from "../case/principal.ts";
import type { DirectoryReader } from "./directory-reader.ts";
import type { Gaps } from "./gaps.ts";

/** What every part of the scope reads with, and where it says what it could not read. */
export interface Reading {
  readonly azure: Azure;
  readonly directory: DirectoryReader;
  readonly gaps: Gaps;
}

/** The principal's place in Graph: `/servicePrincipals/{id}` or `/users/{id}`; null for an application that has neither here. */
export function directoryPath(principal: Principal): string | null {
  if (principal.objectId === null) return null;
  return `/${principal.kind === "user" ? "users" : "servicePrincipals"}/${principal.objectId}`;
}

/** How gaps name a principal: by kind and id, never by the name it gave itself. */
export function principalLabel(principal: Principal): string {
  return `${principal.kind} ${principal.objectId ?? principal.applicationObjectId ?? ""}`;
}
