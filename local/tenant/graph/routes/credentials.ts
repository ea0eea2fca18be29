import { createHash } from "node:crypto";
import { z } from "zod";
import { AUDIT_OPERATIONS } from "../../logs/rows/audit.ts";
import type {
  Application,
  KeyCredential,
  PasswordCredential,
  ServicePrincipal,
} from "../../state/directory.ts";
import { applicationTarget, credentialChange, principalTarget } from "../audit-events.ts";
import { bodyOf, contextOf, noContent, parameter } from "../call.ts";
import type { GraphAnswer, GraphCall, Route } from "../call.ts";
import { refuseConcurrentWrite } from "../concurrency.ts";
import { newKey, signingIdentifiers } from "../credentials.ts";
import { badRequest, insufficientPrivileges, internalError, noPasswordCredential } from "../errors.ts";
import { checkLock } from "../property-lock.ts";
import { NEEDS, may, require } from "../permissions.ts";
import { isProofOf } from "../proof.ts";
import { keyJson, passwordJson } from "../represent/credentials.ts";
import { writableApplication, writablePrincipal } from "../resolve.ts";

/** An application or a service principal, as far as its credentials go. */
type Holder =
  | { readonly kind: "application"; readonly object: Application }
  | { readonly kind: "servicePrincipal"; readonly object: ServicePrincipal };

function holderOf(call: GraphCall, kind: Holder["kind"]): Holder {
  const key = parameter(call, "id");
  return kind === "application"
    ? { kind, object: writableApplication(call, key) }
    : { kind, object: writablePrincipal(call, key) };
}

function requireWrite(call: GraphCall, holder: Holder): void {
  if (holder.kind === "application") require(call, NEEDS.writeApplicationCredentials, holder.object.id);
  else require(call, NEEDS.writePrincipal, holder.object.id);
}

/** What every credential action checks before it changes anything. */
function check(
  call: GraphCall,
  holder: Holder,
  usage: "Verify" | "Sign",
  property: "keyCredentials" | "passwordCredentials",
): void {
  if (holder.kind === "servicePrincipal") {
    // guess: the refusal's code and text; a managed identity's credentials are the platform's.
    if (holder.object.servicePrincipalType === "ManagedIdentity") throw insufficientPrivileges();
    checkLock(call, holder.object, usage, property);
  }
  refuseConcurrentWrite(call, holder.object.id);
}

interface Credentials {
  readonly keyCredentials: readonly KeyCredential[];
  readonly passwordCredentials: readonly PasswordCredential[];
}

function write(call: GraphCall, holder: Holder, credentials: Credentials, added: boolean): void {
  if (holder.kind === "application") {
    const after = { ...holder.object, ...credentials };
    call.directory.applications.put(after, call.now);
    call.audits.push({
      operationName: AUDIT_OPERATIONS.updateApplicationCredentials,
      category: "ApplicationManagement",
      targets: [applicationTarget(after, credentialChange(holder.object, after))],
    });
    return;
  }
  const after = { ...holder.object, ...credentials };
  call.directory.servicePrincipals.put(after, call.now);
  call.audits.push({
    operationName: added
      ? AUDIT_OPERATIONS.addServicePrincipalCredentials
      : AUDIT_OPERATIONS.removeServicePrincipalCredentials,
    category: "ApplicationManagement",
    targets: [principalTarget(after, credentialChange(holder.object, after))],
  });
}

const AddPassword = z.strictObject({
  passwordCredential: z
    .strictObject({
      "@odata.type": z.string().optional(),
      displayName: z.string().nullable().optional(),
      startDateTime: z.string().nullable().optional(),
      endDateTime: z.string().nullable().optional(),
    })
    .nullable()
    .optional(),
});

function addPassword(call: GraphCall, kind: Holder["kind"]): GraphAnswer {
  const holder = holderOf(call, kind);
  requireWrite(call, holder);
  const { passwordCredential: wanted } = bodyOf(call, AddPassword);
  check(call, holder, "Verify", "passwordCredentials");
  const start = timeOf(wanted?.startDateTime, call.now);
  const twoYearsOn = new Date(start);
  twoYearsOn.setUTCFullYear(twoYearsOn.getUTCFullYear() + 2);
  const end = timeOf(wanted?.endDateTime, twoYearsOn.getTime());
  if (end <= start) throw badRequest("Key credential end date is invalid.");
  const random = call.tenant.random;
  const secretText = `${random.secret(3)}8Q~${random.secret(34)}`;
  const made: PasswordCredential = {
    keyId: random.guid(),
    displayName: wanted?.displayName ?? null,
    hint: secretText.slice(0, 3),
    startDateTime: new Date(start).toISOString(),
    endDateTime: new Date(end).toISOString(),
    customKeyIdentifier: null,
    secretText,
  };
  const { keyCredentials, passwordCredentials } = holder.object;
  write(call, holder, { keyCredentials, passwordCredentials: [...passwordCredentials, made] }, true);
  return {
    status: 200,
    headers: { Location: `https://${call.request.host}` },
    body: {
      "@odata.context": contextOf(call, "microsoft.graph.passwordCredential"),
      ...passwordJson(made, secretText),
    },
  };
}

function timeOf(text: string | null | undefined, otherwise: number): number {
  const at = text == null ? otherwise : Date.parse(text);
  if (Number.isNaN(at))
    throw badRequest("Invalid value specified for property 'endDateTime' of resource 'PasswordCredential'.");
  return at;
}

const KeyId = z.strictObject({ keyId: z.guid() });

function removePassword(call: GraphCall, kind: Holder["kind"]): GraphAnswer {
  const holder = holderOf(call, kind);
  requireWrite(call, holder);
  const keyId = bodyOf(call, KeyId).keyId.toLowerCase();
  const { keyCredentials, passwordCredentials } = holder.object;
  const found = passwordCredentials.find((password) => password.keyId === keyId);
  if (found === undefined) throw noPasswordCredential(keyId);
  // The password of a SAML signing key cannot go on its own (microsoft-graph-docs#13960).
  if (
    found.customKeyIdentifier !== null &&
    signingIdentifiers(holder.object).includes(found.customKeyIdentifier)
  )
    throw internalError();
  check(call, holder, "Verify", "passwordCredentials");
  write(
    call,
    holder,
    { keyCredentials, passwordCredentials: passwordCredentials.filter((it) => it !== found) },
    false,
  );
  return noContent();
}

const AddKey = z.strictObject({
  keyCredential: z.strictObject({
    "@odata.type": z.string().optional(),
    type: z.enum(["AsymmetricX509Cert", "X509CertAndPassword"]),
    usage: z.enum(["Verify", "Sign"]),
    key: z.string(),
    displayName: z.string().nullable().optional(),
    startDateTime: z.string().nullable().optional(),
    endDateTime: z.string().nullable().optional(),
  }),
  passwordCredential: z.strictObject({ secretText: z.string() }).nullable().optional(),
  proof: z.string(),
});

/** `addKey` and `removeKey` take a proof signed with a valid key the object has already; whoever holds one needs no permission for its own. */
function requireProof(call: GraphCall, holder: Holder, proof: string): void {
  const own =
    call.caller.objectId === holder.object.id ||
    (call.caller.appId !== undefined && call.caller.appId === holder.object.appId);
  const need = holder.kind === "application" ? NEEDS.writeApplicationCredentials : NEEDS.writePrincipal;
  if (!own && !may(call, need, holder.object.id)) throw insufficientPrivileges();
  // guess: the text; that no other key's signature will do, and the 403, are documented and seen.
  if (!isProofOf(proof, holder.object, call.now)) throw insufficientPrivileges();
}

function addKey(call: GraphCall, kind: Holder["kind"]): GraphAnswer {
  const holder = holderOf(call, kind);
  const body = bodyOf(call, AddKey);
  requireProof(call, holder, body.proof);
  const made = newKey(call, body.keyCredential, body.keyCredential.key);
  check(call, holder, made.usage === "Sign" ? "Sign" : "Verify", "keyCredentials");
  const { keyCredentials, passwordCredentials } = holder.object;
  const secret = body.passwordCredential?.secretText;
  const password: PasswordCredential[] =
    secret === undefined
      ? []
      : [
          {
            keyId: made.keyId,
            displayName: made.displayName,
            hint: null,
            startDateTime: made.startDateTime,
            endDateTime: made.endDateTime,
            customKeyIdentifier:
              made.customKeyIdentifier ?? createHash("sha256").update(made.keyId).digest("base64"),
            secretText: secret,
          },
        ];
  write(
    call,
    holder,
    { keyCredentials: [...keyCredentials, made], passwordCredentials: [...passwordCredentials, ...password] },
    true,
  );
  return {
    status: 200,
    headers: { Location: `https://${call.request.host}` },
    body: { "@odata.context": contextOf(call, "microsoft.graph.keyCredential"), ...keyJson(made, false) },
  };
}

const RemoveKey = z.strictObject({ keyId: z.guid(), proof: z.string() });

function removeKey(call: GraphCall, kind: Holder["kind"]): GraphAnswer {
  const holder = holderOf(call, kind);
  const body = bodyOf(call, RemoveKey);
  requireProof(call, holder, body.proof);
  const { keyCredentials, passwordCredentials } = holder.object;
  const found = keyCredentials.find(({ keyId }) => keyId === body.keyId.toLowerCase());
  // guess: worded like the one for passwords.
  if (found === undefined) throw badRequest(`No credentials found to be removed.`);
  // A part of a SAML signing triple cannot go on its own (graph-explorer-v4#3145).
  if (
    found.customKeyIdentifier !== null &&
    signingIdentifiers(holder.object).includes(found.customKeyIdentifier)
  )
    throw insufficientPrivileges();
  check(call, holder, "Verify", "keyCredentials");
  write(
    call,
    holder,
    { passwordCredentials, keyCredentials: keyCredentials.filter((it) => it !== found) },
    false,
  );
  return noContent();
}

export const credentialRoutes: readonly Route[] = (
  [
    ["applications", "application"],
    ["servicePrincipals", "servicePrincipal"],
  ] as const
).flatMap(([collection, kind]): Route[] => [
  { method: "POST", path: `/${collection}/{id}/addPassword`, handle: (call) => addPassword(call, kind) },
  {
    method: "POST",
    path: `/${collection}/{id}/removePassword`,
    handle: (call) => removePassword(call, kind),
  },
  { method: "POST", path: `/${collection}/{id}/addKey`, handle: (call) => addKey(call, kind) },
  { method: "POST", path: `/${collection}/{id}/removeKey`, handle: (call) => removeKey(call, kind) },
]);
