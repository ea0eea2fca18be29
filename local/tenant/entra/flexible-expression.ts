/**
 * A flexible federated credential's expression, as far as the documentation shows the language:
 * `claims['sub'] matches 'repo:contoso/*:ref:refs/heads/main'`, `eq`, joined by `and`. An expression beyond that matches nothing.
 */
export function matchesExpression(expression: string, claims: Readonly<Record<string, unknown>>): boolean {
  return expression.split(/\s+and\s+/).every((term) => {
    const [, name = "", operator, wanted = ""] =
      /^\s*claims\['([^']+)'\]\s+(eq|matches)\s+'([^']*)'\s*$/.exec(term) ?? [];
    const value = claims[name];
    if (operator === undefined || typeof value !== "string") return false;
    return operator === "eq" ? value === wanted : wildcard(wanted).test(value);
  });
}

/** `*` is any run of characters, `?` is one; everything else is itself, case and all. */
function wildcard(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s");
}
