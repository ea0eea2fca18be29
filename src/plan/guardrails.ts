import type { Principal } from "../case/principal.ts";
import { carriesTag, type Policy } from "./policy.ts";

/** Who must never be cut, gathered before planning and again before performing. */
export interface Protection {
  /** The app's own identities: their object ids, app ids and ARM ids. */
  readonly ownIds: readonly string[];
  /** Members of the policy's protected groups, by object id. */
  readonly protectedMembers: readonly string[];
}

export type Guardrail =
  | "own-identity"
  | "break-glass"
  | "protected"
  | "protected-group"
  | "protected-tag"
  | "production"
  | "first-party";

export interface Refused {
  readonly guardrail: Guardrail;
  readonly reason: string;
}

/**
 * Why none of these ids may be touched, or null. Ids are compared without regard to case, as Azure does; an ARM id protects
 * what lies below it as well.
 */
export function guardIds(ids: readonly string[], policy: Policy, protection: Protection): Refused | null {
  const has = isAtOrBelow;
  for (const id of ids) {
    if (has(protection.ownIds, id))
      return { guardrail: "own-identity", reason: `${id} is one of our own identities` };
    if (has(policy.breakGlass, id))
      return { guardrail: "break-glass", reason: `${id} is a break-glass account` };
    if (has(policy.protected.ids, id))
      return { guardrail: "protected", reason: `${id} is protected by policy` };
    if (has(protection.protectedMembers, id)) {
      return { guardrail: "protected-group", reason: `${id} is in a protected group` };
    }
  }
  return null;
}

/** Whether an id is one of these, or lies below one of them. */
export function isAtOrBelow(ids: readonly string[], id: string): boolean {
  return ids.some((it) => covers(it.toLowerCase(), id.toLowerCase()));
}

function covers(listed: string, id: string): boolean {
  return id === listed || (listed.startsWith("/") && id.startsWith(`${listed.replace(/\/$/, "")}/`));
}

/** Why a proposed change must not be made, or null: by whom it touches, and by the tags of what it changes. */
export function guardProposal(
  {
    touches,
    tags,
  }: { readonly touches: readonly string[]; readonly tags?: Readonly<Record<string, string>> },
  policy: Policy,
  protection: Protection,
): Refused | null {
  if (tags !== undefined && carriesTag(tags, policy.protected.tags)) {
    return { guardrail: "protected-tag", reason: "what it changes carries a protected tag" };
  }
  return guardIds(touches, policy, protection);
}

/** Why a principal must not be cut at all, or null. */
export function guardPrincipal(principal: Principal, policy: Policy, protection: Protection): Refused | null {
  if (principal.home === "microsoft") {
    return { guardrail: "first-party", reason: `${principal.displayName} is Microsoft's own` };
  }
  const tags = Object.fromEntries(principal.tags.map((tag) => [tag, tag]));
  if (carriesTag(tags, policy.protected.tags)) {
    return { guardrail: "protected-tag", reason: `${principal.displayName} carries a protected tag` };
  }
  const ids = [principal.objectId, principal.appId, principal.applicationObjectId, principal.resourceId];
  return guardIds(
    ids.filter((it) => it !== null),
    policy,
    protection,
  );
}
