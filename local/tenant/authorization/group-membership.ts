import { transitiveGroupIds } from "../state/directory.ts";
import type { Tenant } from "../tenant.ts";

/** The groups a principal is in, directly or through other groups. */
export function groupIdsOf(tenant: Tenant, objectId: string): readonly string[] {
  return transitiveGroupIds(tenant.state.directory, objectId);
}
