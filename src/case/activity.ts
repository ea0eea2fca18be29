export type ActivitySource =
  | "service-principal-sign-in"
  | "managed-identity-sign-in"
  | "user-sign-in"
  | "directory-audit"
  | "graph-activity"
  | "azure-activity"
  | "key-vault"
  | "storage"
  | "cluster-audit";

export interface Activity {
  readonly at: string;
  readonly source: ActivitySource;
  readonly principalKey: string;
  readonly operation: string;
  readonly target: string | null;
  readonly outcome: "success" | "failure" | "unknown";
  readonly address: string | null;
  readonly country: string | null;
  readonly userAgent: string | null;
  /** Which credential signed in, where the log says. */
  readonly credentialKeyId: string | null;
  readonly tokenId: string | null;
  readonly correlationId: string | null;
  readonly suspicious: boolean;
  /** How it widened what somebody can do, or narrowed what is seen; null or absent for the rest. */
  readonly expanded?: string | null;
  /** Said when the link to the principal is by address and time, not by an id in the row. */
  readonly attribution: "proven" | "inferred";
}
