import type { AzureFailure } from "../azure/failure.ts";
import type { StepOutcome } from "../case/outcome.ts";
import type { ConsumerKind } from "../case/secret-consumer.ts";

/**
 * `incident`: the leaked value dies first, whoever still uses it. `hygiene`: the new value works beside the old one for
 * an overlap, and the old one dies after it.
 */
export type RotationMode = "incident" | "hygiene";

/** One secret to be rotated, and for which plan. References only: nothing in it is secret. */
export interface Rotation {
  /** The planned step's id: marks everything that is made, so that a retry finds it. */
  readonly id: string;
  /** The same for all rotations of one case: a key that two secrets share is regenerated once for both, however often one is tried. */
  readonly campaign: string;
  readonly vaultId: string;
  readonly vaultUri: string;
  readonly secretName: string;
  readonly mode: RotationMode;
  readonly overlapInMs: number;
}

/** Who issued the credential in a secret, and which of the issuer's credentials it is. */
export interface FoundProvider {
  /** A provider's kind: `storage-account-key`. */
  readonly provider: string;
  /** ARM id; `/applications/{id}` or `/servicePrincipals/{id}` for a client secret; the secret itself for a random one. */
  readonly resourceId: string;
  /** The key's name, the client secret's key id, the login; null when the provider has only one. */
  readonly credential: string | null;
  readonly foundBy: "tags" | "content-type" | "value" | "scope";
  /** A principal that the case cuts off: what it had is taken away, and nothing new is made for it. */
  readonly suspect: boolean;
}

export const STAGES = ["identify", "create", "publish", "tell", "overlap", "retire", "prove"] as const;
export type Stage = (typeof STAGES)[number];

/** Where in its value a credential stands: once, or as often as a publishing profile repeats it. */
export type Place = readonly Spot[];

export interface Spot {
  readonly from: number;
  readonly to: number;
  /** How it is written there, and is to be written again; `login`: in base64, behind a user's name. */
  readonly as: "plain" | "url" | "json" | "login";
}

/** App instance property lock as it was, to be put back exactly. */
export interface HeldLock {
  readonly applicationId: string;
  readonly configuration: Readonly<Record<string, boolean | null>>;
}

/** How far a rotation is: what goes from activity to activity, so never a value. */
export interface RotationState {
  readonly stage: Stage;
  readonly found: FoundProvider | null;
  /** The version whose value is to die: the newest that this rotation did not publish itself, at an earlier try. */
  readonly oldVersion: string | null;
  /** Where in its value the credential stands, in characters: known before the old key is gone from the provider's list. */
  readonly place: Place | null;
  readonly newVersion: string | null;
  /** The provider's name for what was published. */
  readonly newCredential: string | null;
  /** Keys that were regenerated, and are done. */
  readonly regenerated: readonly string[];
  /** A regeneration that Azure is still at. */
  readonly pending: { readonly key: string; readonly operation: string } | null;
  /** An effect that was asked for and never answered: it may have happened. Known again with the next success. */
  readonly unanswered: string | null;
  readonly lock: HeldLock | null;
  readonly proofOfNew: string | null;
  readonly proofOfOld: string | null;
  /** Who reads the secret: refreshed and checked ones, and those a person has to look at. */
  readonly consumers: readonly ConsumerCheck[];
  /** Times this stage looked again at something that takes its time. */
  readonly looks: number;
}

export interface ConsumerCheck {
  readonly kind: ConsumerKind;
  readonly resourceId: string;
  readonly setting: string;
  /**
   * `pinned` names a version, `copy` holds the old value itself, `person` takes the secret in a way that only its owner can
   * see to.
   */
  readonly state: "refreshed" | "not-yet" | "unreadable" | "pinned" | "copy" | "person";
}

export const BEGINNING: RotationState = {
  stage: "identify",
  found: null,
  oldVersion: null,
  place: null,
  newVersion: null,
  newCredential: null,
  regenerated: [],
  pending: null,
  unanswered: null,
  lock: null,
  proofOfNew: null,
  proofOfOld: null,
  consumers: [],
  looks: 0,
};

/** What one stage came to. */
export type StageResult =
  | { readonly kind: "go-on"; readonly state: RotationState; readonly waitInMs: number }
  | { readonly kind: "failed"; readonly state: RotationState; readonly failure: AzureFailure }
  | { readonly kind: "over"; readonly state: RotationState; readonly ending: Ending };

export interface Ending {
  readonly outcome: StepOutcome;
  /** Null: there is nothing to confirm. */
  readonly proof: { readonly holds: boolean; readonly saw: string } | null;
}

export function goOn(state: RotationState, stage: Stage, waitInMs = 0): StageResult {
  const looks = stage === state.stage ? state.looks + 1 : 0;
  return { kind: "go-on", state: { ...state, stage, looks, unanswered: null }, waitInMs };
}

export function failedWith(state: RotationState, failure: AzureFailure): StageResult {
  return { kind: "failed", state, failure };
}

/** An effect did not come off. Without an answer, or with a broken one, nobody knows whether it did. */
export function failedAt(effect: string, state: RotationState, failure: AzureFailure): StageResult {
  const isUnanswered = failure.status === null || failure.status >= 500;
  return failedWith(isUnanswered ? { ...state, unanswered: effect } : state, failure);
}

export function needsPerson(state: RotationState, reason: string, action: string): StageResult {
  return {
    kind: "over",
    state,
    ending: { outcome: { kind: "needs-person", reason, action }, proof: null },
  };
}

const SHORTEST_PAUSE_IN_MS = 1_000;
const LONGEST_PAUSE_IN_MS = 60_000;

/** How long to wait before looking again at something that takes its time: longer with every look. */
export function pauseAfter(looks: number): number {
  return Math.min(SHORTEST_PAUSE_IN_MS * 2 ** Math.min(looks, 10), LONGEST_PAUSE_IN_MS);
}
