import type { Tenant } from "../tenant.ts";
import { DELETED_ITEMS_KEPT_IN_MS } from "./limits.ts";

/** What was deleted 30 days ago is gone for good; PIM schedules that have run out end the roles they gave. */
export function expireDeletedItems(tenant: Tenant): void {
  const { directory } = tenant.state;
  const now = tenant.clock.now();
  for (const { id, deletedDateTime } of directory.deletedItems.all())
    if (Date.parse(deletedDateTime) + DELETED_ITEMS_KEPT_IN_MS <= now) directory.deletedItems.remove(id, now);
  for (const schedule of directory.roleSchedules.all()) {
    if (schedule.endDateTime === null || Date.parse(schedule.endDateTime) > now) continue;
    directory.roleSchedules.remove(schedule.id, now);
    if (schedule.kind === "assignment") directory.roleAssignments.remove(schedule.id, now);
  }
}
