import { AUDIT_OPERATIONS } from "../../logs/rows/audit.ts";
import { applicationByAppId, servicePrincipalByAppId } from "../../state/directory.ts";
import type { Application } from "../../state/directory.ts";
import { applicationTarget, credentialChange, modified, principalTarget } from "../audit-events.ts";
import { bodyOf, locationOf, noContent, parameter } from "../call.ts";
import type { GraphCall, Route } from "../call.ts";
import { refuseConcurrentWrite } from "../concurrency.ts";
import { application } from "../expandable.ts";
import { badRequest, conflictingObject, insufficientPrivileges } from "../errors.ts";
import { ApplicationSettings, applySettings } from "../application-settings.ts";
import { replaceCredentials } from "../credentials.ts";
import { collection, countOf, single } from "../odata/collection.ts";
import { NEEDS, may, require } from "../permissions.ts";
import { readApplication, writableApplication } from "../resolve.ts";
import { linkId } from "../../state/directory/ids.ts";

function checkIdentifierUris(call: GraphCall, settings: ApplicationSettings, self: string): void {
  for (const uri of settings.identifierUris ?? []) {
    for (const other of call.directory.applications.all())
      if (other.id !== self && other.identifierUris.includes(uri)) throw conflictingObject();
  }
}

function create(call: GraphCall) {
  require(call, NEEDS.createApplication);
  const settings = bodyOf(call, ApplicationSettings);
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
  const settled = applySettings(empty, settings);
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
  const settings = bodyOf(call, ApplicationSettings);
  checkIdentifierUris(call, settings, before.id);
  const touchesCredentials =
    settings.keyCredentials !== undefined || settings.passwordCredentials !== undefined;
  if (touchesCredentials) refuseConcurrentWrite(call, before.id);
  const credentials = replaceCredentials(call, before, settings);
  const after = { ...applySettings(before, settings), ...credentials };
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
