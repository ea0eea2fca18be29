import type { Tenant } from "../tenant.ts";
import type { WireRequest, WireResponse } from "../wire.ts";

/** One provider's data plane, as much of it as shows whether a credential is still taken. */
export interface Plane {
  /** Its first group is the resource's name. */
  readonly host: RegExp;
  handle(
    request: WireRequest,
    tenant: Tenant,
    name: string,
  ): { readonly operation: string; readonly response: WireResponse };
}
