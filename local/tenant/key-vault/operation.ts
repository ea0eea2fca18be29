import type { Tenant } from "../tenant.ts";
import type { VaultData } from "../state/vaults.ts";
import type { WireRequest } from "../wire.ts";
import type { Vault } from "./vault.ts";

/** One permitted request for a vault, as an operation gets it. */
export interface VaultCall {
  readonly tenant: Tenant;
  readonly request: WireRequest;
  readonly vault: Vault;
  readonly data: VaultData;
  /** Name of the secret or key; empty for operations on a collection. */
  readonly name: string;
  /** Absent means the current version. */
  readonly version: string | undefined;
}

export interface VaultAnswer {
  readonly status: number;
  readonly body?: unknown;
  /** What the audit log names as the object acted on. */
  readonly objectId?: string;
}

export type Operation = (call: VaultCall) => VaultAnswer;
