/**
 * `application`: an app registration's service principal, homed here or elsewhere (`home`).
 * Role assignments, sign-ins and activity name the service principal's object id, never the application's.
 */
export type PrincipalKind =
  | "application"
  | "system-assigned-identity"
  | "user-assigned-identity"
  | "user"
  | "legacy";

/** Whose it is. Only `here` has an application object in this tenant; nothing is ever cut on `microsoft`. */
export type Home = "here" | "foreign" | "microsoft";

export interface Principal {
  readonly kind: PrincipalKind;
  /** Of the service principal or user. Null for an application that has no service principal in this tenant. */
  readonly objectId: string | null;
  readonly appId: string | null;
  /** Of the application object; null for identities, users and applications homed elsewhere. */
  readonly applicationObjectId: string | null;
  /** Chosen by whoever made it: for people to read, never to decide by. */
  readonly displayName: string;
  readonly home: Home;
  readonly homeTenantId: string | null;
  /** The user-assigned identity's ARM id, or the ARM id of the resource a system-assigned identity lives with. */
  readonly resourceId: string | null;
  readonly userPrincipalName: string | null;
  readonly tags: readonly string[];
}

/** The one id a principal is known by in plans and records: the service principal's or user's, else the application's. */
export function principalKey(principal: Principal): string {
  const key = principal.objectId ?? principal.applicationObjectId;
  if (key === null) throw new TypeError("a principal has neither an object id nor an application object id");
  return key;
}
