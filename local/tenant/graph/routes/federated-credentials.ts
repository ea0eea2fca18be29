import { z } from "zod";
import { AUDIT_OPERATIONS } from "../../logs/rows/audit.ts";
import type { Application, FederatedCredential } from "../../state/directory.ts";
import { applicationTarget, modified } from "../audit-events.ts";
import { bodyOf, noContent, parameter } from "../call.ts";
import type { GraphCall, Route } from "../call.ts";
import { refuseConcurrentWrite } from "../concurrency.ts";
import { federatedCredential } from "../entities.ts";
import {
  badRequest,
  conflictingObject,
  federatedNameTaken,
  notFound,
  tooManyFederatedCredentials,
} from "../errors.ts";
import { MAX_FEDERATED_CREDENTIALS } from "../limits.ts";
import { collection, single } from "../odata/collection.ts";
import { NEEDS, require } from "../permissions.ts";
import { readApplication, writableApplication } from "../resolve.ts";

const Expression = z.strictObject({ value: z.string(), languageVersion: z.number() });

const Body = z.strictObject({
  "@odata.type": z.string().optional(),
  id: z.string().optional(),
  name: z
    .string()
    .regex(/^[\w-]{3,120}$/)
    .optional(),
  issuer: z.string().max(600).optional(),
  subject: z.string().max(600).nullable().optional(),
  audiences: z.array(z.string().max(600)).optional(),
  description: z.string().max(600).nullable().optional(),
  claimsMatchingExpression: Expression.nullable().optional(),
});

/** By id, by name, or by name in brackets. */
function matchesKey(credential: FederatedCredential, key: string): boolean {
  const name = /^\(name='([^']*)'\)$/i.exec(key)?.[1] ?? key;
  return credential.id === key.toLowerCase() || credential.name === name;
}

function shown(key: string): string {
  return /^\(\w+='([^']*)'\)$/.exec(key)?.[1] ?? key;
}

function find(call: GraphCall, application: Application, asOf?: number): FederatedCredential {
  const key = parameter(call, "credential");
  const found = call.directory.federatedCredentials
    .find("application", application.id, asOf)
    .find((credential) => matchesKey(credential, key));
  if (found === undefined) throw notFound(shown(key));
  return found;
}

/** v1.0 does not know flexible credentials: it refuses to write what it does not know. */
function checkBody(call: GraphCall, body: z.infer<typeof Body>): void {
  if (call.version !== "beta" && body.claimsMatchingExpression !== undefined)
    throw badRequest("Invalid property 'claimsMatchingExpression'.");
  if (body.audiences !== undefined && body.audiences.length !== 1)
    // guess: the text; one audience is the documented limit.
    throw badRequest("FederatedIdentityCredential must have exactly one audience.");
}

/** A federated credential shows in the audit log as a plain update of its application. */
function audit(call: GraphCall, application: Application, before: readonly FederatedCredential[]): void {
  const told = (credentials: readonly FederatedCredential[]) =>
    credentials.map(({ name, issuer, subject, audiences, claimsMatchingExpression }) => ({
      Name: name,
      Issuer: issuer,
      Subject: subject,
      Audiences: audiences,
      ...(claimsMatchingExpression === null
        ? {}
        : { ClaimsMatchingExpression: claimsMatchingExpression.value }),
    }));
  const after = call.directory.federatedCredentials.find("application", application.id);
  call.audits.push({
    operationName: AUDIT_OPERATIONS.updateApplication,
    category: "ApplicationManagement",
    targets: [
      applicationTarget(application, [
        modified("FederatedIdentityCredentials", told(before), told(after)),
        modified("Included Updated Properties", undefined, "FederatedIdentityCredentials"),
      ]),
    ],
  });
}

function create(call: GraphCall) {
  const application = writableApplication(call, parameter(call, "id"));
  require(call, NEEDS.writeApplication, application.id);
  const body = bodyOf(call, Body);
  checkBody(call, body);
  const { name, issuer, audiences } = body;
  const claimsMatchingExpression = body.claimsMatchingExpression ?? null;
  const subject = body.subject ?? null;
  if (name === undefined || issuer === undefined || audiences === undefined)
    throw badRequest("FederatedIdentityCredential must have a name, an issuer and an audience.");
  if ((subject === null) === (claimsMatchingExpression === null))
    throw badRequest("FederatedIdentityCredential must have either a subject or a claimsMatchingExpression.");
  const before = call.directory.federatedCredentials.find("application", application.id);
  if (before.some((other) => other.name === name)) throw federatedNameTaken(name);
  if (before.some((other) => other.issuer === issuer && other.subject === subject && subject !== null))
    throw conflictingObject();
  if (before.length >= MAX_FEDERATED_CREDENTIALS) throw tooManyFederatedCredentials();
  refuseConcurrentWrite(call, application.id);
  const made: FederatedCredential = {
    id: call.tenant.random.guid(),
    applicationId: application.id,
    name,
    issuer,
    subject,
    audiences,
    description: body.description ?? null,
    claimsMatchingExpression,
  };
  call.directory.federatedCredentials.put(made, call.now);
  audit(call, application, before);
  return {
    ...single(call, federatedCredential, made, contextFor(application), 201),
    headers: {
      Location: `https://${call.request.host}/v2/${call.tenant.id}/federatedIdentityCredentials/${made.id}`,
    },
  };
}

const contextFor = ({ id }: Application) => `applications('${id}')/federatedIdentityCredentials`;

function update(call: GraphCall) {
  const application = writableApplication(call, parameter(call, "id"));
  require(call, NEEDS.writeApplication, application.id);
  const { id } = find(call, application, call.asOf);
  const found = call.directory.federatedCredentials.get(id);
  if (found === undefined) throw notFound(shown(parameter(call, "credential")));
  const body = bodyOf(call, Body);
  checkBody(call, body);
  if (body.name !== undefined && body.name !== found.name)
    throw badRequest("Property 'name' is read-only and cannot be set.");
  const before = call.directory.federatedCredentials.find("application", application.id);
  call.directory.federatedCredentials.put(
    {
      ...found,
      issuer: body.issuer ?? found.issuer,
      subject: body.subject === undefined ? found.subject : body.subject,
      audiences: body.audiences ?? found.audiences,
      description: body.description === undefined ? found.description : body.description,
      claimsMatchingExpression:
        body.claimsMatchingExpression === undefined
          ? found.claimsMatchingExpression
          : body.claimsMatchingExpression,
    },
    call.now,
  );
  audit(call, application, before);
  return noContent();
}

function remove(call: GraphCall) {
  const application = writableApplication(call, parameter(call, "id"));
  require(call, NEEDS.writeApplication, application.id);
  const { id } = find(call, application, call.asOf);
  if (call.directory.federatedCredentials.get(id) === undefined)
    throw notFound(shown(parameter(call, "credential")));
  refuseConcurrentWrite(call, application.id);
  const before = call.directory.federatedCredentials.find("application", application.id);
  call.directory.federatedCredentials.remove(id, call.now);
  audit(call, application, before);
  return noContent();
}

const PATH = "/applications/{id}/federatedIdentityCredentials";

export const federatedCredentialRoutes: readonly Route[] = [
  {
    method: "GET",
    path: PATH,
    handle: (call) => {
      require(call, NEEDS.readFederatedCredentials);
      const application = readApplication(call, parameter(call, "id"));
      return collection(call, federatedCredential, {
        context: contextFor(application),
        items: call.directory.federatedCredentials.find("application", application.id, call.asOf),
        idOf: ({ id }) => id,
      });
    },
  },
  {
    method: "GET",
    path: `${PATH}/{credential}`,
    handle: (call) => {
      require(call, NEEDS.readFederatedCredentials);
      const application = readApplication(call, parameter(call, "id"));
      return single(call, federatedCredential, find(call, application, call.asOf), contextFor(application));
    },
  },
  { method: "POST", path: PATH, handle: create },
  { method: "PATCH", path: `${PATH}/{credential}`, handle: update },
  { method: "DELETE", path: `${PATH}/{credential}`, handle: remove },
];
