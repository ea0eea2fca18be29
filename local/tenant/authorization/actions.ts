import type { Permission } from "../state/azure/model.ts";

const compiled = new Map<string, RegExp>();

export interface Wanted {
  readonly plane: "control" | "data";
  readonly action: string;
}

/** What a permission names in its plane, less what the same permission takes out again. */
export function covers(permission: Permission, { plane, action }: Wanted): boolean {
  return plane === "control"
    ? actionMatches(permission.actions, action) && !actionMatches(permission.notActions, action)
    : actionMatches(permission.dataActions, action) && !actionMatches(permission.notDataActions, action);
}

/**
 * Whether any of the patterns covers the action. `*` stands for any run of characters, and `a/*` + `/b` covers `a/b` too:
 * Managed Identity Operator "reads and assigns" identities by `userAssignedIdentities/*` + `/read` and `/*` + `/assign/action`
 * alone, and those actions have no segment between. Case never matters.
 */
export function actionMatches(patterns: readonly string[], action: string): boolean {
  return patterns.some((pattern) => {
    if (pattern === "*") return true;
    if (!pattern.includes("*")) return pattern.toLowerCase() === action.toLowerCase();
    return wildcard(pattern).test(action);
  });
}

function wildcard(pattern: string): RegExp {
  const known = compiled.get(pattern);
  if (known) return known;
  const escaped = pattern
    .split("*")
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join(".*")
    .replaceAll("/.*/", "/(?:.*/)?");
  const expression = new RegExp(`^${escaped}$`, "i");
  compiled.set(pattern, expression);
  return expression;
}
