import { randomUUID } from "node:crypto";
import type { HostLog, LogLevel } from "../log.ts";
import type { AppRegistry, HookName, RegisteredFunction } from "./functions-core.ts";
import type { TypedData } from "./rpc.ts";

export type Invoked =
  | {
      readonly kind: "returned";
      readonly value: TypedData | undefined;
      /** Whether the function itself returned undefined or null. */
      readonly isNothing: boolean;
    }
  | { readonly kind: "threw"; readonly error: Error };

export interface Invocation {
  readonly target: RegisteredFunction;
  readonly trigger: TypedData | undefined;
  /** Data for input bindings, by binding type: default binding names are hashes that only the package knows. */
  readonly inputs?: Readonly<Record<string, TypedData>>;
  readonly triggerMetadata?: Readonly<Record<string, TypedData>>;
  readonly instanceId?: string;
  /** Which retry of a failed run this is. */
  readonly retry?: { readonly count: number; readonly most: number; readonly error: Error };
  /** Given when something else has to know it before; made up otherwise. */
  readonly invocationId?: string;
}

/** A message that belongs to no invocation, and the category it goes under. */
const appCategory = "Worker.Node";

/**
 * Runs one function the way the Node language worker does: arguments, hooks, handler, response. Whatever the app throws
 * comes back as a value; only a defect of the host itself rejects.
 */
export async function invoke(
  registry: AppRegistry,
  log: HostLog,
  {
    target,
    trigger,
    inputs = {},
    triggerMetadata = {},
    instanceId,
    retry,
    invocationId = randomUUID(),
  }: Invocation,
): Promise<Invoked> {
  let invocationContext: unknown;

  const say = (level: LogLevel, origin: string, message: string): void => {
    // A replaying orchestrator says everything again that it said before; once is enough.
    if (isReplaying(invocationContext)) return;
    const entry = { level, message, category: origin };
    runLogHooks(registry, entry, invocationContext);
    log({
      level: entry.level,
      category: origin === "user" ? `Function.${target.name}.User` : `Function.${target.name}`,
      message: entry.message,
      functionName: target.name,
      ...(instanceId === undefined ? {} : { instanceId }),
    });
  };

  const inputData = [{ name: target.trigger.name, data: trigger }];
  for (const [name, binding] of Object.entries(target.bindings)) {
    const data = inputs[binding.type];
    if (binding.direction === "in" && name !== target.trigger.name && data !== undefined)
      inputData.push({ name, data });
  }

  const core: Record<string, unknown> = {
    invocationId,
    request: {
      invocationId,
      functionId: target.name,
      inputData,
      triggerMetadata,
      ...(retry === undefined ? {} : { retryContext: retryContext(retry) }),
    },
    metadata: { name: target.name, functionId: target.name, bindings: target.bindings },
    log: say,
  };

  try {
    if (registry.model === undefined)
      throw new Error("No programming model: the app never loaded the @azure/functions package.");
    const model = registry.model.getInvocationModel(core);
    const { context, inputs: args } = await model.getArguments();
    invocationContext = context;

    const hookData = {};
    const before = {
      hookData,
      appHookData: registry.appHookData,
      invocationContext: context,
      inputs: args,
      functionCallback: target.callback,
    };
    core["state"] = "preInvocationHooks";
    await runHooks(registry, "preInvocation", before);

    const after: Record<string, unknown> & { result: unknown; error: unknown } = {
      hookData,
      appHookData: registry.appHookData,
      invocationContext: context,
      inputs: before.inputs,
      result: null,
      error: null,
    };
    core["state"] = "invocation";
    try {
      after.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
    } catch (error) {
      after.error = error;
    }
    core["state"] = "postInvocationHooks";
    await runHooks(registry, "postInvocation", after);
    core["state"] = undefined;

    // As in the real worker: `throw null` counts as success, and a hook may clear or set the error.
    if (after.error != null) return { kind: "threw", error: asError(after.error) };
    const response = await model.getResponse(context, after.result);
    return {
      kind: "returned",
      value: response.returnValue ?? undefined,
      isNothing: after.result == null,
    };
  } catch (error) {
    return { kind: "threw", error: asError(error) };
  }
}

function retryContext({ count, most, error }: NonNullable<Invocation["retry"]>): object {
  return {
    retryCount: count,
    maxRetryCount: most,
    exception: { message: error.message, source: "", stackTrace: error.stack ?? "" },
  };
}

/** Runs app-level and invocation hooks one after the other, in the order they were registered. */
export async function runHooks(
  registry: AppRegistry,
  name: HookName,
  context: Record<string, unknown>,
): Promise<void> {
  for (const hook of registry.hooks) if (hook.name === name) await hook.callback(context);
}

/** Log lines of the app or its packages outside of any invocation. */
export function logAppMessages(registry: AppRegistry, log: HostLog): void {
  registry.log = (level, category, message) => {
    const entry = { level, message, category };
    runLogHooks(registry, entry, undefined);
    log({ level: entry.level, category: appCategory, message: entry.message });
  };
}

function runLogHooks(
  registry: AppRegistry,
  entry: { level: LogLevel; message: string; category: string },
  invocationContext: unknown,
): void {
  for (const hook of registry.hooks) {
    if (hook.name !== "log") continue;
    const context = {
      hookData: {},
      appHookData: registry.appHookData,
      ...entry,
      invocationContext,
    };
    hook.callback(context);
    entry.level = context.level;
    entry.message = context.message;
  }
}

function isReplaying(context: unknown): boolean {
  if (typeof context !== "object" || context === null || !("df" in context)) return false;
  const { df } = context;
  return typeof df === "object" && df !== null && "isReplaying" in df && df.isReplaying === true;
}

/** What was thrown, as an Error: text stays the message, anything else becomes its JSON. */
function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  // An app's own realm or a second copy of a package may throw errors that are not this realm's.
  if (typeof thrown === "object" && thrown !== null && "message" in thrown)
    return Object.assign(new Error(String(thrown.message)), {
      stack: "stack" in thrown ? String(thrown.stack) : "",
    });
  return new Error(typeof thrown === "string" ? thrown : safeJson(thrown));
}

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
