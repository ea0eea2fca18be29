import {
  managedIdentitySignInRow,
  nonInteractiveSignInRow,
  servicePrincipalSignInRow,
} from "../../logs/rows/sign-in.ts";
import type { Place } from "../../entra/sign-in-log.ts";
import type { LogRow } from "../../state/logs.ts";
import { type Cast, CastError } from "./cast.ts";
import type { EventOf } from "./format.ts";

export interface Moment {
  readonly at: number;
  /** GUIDs of this event and no other. */
  readonly id: (part: string) => string;
  /** The token it was done with. */
  readonly tokenId: string;
}

/** The sign-in row of an application, a managed identity or a person. */
export function signInRows(
  event: EventOf<"sign-in">,
  cast: Cast,
  moment: Moment,
  locate: (address: string) => Place,
): [table: string, row: LogRow][] {
  const actor = cast.actor(event.who);
  const resource = [...cast.state.directory.servicePrincipals.all()].find(
    (it) => it.displayName === event.to,
  );
  if (!resource) throw new CastError(`there is nothing called "${event.to}" to sign in to`);
  const facts = {
    at: moment.at,
    id: moment.id("sign-in"),
    correlationId: moment.id("correlation"),
    tenantId: cast.tenantId,
    appId: actor.appId,
    ipAddress: event.from,
    resultType: String(event.error),
    uniqueTokenIdentifier: event.error === 0 ? moment.tokenId : "",
    resourceDisplayName: resource.displayName,
    resourceIdentity: resource.appId,
    resourceServicePrincipalId: resource.id,
    userAgent: event.userAgent,
    servicePrincipalId: actor.objectId,
    servicePrincipalName: actor.displayName,
    ...locate(event.from),
  };
  switch (actor.kind) {
    case "managed-identity":
      return [
        [
          "AADManagedIdentitySignInLogs",
          managedIdentitySignInRow({
            ...facts,
            sourceResourceId: actor.identityResourceId,
            federatedCredentialId:
              event.federated === undefined
                ? undefined
                : cast.names.guid("federatedCredential", event.federated),
          }),
        ],
      ];
    case "application":
      return [
        [
          "AADServicePrincipalSignInLogs",
          servicePrincipalSignInRow({ ...facts, credential: credentialOf(event, cast) }),
        ],
      ];
    case "user":
      return [
        [
          "AADNonInteractiveUserSignInLogs",
          nonInteractiveSignInRow({
            ...facts,
            userId: actor.objectId,
            userPrincipalName: actor.upn ?? "",
            userDisplayName: actor.displayName,
            appDisplayName: "Microsoft Azure CLI",
          }),
        ],
      ];
    default:
      return actor.kind satisfies never;
  }
}

function credentialOf({ secret, certificate, federated }: EventOf<"sign-in">, { names }: Cast) {
  if (federated !== undefined) {
    return {
      kind: "federated" as const,
      federatedCredentialId: names.guid("federatedCredential", federated),
    };
  }
  if (certificate !== undefined) {
    return { kind: "certificate" as const, keyId: names.guid("keyId", certificate), thumbprint: undefined };
  }
  return { kind: "secret" as const, keyId: secret === undefined ? undefined : names.guid("keyId", secret) };
}
