import { principalKey } from "../case/principal.ts";
import type { Reach } from "../case/reach.ts";
import type { Scope, ScopedPrincipal } from "../case/scope.ts";

/**
 * The scopes of a case as one: the latest, and what only earlier ones hold, because each cut takes from what a later look
 * still finds within reach. Null for none. Pure.
 */
export function wholeScope(scopes: readonly Scope[]): Scope | null {
  const latest = scopes.at(-1);
  if (latest === undefined) return null;
  const principals = new Map<string, ScopedPrincipal>();
  const reach = new Map<string, Reach>();
  for (const scope of scopes) {
    for (const it of scope.principals) principals.set(principalKey(it.principal), it);
    for (const it of scope.reach) {
      const key = JSON.stringify([it.kind, it.targetId, it.principalKey]);
      // That it was touched stays true, whatever a later log still shows.
      if (reach.get(key)?.evidence !== "read" || it.evidence === "read") reach.set(key, it);
    }
  }
  return { ...latest, principals: [...principals.values()], reach: [...reach.values()] };
}
