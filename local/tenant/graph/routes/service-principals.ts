import { z } from "zod";
import { AUDIT_OPERATIONS } from "../../logs/rows/audit.ts";
import { applicationByAppId, servicePrincipalByAppId } from "../../state/directory.ts";
import type { ServicePrincipal } from "../../state/directory.ts";
import { linkId } from "../../state/directory/ids.ts";
import { credentialChange, modified, principalTarget } from "../audit-events.ts";
import { bodyOf, locationOf, noContent, parameter } from "../call.ts";
import type { GraphCall, Route } from "../call.ts";
import { refuseConcurrentWrite } from "../concurrency.ts";
import { KeyList, PasswordList, replaceCredentials } from "../credentials.ts";
import { servicePrincipal } from "../expandable.ts";
import { badRequest, conflictingObject, insufficientPrivileges, notModelled } from "../errors.ts";
import { collection, countOf, single } from "../odata/collection.ts";
import { NEEDS, may, require } from "../permissions.ts";
import { checkEncryptionLock, checkLock } from "../property-lock.ts";
import { readPrincipal, writablePrincipal } from "../resolve.ts";

const Settings = z.strictObject({
  "@odata.type": z.string().optional(),
  accountEnabled: z.boolean().optional(),
  displayName: z.string().min(1).max(256).optional(),
  description: z.string().nullable().optional(),
  notes: z.string().nullable().optional(),
  appRoleAssignmentRequired: z.boolean().optional(),
  tags: z.array(z.string()).optional(),
  alternativeNames: z.array(z.string()).optional(),
  servicePrincipalNames: z.array(z.string()).optional(),
  preferredSingleSignOnMode: z.string().nullable().optional(),
  tokenEncryptionKeyId: z.guid().nullable().optional(),
  isDisabled: z.boolean().nullable().optional(),
  keyCredentials: KeyList.optional(),
  passwordCredentials: PasswordList.optional(),
  // Kept and shown as given; nothing here acts on them.
  homepage: z.string().nullable().optional(),
  loginUrl: z.string().nullable().optional(),
  logoutUrl: z.string().nullable().optional(),
  replyUrls: z.array(z.string()).optional(),
  notificationEmailAddresses: z.array(z.string()).optional(),
  preferredTokenSigningKeyThumbprint: z.string().nullable().optional(),
  samlSingleSignOnSettings: z.record(z.string(), z.unknown()).nullable().optional(),
  info: z.record(z.string(), z.unknown()).optional(),
});
type Settings = z.infer<typeof Settings>;

const KEPT = [
  "homepage",
  "loginUrl",
  "logoutUrl",
  "replyUrls",
  "notificationEmailAddresses",
  "preferredTokenSigningKeyThumbprint",
  "samlSingleSignOnSettings",
  "info",
] as const;

function apply(before: ServicePrincipal, settings: Settings): ServicePrincipal {
  const other: Record<string, unknown> = { ...before.other };
  for (const name of KEPT) if (settings[name] !== undefined) other[name] = settings[name];
  return {
    ...before,
    accountEnabled: settings.accountEnabled ?? before.accountEnabled,
    displayName: settings.displayName ?? before.displayName,
    description: settings.description === undefined ? before.description : settings.description,
    notes: settings.notes === undefined ? before.notes : settings.notes,
    appRoleAssignmentRequired: settings.appRoleAssignmentRequired ?? before.appRoleAssignmentRequired,
    tags: settings.tags ?? before.tags,
    alternativeNames: settings.alternativeNames ?? before.alternativeNames,
    servicePrincipalNames: settings.servicePrincipalNames ?? before.servicePrincipalNames,
    preferredSingleSignOnMode:
      settings.preferredSingleSignOnMode === undefined
        ? before.preferredSingleSignOnMode
        : settings.preferredSingleSignOnMode,
    tokenEncryptionKeyId:
      settings.tokenEncryptionKeyId === undefined
        ? before.tokenEncryptionKeyId
        : settings.tokenEncryptionKeyId,
    other,
  };
}

function update(call: GraphCall) {
  const before = writablePrincipal(call, parameter(call, "id"));
  require(call, NEEDS.writePrincipal, before.id);
  const settings = bodyOf(call, Settings);
  // guess: the text; that only the application object can be deactivated is documented.
  if (settings.isDisabled !== undefined)
    throw badRequest("Property 'isDisabled' is read-only and cannot be set.");
  const { keyCredentials: keys, passwordCredentials: passwords } = settings;
  const touchesCredentials = keys !== undefined || passwords !== undefined;
  const credentials = replaceCredentials(call, before, settings);
  if (touchesCredentials) {
    // guess: the refusal's code; a managed identity's credentials are the platform's.
    if (before.servicePrincipalType === "ManagedIdentity") throw insufficientPrivileges();
    checkCredentialLock(call, before, credentials);
    refuseConcurrentWrite(call, before.id);
  }
  if (settings.tokenEncryptionKeyId !== undefined) checkEncryptionLock(call, before);
  const after = { ...apply(before, settings), ...credentials };
  call.directory.servicePrincipals.put(after, call.now);
  if (touchesCredentials) {
    const added = after.keyCredentials.some((key) => !before.keyCredentials.includes(key));
    call.audits.push({
      operationName: added
        ? AUDIT_OPERATIONS.addServicePrincipalCredentials
        : AUDIT_OPERATIONS.removeServicePrincipalCredentials,
      category: "ApplicationManagement",
      targets: [principalTarget(after, credentialChange(before, after))],
    });
  }
  const changed = Object.keys(settings).filter(
    (name) => !name.endsWith("Credentials") && !name.startsWith("@"),
  );
  if (changed.length > 0) {
    call.audits.push({
      operationName: AUDIT_OPERATIONS.updateServicePrincipal,
      category: "ApplicationManagement",
      targets: [
        principalTarget(
          after,
          changed.map((name) =>
            modified(
              `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
              [Object.getOwnPropertyDescriptor(before, name)?.value],
              [Object.getOwnPropertyDescriptor(after, name)?.value],
            ),
          ),
        ),
      ],
    });
  }
  return noContent();
}

/** What the lock forbids is judged by the credentials that come or go, each by its usage. */
function checkCredentialLock(
  call: GraphCall,
  before: ServicePrincipal,
  after: Pick<ServicePrincipal, "keyCredentials" | "passwordCredentials">,
): void {
  const changedKeys = [
    ...before.keyCredentials.filter((key) => !after.keyCredentials.includes(key)),
    ...after.keyCredentials.filter((key) => !before.keyCredentials.includes(key)),
  ];
  for (const { usage } of changedKeys)
    checkLock(call, before, usage === "Sign" ? "Sign" : "Verify", "keyCredentials");
  if (after.passwordCredentials.length !== before.passwordCredentials.length)
    checkLock(call, before, "Verify", "passwordCredentials");
}

/** A consented application that was deleted comes back by consenting again: under a new id, with nothing it had. */
function deletedForeign(call: GraphCall, appId: string): ServicePrincipal | undefined {
  for (const { object } of call.directory.deletedItems.all()) {
    if (object.kind !== "servicePrincipal" || object.value.appId !== appId) continue;
    return object.value.appOwnerOrganizationId === undefined ? undefined : object.value;
  }
  return undefined;
}

const Creation = Settings.omit({ isDisabled: true, keyCredentials: true, passwordCredentials: true }).extend({
  appId: z.guid(),
});

function create(call: GraphCall) {
  const { appId: given, ...settings } = bodyOf(call, Creation);
  const appId = given.toLowerCase();
  const home = applicationByAppId(call.directory, appId);
  require(call, NEEDS.createApplication, home?.id);
  if (servicePrincipalByAppId(call.directory, appId) !== undefined) {
    // guess: the text; the code is that of every duplicate key.
    throw conflictingObject();
  }
  const foreign = home === undefined ? deletedForeign(call, appId) : undefined;
  const published = home ?? foreign;
  if (published === undefined)
    throw notModelled("a service principal for an application that no tenant here has");
  const id = call.tenant.random.guid();
  const made = apply(
    {
      id,
      appId,
      displayName: published.displayName,
      appDisplayName: published.displayName,
      description: null,
      notes: null,
      accountEnabled: true,
      servicePrincipalType: "Application",
      alternativeNames: [],
      appOwnerOrganizationId: foreign?.appOwnerOrganizationId,
      appRoleAssignmentRequired: false,
      appRoles: [],
      oauth2PermissionScopes: [],
      servicePrincipalNames: foreign?.servicePrincipalNames ?? [appId, ...(home?.identifierUris ?? [])],
      createdDateTime: new Date(call.now).toISOString().replace(/\.\d+Z$/, "Z"),
      deletedDateTime: null,
      isDisabled: home?.isDisabled ?? null,
      disabledByMicrosoftStatus: null,
      signInAudience: published.signInAudience,
      tags: [],
      keyCredentials: [],
      passwordCredentials: [],
      tokenEncryptionKeyId: null,
      preferredSingleSignOnMode: null,
      foreignLock: foreign?.foreignLock ?? null,
      other: {},
    },
    settings,
  );
  call.directory.servicePrincipals.put(made, call.now);
  if (call.caller.kind === "user" || !may(call, NEEDS.writeApplication)) {
    call.directory.ownerships.put(
      { id: linkId(id, call.caller.objectId), objectId: id, ownerId: call.caller.objectId },
      call.now,
    );
  }
  call.audits.push({
    operationName: AUDIT_OPERATIONS.addServicePrincipal,
    category: "ApplicationManagement",
    operationType: "Add",
    targets: [
      principalTarget(made, [
        modified("AccountEnabled", [], [made.accountEnabled]),
        modified("AppPrincipalId", [], [made.appId]),
        modified("DisplayName", [], [made.displayName]),
      ]),
    ],
  });
  return {
    ...single(call, servicePrincipal, made, "servicePrincipals", 201),
    headers: { Location: locationOf(call, id, "ServicePrincipal") },
  };
}

function remove(call: GraphCall) {
  const found = writablePrincipal(call, parameter(call, "id"));
  require(call, NEEDS.writePrincipal, found.id);
  // guess: which refusal; that an object Microsoft disabled cannot be deleted is documented.
  if (found.disabledByMicrosoftStatus?.startsWith("Disabled") === true) throw insufficientPrivileges();
  const deletedDateTime = new Date(call.now).toISOString().replace(/\.\d+Z$/, "Z");
  call.directory.servicePrincipals.remove(found.id, call.now);
  call.directory.deletedItems.put(
    {
      id: found.id,
      deletedDateTime,
      object: { kind: "servicePrincipal", value: { ...found, deletedDateTime } },
    },
    call.now,
  );
  call.audits.push({
    operationName: AUDIT_OPERATIONS.removeServicePrincipal,
    category: "ApplicationManagement",
    operationType: "Delete",
    targets: [principalTarget(found, [])],
  });
  return noContent();
}

export const servicePrincipalRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/servicePrincipals",
    units: 2,
    handle: (call) => {
      require(call, NEEDS.readApplications);
      return collection(call, servicePrincipal, {
        context: "servicePrincipals",
        items: call.directory.servicePrincipals.all(call.asOf),
        idOf: ({ id }) => id,
        quick: {
          id: (id) => call.directory.servicePrincipals.get(id, call.asOf),
          appId: (appId) => servicePrincipalByAppId(call.directory, appId, call.asOf),
        },
      });
    },
  },
  {
    method: "GET",
    path: "/servicePrincipals/$count",
    units: 2,
    handle: (call) => {
      require(call, NEEDS.readApplications);
      return countOf(call, servicePrincipal, call.directory.servicePrincipals.all(call.asOf));
    },
  },
  { method: "POST", path: "/servicePrincipals", handle: create },
  {
    method: "GET",
    path: "/servicePrincipals/{id}",
    handle: (call) => {
      require(call, NEEDS.readApplications);
      return single(call, servicePrincipal, readPrincipal(call, parameter(call, "id")), "servicePrincipals");
    },
  },
  { method: "PATCH", path: "/servicePrincipals/{id}", handle: update },
  { method: "DELETE", path: "/servicePrincipals/{id}", handle: remove },
];
