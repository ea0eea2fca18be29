import type { Route } from "./call.ts";
import { appRoleAssignmentRoutes } from "./routes/app-role-assignments.ts";
import { applicationRoutes } from "./routes/applications.ts";
import { credentialRoutes } from "./routes/credentials.ts";
import { deletedItemRoutes } from "./routes/deleted-items.ts";
import { deltaRoutes } from "./routes/delta.ts";
import { directoryObjectRoutes } from "./routes/directory-objects.ts";
import { directoryRoleRoutes } from "./routes/directory-roles.ts";
import { federatedCredentialRoutes } from "./routes/federated-credentials.ts";
import { grantRoutes } from "./routes/grants.ts";
import { membershipRoutes } from "./routes/memberships.ts";
import { ownershipRoutes } from "./routes/owners.ts";
import { peopleRoutes } from "./routes/people.ts";
import { reportRoutes } from "./routes/reports.ts";
import { riskRoutes } from "./routes/risk.ts";
import { roleScheduleRoutes } from "./routes/role-schedules.ts";
import { servicePrincipalRoutes } from "./routes/service-principals.ts";

/** Everything of Graph that is modelled. What is not here is answered 400, naming it. */
export const ROUTES: readonly Route[] = [
  ...applicationRoutes,
  ...servicePrincipalRoutes,
  ...credentialRoutes,
  ...federatedCredentialRoutes,
  ...ownershipRoutes,
  ...membershipRoutes,
  ...peopleRoutes,
  ...appRoleAssignmentRoutes,
  ...grantRoutes,
  ...directoryRoleRoutes,
  ...roleScheduleRoutes,
  ...riskRoutes,
  ...deletedItemRoutes,
  ...directoryObjectRoutes,
  ...deltaRoutes,
  ...reportRoutes,
];
