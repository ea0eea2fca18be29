import type { LogRow } from "../../state/logs.ts";

/** What every sign-in has, whoever signs in. */
interface SignInFacts {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The request's id, a GUID: `x-ms-request-id` of the token endpoint, `trace_id` of its errors. */
  readonly id: string;
  readonly correlationId: string;
  readonly tenantId: string;
  readonly appId: string;
  readonly ipAddress: string;
  /** AADSTS number as text; `0` is success. */
  readonly resultType: string;
  readonly resultDescription?: string | undefined;
  /** `uti` of the token issued, empty when none was. Graph's activity log calls it SignInActivityId. */
  readonly uniqueTokenIdentifier: string;
  readonly resourceDisplayName: string;
  /** App id of the resource. */
  readonly resourceIdentity: string;
  readonly resourceServicePrincipalId?: string | undefined;
  /** Two letters, and a city if known. */
  readonly countryOrRegion?: string | undefined;
  readonly city?: string | undefined;
  readonly userAgent?: string | undefined;
}

export interface ServicePrincipalSignInFacts extends SignInFacts {
  readonly servicePrincipalId: string;
  readonly servicePrincipalName: string;
  readonly credential:
    | { readonly kind: "secret"; readonly keyId: string | undefined }
    | {
        readonly kind: "certificate";
        readonly keyId: string | undefined;
        readonly thumbprint: string | undefined;
      }
    | { readonly kind: "federated"; readonly federatedCredentialId: string | undefined };
}

/** A row of AADServicePrincipalSignInLogs. ClientCredentialType, SessionId and UserAgent are newer than the published column list. */
export function servicePrincipalSignInRow(facts: ServicePrincipalSignInFacts): LogRow {
  const { credential } = facts;
  return {
    ...workloadColumns(facts, "ServicePrincipalSignInLogs"),
    ServicePrincipalId: facts.servicePrincipalId,
    ServicePrincipalName: facts.servicePrincipalName,
    ServicePrincipalCredentialKeyId: credential.kind === "federated" ? "" : (credential.keyId ?? ""),
    ServicePrincipalCredentialThumbprint:
      credential.kind === "certificate" ? (credential.thumbprint ?? "") : "",
    FederatedCredentialId: credential.kind === "federated" ? (credential.federatedCredentialId ?? "") : "",
    ClientCredentialType: CREDENTIAL_TYPES[credential.kind],
    SessionId: "",
    UserAgent: facts.userAgent ?? "",
  };
}

/** Values of `clientCredentialType` in Graph's signIn resource; the exported column carries the same. */
const CREDENTIAL_TYPES = {
  secret: "clientSecret",
  certificate: "certificate",
  federated: "federatedIdentityCredential",
} as const;

export interface ManagedIdentitySignInFacts extends SignInFacts {
  readonly servicePrincipalId: string;
  readonly servicePrincipalName: string;
  /** ARM id of the resource the token was asked for on, where known. */
  readonly sourceResourceId?: string | undefined;
  /** Set when the identity was entered through a federated credential. */
  readonly federatedCredentialId?: string | undefined;
}

/** A row of AADManagedIdentitySignInLogs. The platform asks for these tokens, so there is no client address. */
export function managedIdentitySignInRow(facts: ManagedIdentitySignInFacts): LogRow {
  return {
    ...workloadColumns(facts, "ManagedIdentitySignInLogs"),
    ServicePrincipalId: facts.servicePrincipalId,
    ServicePrincipalName: facts.servicePrincipalName,
    ServicePrincipalCredentialKeyId: "",
    ServicePrincipalCredentialThumbprint: "",
    FederatedCredentialId: facts.federatedCredentialId ?? "",
    // guess: no public row shows this newer column filled; a JSON string naming the identity's resource.
    ManagedServiceIdentity:
      facts.sourceResourceId === undefined
        ? ""
        : JSON.stringify({ msiType: "UserAssigned", associatedResourceId: facts.sourceResourceId }),
    SourceAppClientId: "",
    UserAgent: facts.userAgent ?? "",
  };
}

function workloadColumns(facts: SignInFacts & { readonly servicePrincipalName: string }, category: string) {
  return {
    TimeGenerated: new Date(facts.at).toISOString(),
    Id: facts.id,
    CorrelationId: facts.correlationId,
    OperationName: "Sign-in activity",
    OperationVersion: "1.0",
    Category: category,
    Level: "4",
    AppId: facts.appId,
    Identity: "",
    IPAddress: facts.ipAddress,
    Location: facts.countryOrRegion ?? "",
    // A JSON string here, where SigninLogs has a dynamic column.
    LocationDetails: JSON.stringify(locationOf(facts)),
    ResultType: facts.resultType,
    ResultSignature: facts.resultType === "0" ? "SUCCESS" : "FAILURE",
    ResultDescription: facts.resultDescription ?? "",
    ResourceDisplayName: facts.resourceDisplayName,
    ResourceIdentity: facts.resourceIdentity,
    ResourceServicePrincipalId: facts.resourceServicePrincipalId ?? "",
    ResourceGroup: "Microsoft.aadiam",
    UniqueTokenIdentifier: facts.uniqueTokenIdentifier,
    ConditionalAccessStatus: "notApplied",
    ConditionalAccessPolicies: "[]",
    DurationMs: 0,
    SourceSystem: "Azure AD",
  };
}

export interface UserSignInFacts extends SignInFacts {
  readonly userId: string;
  readonly userPrincipalName: string;
  readonly userDisplayName: string;
  readonly appDisplayName: string;
  readonly isGuest?: boolean | undefined;
  readonly riskLevelDuringSignIn?: "none" | "low" | "medium" | "high" | "hidden" | undefined;
}

/** A row of SigninLogs, whose details are dynamic columns. */
export function interactiveSignInRow(facts: UserSignInFacts): LogRow {
  return {
    ...userColumns(facts, "SignInLogs", true),
    LocationDetails: locationOf(facts),
    DeviceDetail: deviceOf(facts),
    Status: statusOf(facts),
  };
}

/** A row of AADNonInteractiveUserSignInLogs, whose details are JSON in strings. */
export function nonInteractiveSignInRow(facts: UserSignInFacts): LogRow {
  return {
    ...userColumns(facts, "NonInteractiveUserSignInLogs", false),
    LocationDetails: JSON.stringify(locationOf(facts)),
    DeviceDetail: JSON.stringify(deviceOf(facts)),
    Status: JSON.stringify(statusOf(facts)),
  };
}

function userColumns(facts: UserSignInFacts, category: string, isInteractive: boolean) {
  const when = new Date(facts.at).toISOString();
  return {
    TimeGenerated: when,
    CreatedDateTime: when,
    Id: facts.id,
    CorrelationId: facts.correlationId,
    OperationName: "Sign-in activity",
    OperationVersion: "1.0",
    Category: category,
    Level: "4",
    AppId: facts.appId,
    AppDisplayName: facts.appDisplayName,
    Identity: facts.userDisplayName,
    UserId: facts.userId,
    UserPrincipalName: facts.userPrincipalName,
    UserDisplayName: facts.userDisplayName,
    UserType: facts.isGuest === true ? "Guest" : "Member",
    IPAddress: facts.ipAddress,
    Location: facts.countryOrRegion ?? "",
    ResultType: facts.resultType,
    ResultSignature: facts.resultType === "0" ? "SUCCESS" : "FAILURE",
    ResultDescription: facts.resultDescription ?? "",
    ResourceDisplayName: facts.resourceDisplayName,
    ResourceIdentity: facts.resourceIdentity,
    ResourceServicePrincipalId: facts.resourceServicePrincipalId ?? "",
    ResourceTenantId: facts.tenantId,
    HomeTenantId: facts.tenantId,
    UniqueTokenIdentifier: facts.uniqueTokenIdentifier,
    RiskLevelDuringSignIn: facts.riskLevelDuringSignIn ?? "none",
    RiskLevelAggregated: facts.riskLevelDuringSignIn ?? "none",
    RiskState: "none",
    RiskDetail: "none",
    ConditionalAccessStatus: "notApplied",
    IsInteractive: isInteractive,
    UserAgent: facts.userAgent ?? "",
    SourceSystem: "Azure AD",
  };
}

function locationOf({ city, countryOrRegion }: SignInFacts) {
  return { city: city ?? "", state: "", countryOrRegion: countryOrRegion ?? "", geoCoordinates: {} };
}

function deviceOf({ userAgent }: SignInFacts) {
  return { deviceId: "", operatingSystem: "", browser: userAgent ?? "" };
}

function statusOf({ resultType, resultDescription }: SignInFacts) {
  return resultType === "0"
    ? { errorCode: 0 }
    : { errorCode: Number(resultType), failureReason: resultDescription ?? "Other." };
}
