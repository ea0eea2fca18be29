import {
  managedIdentitySignInRow,
  nonInteractiveSignInRow,
  servicePrincipalSignInRow,
} from "../logs/rows/sign-in.ts";
import type { ServicePrincipal, User } from "../state/directory.ts";
import { appendRow } from "../state/logs.ts";
import type { Tenant } from "../tenant.ts";
import type { WireRequest } from "../wire.ts";
import type { Proof } from "./client-proof.ts";
import type { EntraError } from "./errors.ts";
import type { TokenResource } from "./resources.ts";

export interface Place {
  readonly countryOrRegion: string;
  readonly city: string;
}

/** Where an address is, as Entra would guess; a scenario says so for the addresses that matter. */
export type Locate = (address: string) => Place;

interface SignIn {
  readonly tenant: Tenant;
  readonly request: WireRequest;
  readonly locate: Locate;
  readonly resource: TokenResource | undefined;
  /** `uti` of the token issued. */
  readonly tokenId: string | undefined;
  readonly error: EntraError | undefined;
}

function common({ tenant, request, locate, resource, tokenId, error }: SignIn) {
  return {
    at: tenant.clock.now(),
    id: request.id,
    correlationId:
      request.headers["client-request-id"] ??
      request.url.searchParams.get("client-request-id") ??
      tenant.random.guid(),
    tenantId: tenant.id,
    ipAddress: request.clientAddress,
    resultType: error === undefined ? "0" : String(error.number),
    resultDescription: error?.text,
    uniqueTokenIdentifier: tokenId ?? "",
    resourceDisplayName: resource?.principal.displayName ?? "",
    resourceIdentity: resource?.appId ?? "",
    resourceServicePrincipalId: resource?.principal.id,
    userAgent: request.headers["user-agent"],
    ...locate(request.clientAddress),
  };
}

/** Writes the row that a sign-in of an application leaves, whether it succeeded or not. */
export function logApplicationSignIn(
  signIn: SignIn,
  principal: ServicePrincipal,
  proof: Proof | undefined,
): void {
  const facts = {
    ...common(signIn),
    appId: principal.appId,
    servicePrincipalId: principal.id,
    servicePrincipalName: principal.displayName,
  };
  if (principal.servicePrincipalType === "ManagedIdentity") {
    const row = managedIdentitySignInRow({
      ...facts,
      sourceResourceId: principal.alternativeNames.at(-1),
      federatedCredentialId: proof?.kind === "federated" ? proof.federatedCredentialId : undefined,
    });
    appendRow(signIn.tenant, "AADManagedIdentitySignInLogs", row);
    return;
  }
  appendRow(
    signIn.tenant,
    "AADServicePrincipalSignInLogs",
    servicePrincipalSignInRow({ ...facts, credential: proof ?? { kind: "secret", keyId: undefined } }),
  );
}

/** Writes the row of a person's sign-in without a browser. */
export function logUserSignIn(signIn: SignIn, user: User, clientId: string, appDisplayName: string): void {
  appendRow(
    signIn.tenant,
    "AADNonInteractiveUserSignInLogs",
    nonInteractiveSignInRow({
      ...common(signIn),
      appId: clientId,
      appDisplayName,
      userId: user.id,
      userPrincipalName: user.userPrincipalName,
      userDisplayName: user.displayName,
      isGuest: user.userType === "Guest",
    }),
  );
}
