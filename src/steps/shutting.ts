import { type Principal, principalKey } from "../case/principal.ts";
import type { Scope } from "../case/scope.ts";

/** A step by what it does to whom; its id follows from that. */
export interface StepReference {
  readonly kind: string;
  readonly target: Readonly<Record<string, unknown>>;
}

/**
 * What covers a cut of what these principals may do: each of them is shut. Undefined where one is not of the case: then
 * nothing of it shuts them. What their tokens from before may still do is said as residual exposure.
 */
export function shuttingAll(
  { principals }: Pick<Scope, "principals">,
  objectIds: readonly string[],
): readonly (readonly StepReference[])[] | undefined {
  const groups = [...new Set(objectIds.map((id) => id.toLowerCase()))].map((id) => {
    const found = principals.find(({ principal }) => principalKey(principal).toLowerCase() === id);
    return found === undefined ? [] : shutting(found.principal);
  });
  return groups.length === 0 || groups.some((group) => group.length === 0) ? undefined : groups;
}

/** The steps of which any one keeps a principal from getting another token. Tokens already issued live on. */
export function shutting({ kind, objectId, applicationObjectId }: Principal): readonly StepReference[] {
  if (kind === "user") {
    return objectId === null ? [] : [{ kind: "disable-user", target: { userId: objectId } }];
  }
  return [
    ...(objectId === null
      ? []
      : [
          { kind: "disable-service-principal", target: { servicePrincipalId: objectId } },
          { kind: "delete-service-principal", target: { servicePrincipalId: objectId } },
        ]),
    ...(applicationObjectId === null
      ? []
      : [{ kind: "deactivate-application", target: { applicationId: applicationObjectId } }]),
  ];
}
