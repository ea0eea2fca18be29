import type { Azure } from "../azure/azure.ts";
import type { AzureFailure } from "../azure/failure.ts";
import { ownTriesOf } from "../azure/own-tries.ts";
import type { VaultClient } from "../azure/vault.ts";
import type { Refused } from "../plan/guardrails.ts";
import type { Consumer } from "../scope/consumers/consumer.ts";
import type { RotationLedger } from "./ledger.ts";
import type { Rotation, RotationState } from "./rotation.ts";

/** A client secret of a principal that the case cuts off, without its value. */
export interface SuspectSecret {
  /** `/applications/{id}` or `/servicePrincipals/{id}`. */
  readonly holder: string;
  readonly keyId: string;
  /** The first three characters, as Entra shows them. */
  readonly hint: string;
}

/** What is written down of a stage: the intent before each effect, and what came of it. Plain values, never a secret one. */
export interface StageJournal {
  /** What is written from here on is of this stage. */
  enter(state: RotationState): void;
  /** Written before this returns, together with what came of the earlier ones. */
  intend(effect: string, details?: Details): Promise<void>;
  /** Written with the next intent, or at the stage's end. */
  note(effect: string, details?: Details): void;
}
export type Details = Readonly<Record<string, string | number | boolean | null>>;

/** What a stage works with. */
export interface RotationWork {
  readonly azure: Azure;
  readonly tenantId: string;
  readonly rotation: Rotation;
  readonly ledger: RotationLedger;
  readonly suspects: readonly SuspectSecret[];
  readonly consumers: readonly Consumer[];
  /** Sites and slots whose settings may hold a copy of the value. */
  readonly siteIds: readonly string[];
  /** Whether client secrets are proved by signing in with them, as the policy says. */
  readonly signIn: boolean;
  readonly journal: StageJournal;
  /** Why none of these may be touched, or null. */
  guard(ids: readonly string[]): Refused | null;
}

export function vaultOf({ azure, rotation }: RotationWork): VaultClient {
  return azure.vault(rotation.vaultUri);
}

/** What the sign-in log shows our own tries under. */
export function triesOf({ rotation }: Pick<RotationWork, "rotation">): string {
  return ownTriesOf(rotation.campaign);
}

export function secretId({ vaultId, secretName }: Rotation): string {
  return `${vaultId}/secrets/${secretName}`;
}

/** Client secrets and vault versions made for a rotation carry this, so that a retry knows its own. */
export function markOf({ id }: Rotation): string {
  return `Tourniquet rotation ${id}`;
}
export const MARK_TAG = "TourniquetRotation";

/** Who holds what is being rotated, as whoever comes second is told. */
export function holderOf({ campaign, id }: Rotation): string {
  return `case ${campaign}, step ${id}`;
}

/** A failure of our own finding: no answer of Azure's says it. */
export function failure(code: AzureFailure["code"], retryable: boolean): AzureFailure {
  return { code, status: null, azureCode: null, retryable, retryAfterInMs: null, requestId: null };
}
