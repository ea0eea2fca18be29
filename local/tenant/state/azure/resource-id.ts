/** An ARM id taken apart. Casing is kept as written; compare with `sameId`. */
export interface ResourceId {
  readonly id: string;
  readonly subscriptionId: string | undefined;
  readonly resourceGroup: string | undefined;
  /** Of the last `/providers/` part: `Microsoft.Web`. */
  readonly namespace: string | undefined;
  /** `Microsoft.Web/sites/slots`, of the last provider part. */
  readonly type: string | undefined;
  /** Names along the type: `["shop", "staging"]`. */
  readonly names: readonly string[];
}

export function sameId(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

/** Takes apart any ARM id or scope, `/` and management groups too. Limits: does not check that a namespace exists. */
export function parseResourceId(id: string): ResourceId {
  const segments = id.split("/").filter((segment) => segment !== "");
  const lower = segments.map((segment) => segment.toLowerCase());
  const subscriptionId = lower[0] === "subscriptions" ? segments[1] : undefined;
  const resourceGroup =
    subscriptionId !== undefined && lower[2] === "resourcegroups" ? segments[3] : undefined;
  const providers = lower.lastIndexOf("providers");
  const namespace = providers === -1 ? undefined : segments[providers + 1];
  const rest = providers === -1 ? [] : segments.slice(providers + 2);
  const types = rest.filter((_, index) => index % 2 === 0);
  const names = rest.filter((_, index) => index % 2 === 1);
  return {
    id,
    subscriptionId,
    resourceGroup,
    namespace,
    type: namespace !== undefined && types.length > 0 ? [namespace, ...types].join("/") : undefined,
    names,
  };
}

/** Whether `id` is `scope` or lies below it by its path alone (management groups hold subscriptions by state, not path). */
export function isAtOrBelow(id: string, scope: string): boolean {
  const lowerId = id.toLowerCase();
  const lowerScope = scope.toLowerCase().replace(/\/+$/, "");
  return lowerScope === "" || lowerId === lowerScope || lowerId.startsWith(`${lowerScope}/`);
}
