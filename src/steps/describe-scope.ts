/** A scope of Azure roles in words that fit into a line: the last two parts of what may be a long path. */
export function describeScope(scope: string): string {
  const [, subscription, group, , rest] =
    /^\/subscriptions\/([^/]+)(?:\/resourceGroups\/([^/]+))?(\/providers\/(.+))?$/i.exec(scope) ?? [];
  if (subscription === undefined) {
    const management = /\/managementGroups\/([^/]+)$/i.exec(scope)?.[1];
    if (management !== undefined) return `the management group ${management}`;
    return scope === "/" ? "the whole tenant" : scope;
  }
  if (group === undefined) return rest === undefined ? `the subscription ${subscription}` : scope;
  if (rest === undefined) return `the resource group ${group} (subscription ${subscription})`;
  const [namespace = "", ...parts] = rest.split("/");
  const names = parts.filter((_, index) => index % 2 === 1);
  const type = parts.filter((_, index) => index % 2 === 0).at(-1) ?? namespace;
  return `${type} ${names.join("/")} (resource group ${group})`;
}
