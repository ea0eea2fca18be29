// What signs a principal in: client secrets, certificates, and the issuers it trusts.

export type CredentialHolder = "application" | "service-principal";

/** How much a credential has to do with the attack. */
export interface CredentialEvidence {
  readonly usedBySuspiciousSignIn: boolean;
  readonly lastUsed: string | null;
  /** Added by the suspect, or inside the window. */
  readonly planted: boolean;
  /** Named by a leak finding or a risk detection. */
  readonly leaked: boolean;
}

export interface PasswordCredential {
  readonly holder: CredentialHolder;
  readonly holderId: string;
  readonly keyId: string;
  readonly displayName: string | null;
  readonly hint: string | null;
  /** Chosen by whoever added it: not proof of age. */
  readonly startDateTime: string | null;
  readonly endDateTime: string | null;
  readonly customKeyIdentifier: string | null;
  readonly evidence: CredentialEvidence;
}

export interface CertificateCredential {
  readonly holder: CredentialHolder;
  readonly holderId: string;
  readonly keyId: string;
  readonly displayName: string | null;
  readonly type: string;
  readonly usage: string;
  readonly startDateTime: string | null;
  readonly endDateTime: string | null;
  readonly customKeyIdentifier: string | null;
  /** The public certificate, base64: what a restore puts back. Never a private key; Entra does not give one out. */
  readonly key: string | null;
  readonly thumbprint: string | null;
  readonly evidence: CredentialEvidence;
}

export interface FederatedCredential {
  /** An application's (by its object id) or a user-assigned identity's (by its ARM id). */
  readonly holder: "application" | "identity";
  readonly holderId: string;
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  readonly subject: string | null;
  readonly audiences: readonly string[];
  readonly description: string | null;
  /** Flexible credentials match by expression; Graph shows it in beta only, and a restore needs it. */
  readonly claimsMatchingExpression: { readonly value: string; readonly languageVersion: number } | null;
  readonly trusts: FederatedTrust;
  readonly planted: boolean;
  readonly usedBySuspiciousSignIn: boolean;
}

/** What a federated credential lets in, read from issuer and subject. */
export type FederatedTrust =
  | {
      readonly kind: "github";
      readonly owner: string;
      readonly ownerId: string | null;
      readonly repository: string;
      readonly repositoryId: string | null;
      readonly filter: string;
    }
  | {
      readonly kind: "azure-devops";
      readonly organisation: string;
      readonly project: string | null;
      readonly connection: string;
    }
  | {
      readonly kind: "kubernetes";
      readonly clusterId: string | null;
      readonly issuer: string;
      readonly namespace: string;
      readonly serviceAccount: string;
    }
  | { readonly kind: "entra"; readonly tenantId: string; readonly subject: string }
  | { readonly kind: "flexible"; readonly issuer: string; readonly expression: string }
  /** Nobody we know issues this: an attacker's own issuer looks like it. */
  | { readonly kind: "unknown-issuer"; readonly issuer: string; readonly subject: string | null };
