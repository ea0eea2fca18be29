import type { Route } from "./call.ts";
import { applicationRoutes } from "./routes/applications.ts";
import { credentialRoutes } from "./routes/credentials.ts";
import { federatedCredentialRoutes } from "./routes/federated-credentials.ts";
import { servicePrincipalRoutes } from "./routes/service-principals.ts";

/** Everything of Graph that is modelled. What is not here is answered 400, naming it. */
export const ROUTES: readonly Route[] = [
  ...applicationRoutes,
  ...credentialRoutes,
  ...federatedCredentialRoutes,
  ...servicePrincipalRoutes,
];
