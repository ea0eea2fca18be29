import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import type { Confirmation, StepOutcome } from "../case/outcome.ts";
import { type ActionSought, timesDone } from "./action-log.ts";
import { alreadySo, confirmation, failed, outcomeOfRemoval } from "./answers.ts";
import type { Taken } from "./taken.ts";

/** Since when, and not by whom: what tells our action from one before the theft, or by the thief. */
export const SinceTaken = z.object({ since: z.string(), takers: z.array(z.string()) });
export type SinceTaken = z.infer<typeof SinceTaken>;

export const sinceTaken = ({ since, takers }: Taken): SinceTaken => ({ since, takers: [...takers] });

/** An action that can only be seen in the activity log. */
export interface LoggedAction {
  readonly resourceId: string;
  readonly action: string;
  /** Below the resource: `newpassword`. */
  readonly verb: string;
  readonly apiVersion: string;
}

const sought = (it: LoggedAction, { since, takers }: SinceTaken): ActionSought => ({
  resourceId: it.resourceId,
  action: it.action,
  since,
  notBy: takers,
});

/** Acts unless it was done since; what is gone needs no action. */
export async function actOnce(azure: Azure, it: LoggedAction, taken: SinceTaken): Promise<StepOutcome> {
  const done = await timesDone(azure, sought(it, taken));
  if (done.kind === "failed") {
    return done.failure.code === "NOT_FOUND"
      ? alreadySo(done.failure.requestId, azure.now())
      : failed(done.failure, azure.now());
  }
  if (done.value > 0) return alreadySo(done.requestId, azure.now());
  return outcomeOfRemoval(
    await azure.arm.post(`${it.resourceId}/${it.verb}`, it.apiVersion, undefined, z.unknown()),
    azure.now(),
  );
}

export async function verifyActed(azure: Azure, it: LoggedAction, taken: SinceTaken): Promise<Confirmation> {
  return confirmation(await timesDone(azure, sought(it, taken)), azure.now(), {
    holds: (times) => times > 0,
    otherwise: "the activity log does not show it yet",
    absentHolds: false,
  });
}
