import { z } from "zod";

import type { Ran } from "./contract.ts";

const retryOptions = z.object({
  firstRetryIntervalInMilliseconds: z.number(),
  maxNumberOfAttempts: z.number(),
  backoffCoefficient: z.number().nullish(),
  maxRetryIntervalInMilliseconds: z.number().nullish(),
  retryTimeoutInMilliseconds: z.number().nullish(),
});

export type RetryOptions = z.infer<typeof retryOptions>;

const named = { functionName: z.string(), input: z.unknown().optional() };
const sub = { ...named, instanceId: z.string().nullish(), version: z.string().nullish() };

/** What the SDK asks of the host. The list it returns is cumulative: everything asked since the instance began. */
export type OrchestratorAction =
  | { readonly actionType: 0; readonly functionName: string; readonly input?: unknown }
  | {
      readonly actionType: 1;
      readonly functionName: string;
      readonly input?: unknown;
      readonly retryOptions: RetryOptions;
    }
  | ({ readonly actionType: 2 } & SubOrchestrationCall)
  | ({ readonly actionType: 3; readonly retryOptions: RetryOptions } & SubOrchestrationCall)
  | { readonly actionType: 4; readonly input?: unknown }
  | { readonly actionType: 5; readonly fireAt: string; readonly isCanceled?: boolean | undefined }
  | { readonly actionType: 6; readonly externalEventName: string }
  | {
      readonly actionType: 11 | 12;
      readonly compoundActions: readonly OrchestratorAction[];
    }
  | { readonly actionType: 7 | 8 | 9 | 10 | 13 | 14 };

export interface SubOrchestrationCall {
  readonly functionName: string;
  readonly input?: unknown;
  readonly instanceId?: string | null | undefined;
  readonly version?: string | null | undefined;
}

const action: z.ZodType<OrchestratorAction> = z.discriminatedUnion("actionType", [
  z.object({ actionType: z.literal(0), ...named }),
  z.object({ actionType: z.literal(1), ...named, retryOptions }),
  z.object({ actionType: z.literal(2), ...sub }),
  z.object({ actionType: z.literal(3), ...sub, retryOptions }),
  z.object({ actionType: z.literal(4), input: z.unknown().optional() }),
  z.object({
    actionType: z.literal(5),
    fireAt: z.string(),
    isCanceled: z.boolean().optional(),
  }),
  z.object({ actionType: z.literal(6), externalEventName: z.string() }),
  z.object({
    actionType: z.literal([11, 12]),
    get compoundActions() {
      return z.array(action);
    },
  }),
  z.object({ actionType: z.literal([7, 8, 9, 10, 13, 14]) }),
]);

/** The kinds this host does not serve, by the name a person knows them under. */
export function unsupportedActionName(actionType: 7 | 8 | 9 | 10 | 13 | 14): string {
  switch (actionType) {
    case 7:
      return "calling an entity (callEntity)";
    case 8:
      return "durable HTTP (callHttp)";
    case 9:
    case 10:
      return "signalling an entity (signalEntity)";
    case 13:
    case 14:
      return "locking entities (lock)";
    default:
      return actionType satisfies never;
  }
}

/** Schema versions in which the actions are one flat list inside an outer one (the SDK's V2 and V3). */
const FLAT_SCHEMAS = [1, 2];

const state = z.object({
  isDone: z.boolean(),
  actions: z.array(z.array(action)),
  output: z.unknown().optional(),
  error: z.string().optional(),
  customStatus: z.unknown().optional(),
  schemaVersion: z.number(),
});

/** What one run of an orchestrator function left: its state, or a fault that leaves the host nothing to replay. */
export type OrchestratorRun =
  | {
      readonly kind: "state";
      readonly actions: readonly OrchestratorAction[];
      readonly isDone: boolean;
      readonly output: unknown;
      readonly error: string | undefined;
      readonly customStatus: unknown;
    }
  | { readonly kind: "fault"; readonly message: string };

/** Under this mark an orchestrator that throws carries its state inside the error's message. */
const STATE_MARK = "$OutOfProcData$:";

/** Reads what the worker gave back. Never throws: what cannot be read is a fault of the instance, not of the host. */
export function readOrchestratorRun(ran: Ran): OrchestratorRun {
  const json = stateText(ran);
  if (json === undefined)
    return {
      kind: "fault",
      message: ran.kind === "threw" ? ran.error.message : "The orchestrator returned nothing.",
    };
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return { kind: "fault", message: "Out of proc orchestrators must return a valid JSON schema" };
  }
  const read = state.safeParse(parsed);
  if (!read.success)
    return {
      kind: "fault",
      message: `The orchestrator's state could not be read: ${z.prettifyError(read.error)}`,
    };
  const { actions, schemaVersion, ...rest } = read.data;
  const [flat, ...others] = actions;
  if (!FLAT_SCHEMAS.includes(schemaVersion) || flat === undefined || others.length > 0)
    return {
      kind: "fault",
      message: `The OOProc schema of version "${schemaVersion}" with ${actions.length} action lists is not supported by the embedded host.`,
    };
  return {
    kind: "state",
    actions: flat,
    isDone: rest.isDone,
    output: rest.output,
    error: rest.error,
    customStatus: rest.customStatus,
  };
}

function stateText(ran: Ran): string | undefined {
  if (ran.kind === "returned") return ran.json;
  const at = ran.error.message.indexOf(STATE_MARK);
  return at < 0 ? undefined : ran.error.message.slice(at + STATE_MARK.length);
}
