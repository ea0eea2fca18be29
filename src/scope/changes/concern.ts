import type { PlannedStep } from "../../case/plan.ts";
import type { Scope } from "../../case/scope.ts";
import { armIdOf, byText, guidOf } from "../identifiers.ts";

/** One read of the directory whose answer says whether something changed there. */
export interface Place {
  /** How it is remembered from look to look. */
  readonly key: string;
  readonly path: string;
  readonly version: "v1.0" | "beta";
  readonly answers: "object" | "list";
  /** The object whose coming back from the deleted ones this shows; null for places that show something else. */
  readonly showsObject: string | null;
}

/** What of a tenant concerns a case: where a look of the watch looks, and whose changes it minds. All ids in lower case. */
export interface Concern {
  /** Directory objects whose own properties matter: suspects, and whatever a step changed or would have. */
  readonly objectIds: readonly string[];
  readonly appIds: readonly string[];
  readonly userIds: readonly string[];
  /** The suspects themselves, as logs name who did something. */
  readonly suspectIds: readonly string[];
  /** Whether one of the suspects is a managed identity: their sign-ins have a log of their own. */
  readonly hasIdentities: boolean;
  /** Who may hold roles: suspects, those the suspects gave something to, and the suspects' groups. */
  readonly holderIds: readonly string[];
  readonly places: readonly Place[];
  /** User-assigned identities, by ARM id. */
  readonly identityIds: readonly string[];
  /** Vaults in which versions of secrets were disabled. */
  readonly vaultIds: readonly string[];
}

type Touched = Pick<PlannedStep, "kind" | "target">;

/** Where to look for a case, from its snapshot and from the steps of all its plans. Pure. */
export function concernOf(scope: Pick<Scope, "principals">, steps: readonly Touched[]): Concern {
  const targets = steps.map(({ target }) => target);
  const suspects = scope.principals.map(({ principal }) => principal);
  const users = new Set<string>();
  const servicePrincipals = new Set<string>();
  const ownerless = new Set<string>();
  const applications = new Set<string>();
  const identities = new Set<string>();
  for (const { kind, objectId, applicationObjectId, resourceId } of suspects) {
    if (kind === "user") add(users, objectId);
    else add(servicePrincipals, objectId);
    // A managed identity cannot have owners.
    if (kind !== "application" && kind !== "legacy") add(ownerless, objectId);
    add(applications, applicationObjectId);
    if (kind === "user-assigned-identity") addArm(identities, resourceId);
  }
  const suspectIds = [...users, ...servicePrincipals];
  const holders = new Set(suspectIds);
  const others = new Set<string>();
  for (const target of targets) {
    add(applications, textOf(target, "applicationId"));
    add(servicePrincipals, textOf(target, "servicePrincipalId"));
    add(users, textOf(target, "userId"));
    addArm(identities, textOf(target, "identityId"));
    const object = textOf(target, "objectId");
    if (textOf(target, "objectKind") === "application") add(applications, object);
    if (textOf(target, "objectKind") === "service-principal") add(servicePrincipals, object);
    if (textOf(target, "principalKind") === "user") add(users, textOf(target, "principalId"));
    for (const member of ["principalId", "memberId", "clientId"]) add(others, textOf(target, member));
    if (textOf(target, "vaultId") !== null) add(others, object);
  }
  for (const id of others) holders.add(id);
  const groups = scope.principals.flatMap((it) => it.groups);
  const roleGroups = groups.filter(({ roleAssignable }) => roleAssignable).map(({ groupId }) => groupId);
  const places = [
    ...sorted(applications).flatMap((id) => placesOfApplication(id)),
    ...sorted(servicePrincipals).flatMap((id) => placesOfServicePrincipal(id, !ownerless.has(id))),
    ...sorted(users).map((id) => object(`/users/${id}?$select=id,accountEnabled`, id)),
    ...sorted(
      new Set(suspects.flatMap(({ kind, appId }) => (kind === "application" ? (appId ?? []) : []))),
    ).map(placeOfAppId),
    ...sorted(holders).flatMap((id) => placesOfHolder(id, users.has(id), suspectIds.includes(id))),
    ...sorted(new Set([...holders, ...roleGroups.map(lower)])).flatMap((id) => placesOfRoles(id)),
  ];
  return {
    objectIds: sorted(new Set([...applications, ...servicePrincipals, ...users, ...holders])),
    appIds: sorted(new Set(suspects.flatMap(({ appId }) => (appId === null ? [] : [appId.toLowerCase()])))),
    userIds: sorted(users),
    suspectIds: sorted(new Set(suspectIds)),
    hasIdentities: suspects.some(
      ({ kind }) => kind === "user-assigned-identity" || kind === "system-assigned-identity",
    ),
    holderIds: sorted(new Set([...holders, ...groups.map(({ groupId }) => groupId.toLowerCase())])),
    places,
    identityIds: sorted(identities),
    vaultIds: sorted(
      new Set(
        steps.flatMap(({ kind, target }) =>
          kind === "rotate-secret" ? (armIdOf(textOf(target, "vaultId") ?? "")?.toLowerCase() ?? []) : [],
        ),
      ),
    ),
  };
}

function placesOfApplication(id: string): readonly Place[] {
  const at = `/applications/${id}`;
  return [
    object(`${at}?$select=id,isDisabled,passwordCredentials`, id),
    list(`${at}/owners?$select=id&$top=999`),
    // Beta: only there do flexible ones show the expression that they match by.
    { ...list(`${at}/federatedIdentityCredentials`), version: "beta" },
  ];
}

function placesOfServicePrincipal(id: string, ownable: boolean): readonly Place[] {
  const at = `/servicePrincipals/${id}`;
  return [
    object(`${at}?$select=id,accountEnabled,passwordCredentials`, id),
    ...(ownable ? [list(`${at}/owners?$select=id&$top=999`)] : []),
  ];
}

/** A new service principal for the same application has another id. */
function placeOfAppId(appId: string): Place {
  return object(`/servicePrincipals(appId='${appId}')?$select=id`, null);
}

function placesOfHolder(id: string, isUser: boolean, isSuspect: boolean): readonly Place[] {
  const at = `/${isUser ? "users" : "servicePrincipals"}/${id}`;
  return [
    list(`${at}/appRoleAssignments?$top=999`),
    list(`${at}/transitiveMemberOf?$select=id&$top=999`),
    ...(isSuspect ? [list(`${at}/ownedObjects?$select=id&$top=999`)] : []),
  ];
}

function placesOfRoles(id: string): readonly Place[] {
  return ["roleAssignments", "roleEligibilityScheduleInstances"].map((collection) =>
    list(`/roleManagement/directory/${collection}?$filter=principalId eq '${id}'`),
  );
}

const object = (path: string, showsObject: string | null): Place => ({
  key: path,
  path,
  version: "v1.0",
  answers: "object",
  showsObject,
});
const list = (path: string): Place => ({ ...object(path, null), answers: "list" });

function add(to: Set<string>, id: string | null): void {
  const guid = guidOf(id ?? "");
  if (guid !== null) to.add(guid);
}

function addArm(to: Set<string>, id: string | null): void {
  const armId = armIdOf(id ?? "");
  if (armId !== null) to.add(armId.toLowerCase());
}

function textOf(target: Readonly<Record<string, unknown>>, member: string): string | null {
  const value = target[member];
  return typeof value === "string" ? value : null;
}

const lower = (text: string) => text.toLowerCase();
const sorted = (ids: ReadonlySet<string>) => [...ids].toSorted(byText);
