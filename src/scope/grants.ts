import type { z } from "zod";
import type { Principal } from "../case/principal.ts";
import type { DelegatedGrant } from "../case/grant.ts";
import { GraphGrant } from "./directory-objects.ts";
import { readOrAbsent } from "./gaps.ts";
import { byText } from "./identifiers.ts";
import { directoryPath, principalLabel, type Reading } from "./reading.ts";

/** Delegated permissions: what it may do for people, or, for a user, what applications may do for them. */
export async function readGrants(
  { directory, gaps }: Reading,
  principal: Principal,
): Promise<readonly DelegatedGrant[]> {
  const path = directoryPath(principal);
  if (path === null) return [];
  const read = await directory.list(`${path}/oauth2PermissionGrants?$top=999`, GraphGrant);
  return readOrAbsent(gaps, `delegated grants of ${principalLabel(principal)}`, read, [])
    .map(delegatedGrant)
    .toSorted((a, b) => byText(a.id, b.id));
}

export function delegatedGrant(grant: z.infer<typeof GraphGrant>): DelegatedGrant {
  return {
    id: grant.id,
    clientId: grant.clientId,
    consentType: grant.consentType,
    principalId: grant.principalId ?? null,
    resourceId: grant.resourceId,
    scope: (grant.scope ?? "").trim(),
    planted: false,
  };
}
