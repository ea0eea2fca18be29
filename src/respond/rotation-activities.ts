import type { AzureFailure } from "../azure/failure.ts";
import type { RotationState } from "../rotate/rotation.ts";
import type { CaseRef, StepSelection } from "./activities.ts";
import { activityReference } from "./flow.ts";

/** The activities of a rotation, by name. What passes through history are references: a value never leaves its activity. */

/** Why a stage came no further. */
export type StageFailure = AzureFailure;

export interface RotationsRef extends CaseRef {
  readonly planDigest: string;
  readonly selection: StepSelection;
}

/** Puts the rotations of a selection in order, strongest evidence first, and looks up who reads the secrets. */
export const prepareRotations = activityReference<RotationsRef, Prepared>("prepare-rotations");
export interface Prepared {
  /** For each batch, how long it takes at least: what limits allow in a time they allow again after it. */
  readonly leastInMs: readonly number[];
  /** With an overlap they mostly wait, and need not wait for each other. */
  readonly sideBySide: boolean;
}

export interface BatchInput extends RotationsRef {
  readonly batch: number;
  /** When batches run side by side, they begin one after another all the same. */
  readonly afterInMs: number;
}
export const readRotationBatch = activityReference<BatchInput, Batch>("read-rotation-batch");
export interface Batch {
  readonly stepIds: readonly string[];
}

export interface RotationRef extends RotationsRef {
  readonly stepId: string;
}

export interface StageInput extends RotationRef {
  readonly state: RotationState;
  /** Counts the calls of one rotation: what is recorded by a call that runs twice is recorded once. */
  readonly call: number;
}

/** Takes one rotation one stage further. */
export const rotateStage = activityReference<StageInput, StageDone>("rotate-stage");
export type StageDone =
  | { readonly kind: "go-on"; readonly state: RotationState; readonly waitInMs: number }
  | { readonly kind: "failed"; readonly state: RotationState; readonly failure: StageFailure }
  | { readonly kind: "over" };

export interface GiveUpInput extends StageInput {
  readonly failure: StageFailure;
}
/** Ends a rotation that does not come further, and records how far it came. */
export const giveUpRotation = activityReference<GiveUpInput, CaseRef>("give-up-rotation");
