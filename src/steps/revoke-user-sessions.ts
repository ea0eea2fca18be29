import { z } from "zod";
import { principalKey } from "../case/principal.ts";
import type { Scope } from "../case/scope.ts";
import { alreadySo, confirmation, failed, outcomeOfRemoval } from "./answers.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { shutting } from "./shutting.ts";
import { cannotBeUndone, defineStep } from "./step.ts";

const Sessions = z.object({ signInSessionsValidFromDateTime: z.string().nullish() });

/**
 * Ends a user's refresh tokens and browser sessions, within minutes. Access tokens live on until they expire; an
 * application's own cookies are out of Entra's reach. There is no such thing for service principals.
 */
export const revokeUserSessions = defineStep({
  kind: "revoke-user-sessions",
  wave: "quick-cut",
  target: z.object({ userId: z.guid() }),
  before: z.object({ since: z.string() }),
  needs: [MICROSOFT_GRAPH("User.RevokeSessions.All"), MICROSOFT_GRAPH("User.Read.All")],
  undoing: cannotBeUndone("Nothing has to come back: the user signs in again."),

  propose: (scope) =>
    scope.principals.flatMap(({ principal, because }) => {
      if (principal.kind !== "user" || principal.objectId === null) return [];
      const name = principal.userPrincipalName ?? principal.displayName;
      const hindered = name.includes("#EXT#")
        ? {
            reason: "a guest's sessions belong to the home tenant",
            coveredBy: [shutting(principal)],
            action: `Tell the home tenant of ${name} to revoke its sessions`,
          }
        : null;
      return [
        {
          target: { userId: principal.objectId },
          before: { since: lastSignIn(scope, principalKey(principal)) },
          title: `Revoke the sessions of ${name}`,
          because: [because],
          cost: [`${principal.displayName} has to sign in again everywhere.`],
          touches: [principal.objectId],
          rank: 1,
          ...(hindered === null ? {} : { hindered }),
        },
      ];
    }),

  async apply({ azure }, { userId }, { since }) {
    const present = await azure.graph.get(
      `/users/${userId}?$select=id,signInSessionsValidFromDateTime`,
      Sessions,
    );
    if (present.kind === "failed") {
      return present.failure.code === "NOT_FOUND"
        ? alreadySo(present.failure.requestId, azure.now())
        : failed(present.failure, azure.now());
    }
    if (isAfter(present.value, since)) return alreadySo(present.requestId, azure.now());
    return outcomeOfRemoval(
      await azure.graph.post(`/users/${userId}/revokeSignInSessions`, {}, z.unknown()),
      azure.now(),
    );
  },
  verify: async ({ azure }, { userId }, { since }) =>
    confirmation(
      await azure.graph.get(`/users/${userId}?$select=id,signInSessionsValidFromDateTime`, Sessions),
      azure.now(),
      {
        holds: (it) => isAfter(it, since),
        otherwise: "sessions from before are still valid",
        absentHolds: true,
      },
    ),
});

function isAfter(
  { signInSessionsValidFromDateTime: from }: z.infer<typeof Sessions>,
  since: string,
): boolean {
  return from != null && Date.parse(from) > Date.parse(since);
}

/** The last time anybody signed in as the user: a revocation from before that ended other sessions. */
function lastSignIn({ activity, window }: Scope, key: string): string {
  return (
    activity
      .filter((it) => it.principalKey === key && it.source === "user-sign-in" && it.outcome === "success")
      .map(({ at }) => at)
      .toSorted()
      .at(-1) ?? window.from
  );
}
