/**
 * What a log row says was put somewhere: enough to look it up. Ids are validated when a lead is made, because the rows
 * hold whatever the attacker named things.
 */
export type Lead = LeadOrigin &
  (
    | {
        readonly kind: "credentials";
        readonly holder: "application" | "service-principal";
        readonly holderId: string;
        /** Null when the row does not say which: then the live object's start dates have to. */
        readonly keyIds: readonly string[] | null;
      }
    | {
        readonly kind: "application-federated";
        readonly applicationId: string;
        readonly before: string;
        readonly after: string;
      }
    | { readonly kind: "identity-federated"; readonly identityId: string; readonly name: string }
    | {
        readonly kind: "owner";
        readonly of: "application" | "service-principal";
        readonly objectId: string;
        readonly ownerId: string;
      }
    | { readonly kind: "group-member"; readonly groupId: string; readonly memberId: string }
    | {
        readonly kind: "app-role";
        readonly granteeId: string;
        readonly resourceId: string | null;
        readonly appRoleId: string | null;
      }
    | { readonly kind: "grant"; readonly clientId: string; readonly resourceId: string | null }
    | { readonly kind: "directory-role"; readonly principalId: string; readonly roleIds: readonly string[] }
    | { readonly kind: "role-assignment"; readonly assignmentId: string }
    | { readonly kind: "vault-policy"; readonly vaultId: string }
    | {
        readonly kind: "object";
        readonly objectKind: "application" | "service-principal" | "user";
        readonly objectId: string;
        readonly name: string | null;
      }
    | { readonly kind: "diagnostic-setting"; readonly settingId: string }
    | {
        readonly kind: "cluster-object";
        readonly clusterId: string;
        readonly verb: string;
        readonly apiGroup: string | null;
        readonly apiVersion: string | null;
        readonly resource: string;
        readonly namespace: string | null;
        readonly name: string | null;
        readonly uid: string | null;
        readonly inferred: boolean;
      }
    /** Trust was expanded and the row does not say enough to find what by. */
    | {
        readonly kind: "unclear";
        readonly onId: string;
        readonly onKind: string;
        readonly onName: string | null;
      }
  );

export interface LeadOrigin {
  readonly at: string;
  /** Principal key of who did it. */
  readonly by: string;
  readonly evidence: string;
}

/** Clocks and the log's own delay: a start date may lie a little before the row that tells of it. */
export const START_TOLERANCE_IN_MS = 10 * 60_000;
