import { z } from "zod";
import { AUDIT_OPERATIONS } from "../../logs/rows/audit.ts";
import { applicationByAppId, servicePrincipalByAppId } from "../../state/directory.ts";
import type { Application } from "../../state/directory.ts";
import { applicationTarget, credentialChange, modified, principalTarget } from "../audit-events.ts";
import { bodyOf, locationOf, noContent, parameter } from "../call.ts";
import type { GraphCall, Route } from "../call.ts";
import { refuseConcurrentWrite } from "../concurrency.ts";
import { application } from "../expandable.ts";
import { badRequest, conflictingObject, insufficientPrivileges } from "../errors.ts";
import { KeyList, PasswordList, replaceCredentials } from "../credentials.ts";
import { collection, countOf, single } from "../odata/collection.ts";
import { NEEDS, may, require } from "../permissions.ts";
import { readApplication, writableApplication } from "../resolve.ts";
import { linkId } from "../../state/directory/ids.ts";

const Lock = z.strictObject({
  isEnabled: z.boolean(),
  allProperties: z.boolean().nullable().optional(),
  credentialsWithUsageVerify: z.boolean().nullable().optional(),
  credentialsWithUsageSign: z.boolean().nullable().optional(),
  tokenEncryptionKeyId: z.boolean().nullable().optional(),
  identifierUris: z.boolean().nullable().optional(),
});

const AppRoleBody = z.object({
  id: z.guid(),
  value: z.string().nullable().optional(),
  displayName: z.string(),
  description: z.string(),
  isEnabled: z.boolean().default(true),
  allowedMemberTypes: z.array(z.string()),
});

const Settings = z.strictObject({
  "@odata.type": z.string().optional(),
  displayName: z.string().min(1).max(256).optional(),
  description: z.string().nullable().optional(),
  notes: z.string().nullable().optional(),
  isDisabled: z.boolean().nullable().optional(),
  signInAudience: z
    .enum([
      "AzureADMyOrg",
      "AzureADMultipleOrgs",
      "AzureADandPersonalMicrosoftAccount",
      "PersonalMicrosoftAccount",
    ])
    .optional(),
  identifierUris: z.array(z.string()).optional(),
  tags: z.array(z.string()).optional(),
  appRoles: z.array(AppRoleBody).optional(),
  requiredResourceAccess: z.array(z.unknown()).optional(),
  servicePrincipalLockConfiguration: Lock.nullable().optional(),
  tokenEncryptionKeyId: z.guid().nullable().optional(),
  keyCredentials: KeyList.optional(),
  passwordCredentials: PasswordList.optional(),
  // Kept and shown as given; nothing here acts on them.
  web: z.record(z.string(), z.unknown()).optional(),
  spa: z.record(z.string(), z.unknown()).optional(),
  publicClient: z.record(z.string(), z.unknown()).optional(),
  api: z.record(z.string(), z.unknown()).optional(),
  info: z.record(z.string(), z.unknown()).optional(),
  optionalClaims: z.record(z.string(), z.unknown()).nullable().optional(),
  groupMembershipClaims: z.string().nullable().optional(),
  isFallbackPublicClient: z.boolean().nullable().optional(),
  serviceManagementReference: z.string().nullable().optional(),
});
type Settings = z.infer<typeof Settings>;

const KEPT = [
  "web",
  "spa",
  "publicClient",
  "api",
  "info",
  "optionalClaims",
  "groupMembershipClaims",
  "isFallbackPublicClient",
  "serviceManagementReference",
] as const;

function apply(before: Application, settings: Settings): Application {
  const other: Record<string, unknown> = { ...before.other };
  for (const name of KEPT) if (settings[name] !== undefined) other[name] = settings[name];
  return {
    ...before,
    displayName: settings.displayName ?? before.displayName,
    description: settings.description === undefined ? before.description : settings.description,
    notes: settings.notes === undefined ? before.notes : settings.notes,
    isDisabled: settings.isDisabled === undefined ? before.isDisabled : settings.isDisabled,
    signInAudience: settings.signInAudience ?? before.signInAudience,
    identifierUris: settings.identifierUris ?? before.identifierUris,
    tags: settings.tags ?? before.tags,
    appRoles:
      settings.appRoles?.map((role) => ({ ...role, value: role.value ?? null, origin: "Application" })) ??
      before.appRoles,
    requiredResourceAccess: settings.requiredResourceAccess ?? before.requiredResourceAccess,
    servicePrincipalLockConfiguration:
      settings.servicePrincipalLockConfiguration === undefined
        ? before.servicePrincipalLockConfiguration
        : settings.servicePrincipalLockConfiguration === null
          ? null
          : { ...settings.servicePrincipalLockConfiguration },
    tokenEncryptionKeyId:
      settings.tokenEncryptionKeyId === undefined
        ? before.tokenEncryptionKeyId
        : settings.tokenEncryptionKeyId,
    other,
  };
}

function checkIdentifierUris(call: GraphCall, settings: Settings, self: string): void {
  for (const uri of settings.identifierUris ?? []) {
    for (const other of call.directory.applications.all())
      if (other.id !== self && other.identifierUris.includes(uri)) throw conflictingObject();
  }
}

function create(call: GraphCall) {
  require(call, NEEDS.createApplication);
  const settings = bodyOf(call, Settings);
  if (settings.displayName === undefined) throw badRequest("Property displayName is required.");
  const id = call.tenant.random.guid();
  checkIdentifierUris(call, settings, id);
  const empty: Application = {
    id,
    appId: call.tenant.random.guid(),
    displayName: settings.displayName,
    description: null,
    notes: null,
    createdDateTime: new Date(call.now).toISOString().replace(/\.\d+Z$/, "Z"),
    deletedDateTime: null,
    isDisabled: null,
    disabledByMicrosoftStatus: null,
    signInAudience: "AzureADMyOrg",
    identifierUris: [],
    tags: [],
    appRoles: [],
    oauth2PermissionScopes: [],
    requiredResourceAccess: [],
    keyCredentials: [],
    passwordCredentials: [],
    servicePrincipalLockConfiguration: null,
    tokenEncryptionKeyId: null,
    other: {},
  };
  const settled = apply(empty, settings);
  const made = { ...settled, ...replaceCredentials(call, empty, settings) };
  call.directory.applications.put(made, call.now);
  // Who creates an application with the right to its own only, or as a person, owns it.
  if (call.caller.kind === "user" || !may(call, NEEDS.writeApplication)) {
    call.directory.ownerships.put(
      { id: linkId(id, call.caller.objectId), objectId: id, ownerId: call.caller.objectId },
      call.now,
    );
  }
  call.audits.push({
    operationName: AUDIT_OPERATIONS.addApplication,
    category: "ApplicationManagement",
    operationType: "Add",
    targets: [
      applicationTarget(made, [
        modified("DisplayName", [], [made.displayName]),
        modified("AppId", [], [made.appId]),
      ]),
    ],
  });
  // Creation is always followed by this, even when there is no credential.
  call.audits.push({
    operationName: AUDIT_OPERATIONS.createApplicationCredentials,
    category: "ApplicationManagement",
    targets: [applicationTarget(made, credentialChange(empty, made))],
  });
  return {
    ...single(call, application, made, "applications", 201),
    headers: { Location: locationOf(call, id, "Application") },
  };
}

function update(call: GraphCall) {
  const before = writableApplication(call, parameter(call, "id"));
  require(call, NEEDS.writeApplication, before.id);
  const settings = bodyOf(call, Settings);
  checkIdentifierUris(call, settings, before.id);
  const touchesCredentials =
    settings.keyCredentials !== undefined || settings.passwordCredentials !== undefined;
  if (touchesCredentials) refuseConcurrentWrite(call, before.id);
  const credentials = replaceCredentials(call, before, settings);
  const after = { ...apply(before, settings), ...credentials };
  call.directory.applications.put(after, call.now);
  if (touchesCredentials) {
    call.audits.push({
      operationName: AUDIT_OPERATIONS.updateApplicationCredentials,
      category: "ApplicationManagement",
      targets: [applicationTarget(after, credentialChange(before, after))],
    });
  }
  const changed = Object.keys(settings).filter(
    (name) => !name.endsWith("Credentials") && !name.startsWith("@"),
  );
  if (changed.length > 0) {
    call.audits.push({
      operationName: AUDIT_OPERATIONS.updateApplication,
      category: "ApplicationManagement",
      targets: [
        applicationTarget(
          after,
          changed.map((name) => modified(upperFirst(name), [valueOf(before, name)], [valueOf(after, name)])),
        ),
      ],
    });
  }
  mirrorDisabled(call, before, after);
  return noContent();
}

/** Deactivating shows on the home tenant's principal too. */
function mirrorDisabled(call: GraphCall, before: Application, after: Application): void {
  if (before.isDisabled === after.isDisabled) return;
  const principal = servicePrincipalByAppId(call.directory, after.appId);
  if (principal === undefined) return;
  call.directory.servicePrincipals.put({ ...principal, isDisabled: after.isDisabled }, call.now);
  call.audits.push({
    operationName: AUDIT_OPERATIONS.updateServicePrincipal,
    category: "ApplicationManagement",
    targets: [principalTarget(principal, [modified("IsDisabled", [before.isDisabled], [after.isDisabled])])],
  });
}

function valueOf(object: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(object, name)?.value;
}

function upperFirst(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function remove(call: GraphCall) {
  const found = writableApplication(call, parameter(call, "id"));
  require(call, NEEDS.writeApplication, found.id);
  // guess: which refusal; that an object Microsoft disabled cannot be deleted is documented.
  if (found.disabledByMicrosoftStatus?.startsWith("Disabled") === true) throw insufficientPrivileges();
  const deletedDateTime = new Date(call.now).toISOString().replace(/\.\d+Z$/, "Z");
  call.directory.applications.remove(found.id, call.now);
  call.directory.deletedItems.put(
    { id: found.id, deletedDateTime, object: { kind: "application", value: { ...found, deletedDateTime } } },
    call.now,
  );
  call.audits.push({
    operationName: AUDIT_OPERATIONS.deleteApplication,
    category: "ApplicationManagement",
    operationType: "Delete",
    targets: [applicationTarget(found, [])],
  });
  // Its principal here goes with it, and is restored on its own.
  const principal = servicePrincipalByAppId(call.directory, found.appId);
  if (principal !== undefined && applicationByAppId(call.directory, found.appId) === undefined) {
    call.directory.servicePrincipals.remove(principal.id, call.now);
    call.directory.deletedItems.put(
      {
        id: principal.id,
        deletedDateTime,
        object: { kind: "servicePrincipal", value: { ...principal, deletedDateTime } },
      },
      call.now,
    );
    call.audits.push({
      operationName: AUDIT_OPERATIONS.removeServicePrincipal,
      category: "ApplicationManagement",
      operationType: "Delete",
      targets: [principalTarget(principal, [])],
    });
  }
  return noContent();
}

export const applicationRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/applications",
    units: 2,
    handle: (call) => {
      require(call, NEEDS.readApplications);
      return collection(call, application, {
        context: "applications",
        items: call.directory.applications.all(call.asOf),
        idOf: ({ id }) => id,
        quick: {
          id: (id) => call.directory.applications.get(id, call.asOf),
          appId: (appId) => applicationByAppId(call.directory, appId, call.asOf),
        },
      });
    },
  },
  {
    method: "GET",
    path: "/applications/$count",
    units: 2,
    handle: (call) => {
      require(call, NEEDS.readApplications);
      return countOf(call, application, call.directory.applications.all(call.asOf));
    },
  },
  { method: "POST", path: "/applications", handle: create },
  {
    method: "GET",
    path: "/applications/{id}",
    handle: (call) => {
      require(call, NEEDS.readApplications);
      return single(call, application, readApplication(call, parameter(call, "id")), "applications");
    },
  },
  { method: "PATCH", path: "/applications/{id}", handle: update },
  { method: "DELETE", path: "/applications/{id}", handle: remove },
];
