import { HostError } from "../host-error.ts";
import type { LoadedFunction, TriggerKind } from "../function-runner.ts";
import type { HostLog } from "../log.ts";
import { parseRetryPolicy } from "../timer/retry-policy.ts";
import type { RegisteredFunction } from "../worker/functions-core.ts";
import type { Binding } from "../worker/rpc.ts";

/** Functions that cannot run, each with the reason, as the real host reports "function in error". */
export interface CheckedFunctions {
  readonly loaded: readonly LoadedFunction[];
  readonly inError: readonly { readonly name: string; readonly reason: string }[];
}

const kinds: Readonly<Record<string, TriggerKind>> = {
  httptrigger: "http",
  timertrigger: "timer",
  eventgridtrigger: "event-grid",
  orchestrationtrigger: "orchestrator",
  activitytrigger: "activity",
  entitytrigger: "entity",
};

/** Which kind of trigger a function has; binding types compare without regard to case. */
function triggerKindOf(registered: RegisteredFunction): TriggerKind {
  return kinds[registered.trigger.binding.type.toLowerCase()] ?? "other";
}

/**
 * Sorts registered functions into those that run and those in error. Names that differ only in case stop the start, as
 * they do in the real host.
 */
export function checkFunctions(
  registered: readonly RegisteredFunction[],
  wanted: readonly string[] | undefined,
  environment: NodeJS.ProcessEnv,
): CheckedFunctions {
  refuseDuplicates(registered);
  const loaded: LoadedFunction[] = [];
  const inError: { name: string; reason: string }[] = [];

  for (const it of registered) {
    if (wanted !== undefined && !wanted.includes(it.name)) continue;
    if (!/^[a-z][a-z0-9_-]{0,127}$/i.test(it.name)) {
      inError.push({ name: it.name, reason: `"${it.name}" is not a valid function name` });
      continue;
    }
    const trigger = withSettings(it.trigger.binding, environment);
    if ("missing" in trigger) {
      inError.push({ name: it.name, reason: `"${trigger.missing}" does not resolve to a value` });
      continue;
    }
    loaded.push({
      ...it,
      kind: triggerKindOf(it),
      trigger: { name: it.trigger.name, binding: trigger.binding },
    });
  }
  return { loaded, inError };
}

function refuseDuplicates(registered: readonly RegisteredFunction[]): void {
  const names = new Map<string, string>();
  for (const { name } of registered) {
    const earlier = names.get(name.toLowerCase());
    if (earlier !== undefined)
      throw new HostError(
        "DUPLICATE_FUNCTION",
        `Two functions have one name: "${earlier}" and "${name}". Function names are unique without regard to case, across all kinds of triggers.`,
      );
    names.set(name.toLowerCase(), name);
  }
}

/** Replaces `%NAME%` in a trigger's settings by the app setting of that name. */
function withSettings(
  binding: Binding,
  environment: NodeJS.ProcessEnv,
): { readonly binding: Binding } | { readonly missing: string } {
  let missing: string | undefined;
  const resolved = Object.entries(binding).map(([key, value]) => {
    if (typeof value !== "string") return [key, value];
    const text = value.replaceAll(/%([^%]+)%/g, (whole, name: string) => {
      const setting = environment[name];
      if (setting === undefined) missing ??= whole;
      return setting ?? whole;
    });
    return [key, text];
  });
  if (missing !== undefined) return { missing };
  return { binding: { ...binding, ...Object.fromEntries(resolved) } };
}

/** Whether the app setting that switches a function off is set. */
export function isDisabled(name: string, environment: NodeJS.ProcessEnv): boolean {
  return [`AzureWebJobs.${name}.Disabled`, `AzureWebJobs_${name}_Disabled`].some((it) =>
    ["1", "true"].includes((environment[it] ?? "").toLowerCase()),
  );
}

/** Of the triggers this host fires, the real one retries timers only. */
function canRetry({ kind, retryOptions }: LoadedFunction): boolean {
  return kind === "timer" && parseRetryPolicy(retryOptions) !== undefined;
}

const bindingsHere = new Set(["http", "durableclient", "orchestrationclient"]);

/** Says once, at start, what of a function does nothing on this host. */
export function sayWhatIsIgnored(functions: readonly LoadedFunction[], log: HostLog): void {
  const warn = (message: string): void => log({ level: "warning", category: "Host.Startup", message });
  for (const it of functions) {
    if (it.kind === "other")
      warn(
        `${it.name}: nothing fires a ${it.trigger.binding.type} here; POST /admin/functions/${it.name} runs it`,
      );
    if (it.retryOptions !== undefined && !canRetry(it)) warn(`${it.name}: its retry policy is ignored here`);
    for (const [name, binding] of Object.entries(it.bindings))
      if (name !== it.trigger.name && !bindingsHere.has(binding.type.toLowerCase()))
        warn(`${it.name}: its ${binding.type} ${binding.direction ?? ""} binding does nothing here`);
  }
}
