import type { Route } from "./call.ts";
import { containerRoutes } from "./providers/containers.ts";
import { lockAndDenyRoutes } from "./providers/locks-and-denies.ts";
import { roleAssignmentRoutes } from "./providers/role-assignments.ts";
import { roleDefinitionRoutes } from "./providers/role-definitions.ts";
import { roleScheduleRoutes } from "./providers/role-schedules.ts";

/** Everything ARM answers here. A path that is not in the list is refused as not modelled. */
export const routes: readonly Route[] = [
  ...containerRoutes,
  ...roleAssignmentRoutes,
  ...roleDefinitionRoutes,
  ...roleScheduleRoutes,
  ...lockAndDenyRoutes,
];
