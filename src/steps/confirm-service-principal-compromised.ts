import { z } from "zod";
import { principalKey } from "../case/principal.ts";
import { isManagedIdentity } from "./credential-proposals.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { confirmCompromise, type RiskSubject, verifyCompromise } from "./risk.ts";
import { cannotBeUndone, defineStep } from "./step.ts";

const subject = (id: string): RiskSubject => ({
  collection: "riskyServicePrincipals",
  ids: "servicePrincipalIds",
  id,
});

/** Tells Entra that a service principal is compromised: risk high. Managed identities are out of its scope. */
export const confirmServicePrincipalCompromised = defineStep({
  kind: "confirm-service-principal-compromised",
  wave: "quick-cut",
  target: z.object({ servicePrincipalId: z.guid() }),
  before: z.object({}),
  needs: [MICROSOFT_GRAPH("IdentityRiskyServicePrincipal.ReadWrite.All")],
  undoing: cannotBeUndone("That the risk is over is for a person to say: dismiss it in Entra ID Protection."),
  offUnlessNamed: "it needs Workload Identities Premium, and acts through Conditional Access alone",

  propose: (scope) =>
    scope.principals.flatMap(({ principal, because }) =>
      principal.kind === "user" || isManagedIdentity(principal) || principal.objectId === null
        ? []
        : [
            {
              target: { servicePrincipalId: principal.objectId },
              before: {},
              title: `Confirm to Entra that ${principal.displayName} is compromised`,
              because: [because],
              cost: ["Conditional Access policies for workload identities at high risk take effect."],
              touches: [principalKey(principal)],
              rank: 2,
            },
          ],
    ),

  // One request a second and tenant is all that identity protection takes.
  alone: () => "identity-protection",
  apply: ({ azure }, { servicePrincipalId }) => confirmCompromise(azure, subject(servicePrincipalId)),
  verify: ({ azure }, { servicePrincipalId }) => verifyCompromise(azure, subject(servicePrincipalId)),
});
