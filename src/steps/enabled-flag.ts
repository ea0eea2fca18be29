import { z } from "zod";
import type { Confirmation, StepOutcome } from "../case/outcome.ts";
import { alreadySo, confirmation, failed, outcomeOfChange } from "./answers.ts";
import type { StepContext } from "./step.ts";

/** A yes-or-no property of a directory object that decides whether it may sign in. */
export interface Flag {
  /** `/servicePrincipals/{id}` */
  readonly path: string;
  readonly property: "accountEnabled" | "isDisabled";
}

const Flags = z.object({
  accountEnabled: z.boolean().nullish(),
  isDisabled: z.boolean().nullish(),
});

const look = ({ azure }: StepContext, { path, property }: Flag) =>
  azure.graph.get(`${path}?$select=id,${property}`, Flags);

/** Sets the flag. An object that is gone cannot sign in either; writing what already stands is harmless, so nobody asks first. */
export async function setFlag(context: StepContext, flag: Flag, value: boolean): Promise<StepOutcome> {
  const { azure } = context;
  const answer = await azure.graph.patch(flag.path, { [flag.property]: value });
  if (answer.kind === "failed" && answer.failure.code === "NOT_FOUND") {
    return alreadySo(answer.failure.requestId, azure.now());
  }
  return outcomeOfChange(answer, azure.now());
}

export async function verifyFlag(context: StepContext, flag: Flag, value: boolean): Promise<Confirmation> {
  return confirmation(await look(context, flag), context.azure.now(), {
    holds: (it) => isSo(it[flag.property], flag, value),
    otherwise: `${flag.property} is not ${String(value)}`,
    absentHolds: true,
  });
}

/**
 * Puts the flag back. What is gone cannot be enabled again: that is said. A flag that stood as the cut has it before, and
 * does not any more, was changed by somebody since.
 */
export async function putBackFlag(
  context: StepContext,
  flag: Flag,
  { value, cut }: { readonly value: boolean; readonly cut: boolean },
): Promise<StepOutcome> {
  const { azure } = context;
  const now = await look(context, flag);
  if (now.kind === "failed") return failed(now.failure, azure.now());
  if (isSo(now.value[flag.property], flag, value)) return alreadySo(now.requestId, azure.now());
  if (value === cut) {
    return {
      kind: "needs-person",
      reason: `${flag.property} was ${String(value)} before and somebody has changed it since.`,
      action: "Decide whether it is to sign in, and leave it so",
    };
  }
  return outcomeOfChange(await azure.graph.patch(flag.path, { [flag.property]: value }), azure.now());
}

export async function verifyPutBack(context: StepContext, flag: Flag, value: boolean): Promise<Confirmation> {
  return confirmation(await look(context, flag), context.azure.now(), {
    holds: (it) => isSo(it[flag.property], flag, value),
    otherwise: `${flag.property} is not ${String(value)}`,
    absentHolds: false,
  });
}

/** Absent means the default: enabled, and not deactivated. */
function isSo(seen: boolean | null | undefined, { property }: Flag, value: boolean): boolean {
  return (seen ?? property === "accountEnabled") === value;
}
