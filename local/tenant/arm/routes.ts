import type { Route } from "./call.ts";
import { activityLogRoutes } from "./providers/activity-log.ts";
import { containerServiceRoutes } from "./providers/container-service.ts";
import { genericRoutes } from "./providers/generic.ts";
import { keyedServiceRoutes } from "./providers/keyed-services.ts";
import { messagingRoutes } from "./providers/messaging.ts";
import { sentinelRoutes } from "./providers/sentinel.ts";
import { webRoutes } from "./providers/web.ts";
import { operationRoutes } from "./operations.ts";
import { containerRoutes } from "./providers/containers.ts";
import { keyVaultRoutes } from "./providers/key-vault.ts";
import { keyVaultSecretRoutes } from "./providers/key-vault-secrets.ts";
import { lockAndDenyRoutes } from "./providers/locks-and-denies.ts";
import { managedIdentityRoutes } from "./providers/managed-identity.ts";
import { roleAssignmentRoutes } from "./providers/role-assignments.ts";
import { roleDefinitionRoutes } from "./providers/role-definitions.ts";
import { roleScheduleRoutes } from "./providers/role-schedules.ts";
import { storageRoutes } from "./providers/storage.ts";
import { resourceGraphRoutes } from "./resource-graph/query.ts";

/** Everything ARM answers here. A path that is not in the list is refused as not modelled. */
export const routes: readonly Route[] = [
  ...containerRoutes,
  ...roleAssignmentRoutes,
  ...roleDefinitionRoutes,
  ...roleScheduleRoutes,
  ...lockAndDenyRoutes,
  ...resourceGraphRoutes,
  ...managedIdentityRoutes,
  ...keyVaultRoutes,
  ...keyVaultSecretRoutes,
  ...storageRoutes,
  ...activityLogRoutes,
  ...containerServiceRoutes,
  ...genericRoutes,
  ...keyedServiceRoutes,
  ...messagingRoutes,
  ...sentinelRoutes,
  ...webRoutes,
  ...[
    "Microsoft.ContainerService",
    "Microsoft.DocumentDB",
    "Microsoft.Sql",
    "Microsoft.DBforPostgreSQL",
    "Microsoft.DBforMySQL",
  ].flatMap((namespace) => operationRoutes(namespace)),
];
