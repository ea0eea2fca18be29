import { z } from "zod";
import { lockInTheWay } from "./hindrances.ts";
import { actOnce, type LoggedAction, sinceTaken, SinceTaken, verifyActed } from "./logged-action.ts";
import { AZURE } from "./needs.ts";
import { cannotBeUndone, defineStep } from "./step.ts";
import { takenData } from "./taken.ts";

const ACTION = "Microsoft.Storage/storageAccounts/revokeUserDelegationKeys/action";
const action = (accountId: string): LoggedAction => ({
  resourceId: accountId,
  action: ACTION,
  verb: "revokeUserDelegationKeys",
  apiVersion: "2024-01-01",
});

/**
 * Ends every user-delegation SAS of an account. A principal that may read blobs can sign such a SAS and use it, without
 * any role, for up to seven days. Storage caches the keys: it takes effect after a delay that is not published.
 */
export const revokeUserDelegationKeys = defineStep({
  kind: "revoke-user-delegation-keys",
  wave: "keys",
  target: z.object({ accountId: z.string().startsWith("/") }),
  before: SinceTaken,
  needs: [AZURE(ACTION), AZURE("Microsoft.Insights/eventtypes/values/Read")],
  undoing: cannotBeUndone(
    "Revoked delegation keys cannot come back; clients ask for new ones by themselves.",
  ),

  propose: (scope) =>
    takenData(scope, "storage-account")
      .filter(({ reach }) => reach?.can.some((power) => power === "read-data" || power === "write-data"))
      .map((taken) => {
        const hindered = lockInTheWay(
          scope.obstacles,
          taken.resourceId,
          "write",
          `revoke the user delegation keys of ${taken.name}`,
        );
        return {
          target: { accountId: taken.resourceId },
          before: sinceTaken(taken),
          title: `Revoke the user delegation keys of the storage account ${taken.name}`,
          because: taken.because,
          cost: [`Every user-delegation SAS of ${taken.name} in use stops working.`],
          touches: taken.touches,
          tags: taken.tags,
          rank: 1,
          ...(hindered === null ? {} : { hindered }),
        };
      }),

  alone: ({ accountId }) => accountId.toLowerCase(),
  apply: ({ azure }, { accountId }, before) => actOnce(azure, action(accountId), before),
  verify: ({ azure }, { accountId }, before) => verifyActed(azure, action(accountId), before),
});
