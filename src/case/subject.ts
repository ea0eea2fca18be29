/** Where in an alert a claim stood, for the person who asks why this principal: `relatedEntities[2].properties.aadUserId`. */
export type SeenAt = string;

/** What the sender says a thing's part in the attack was. Bystanders are named in alerts too. */
export type ClaimedRole = "suspect" | "bystander" | "unsaid";

interface Claim {
  readonly seenAt: SeenAt;
  readonly role: ClaimedRole;
}

/** What an alert or a person named: a claim, never yet a principal. Resolving turns it into one, or says why not. */
export type Subject =
  /** A GUID that may be an object id or an app id: senders mix them up, so both are tried. */
  | (Claim & { readonly kind: "guid"; readonly value: string })
  | (Claim & { readonly kind: "upn"; readonly value: string })
  /** The ARM id of an identity, or of something that has identities (VM, site, cluster). */
  | (Claim & { readonly kind: "resource"; readonly resourceId: string })
  /** What a token from outside says it is: GitHub repository, Azure DevOps connection, Kubernetes service account. */
  | (Claim & { readonly kind: "federated"; readonly issuer: string | null; readonly subject: string })
  | (Claim & {
      readonly kind: "service-account";
      readonly clusterId: string;
      readonly namespace: string;
      readonly name: string;
    })
  /** A credential somebody found where it should not be. The value itself was dropped at the edge. */
  | (Claim & {
      readonly kind: "leaked-credential";
      readonly appId: string | null;
      readonly keyId: string | null;
      /** The first three characters, which Entra shows too: enough to tell which secret, useless to an attacker. */
      readonly hint: string | null;
      readonly foundIn: string;
    })
  | (Claim & {
      readonly kind: "vault-secret";
      readonly vaultName: string;
      readonly secretName: string;
      readonly version: string | null;
    })
  /** A display name. Attackers choose theirs: candidates are listed, nothing is ever done. */
  | (Claim & { readonly kind: "name"; readonly value: string });
