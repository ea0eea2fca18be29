import type { HostSettings } from "./app/host-json.ts";
import {
  defaultDurableSettings,
  type DurableFunctionRunner,
  type DurableSettings,
  type Ran,
} from "./durable/durable.ts";
import type { FunctionRunner, LoadedFunction, TriggerKind } from "./function-runner.ts";
import { typedDataToJson, type TypedData } from "./worker/rpc.ts";

/** Shows the app's orchestrators, activities and entities to Durable. */
export function durableRunner(
  functions: readonly LoadedFunction[],
  runner: FunctionRunner,
): DurableFunctionRunner {
  const namesOf = (kind: TriggerKind): string[] =>
    functions.filter((it) => it.kind === kind).map((it) => it.name);

  const run = async (
    kind: TriggerKind,
    name: string,
    trigger: TypedData | undefined,
    instanceId: string,
  ): Promise<Ran> => {
    const target = functions.find((it) => it.kind === kind && it.name.toLowerCase() === name.toLowerCase());
    if (target === undefined)
      return { kind: "threw", error: new Error(`No ${kind} function "${name}" is loaded.`) };
    const invoked = await runner.run(target, trigger, { instanceId });
    return invoked.kind === "returned" ? { kind: "returned", json: typedDataToJson(invoked.value) } : invoked;
  };

  return {
    orchestrators: () => namesOf("orchestrator"),
    activities: () => namesOf("activity"),
    entities: () => namesOf("entity"),
    runOrchestrator: (name, triggerJson, instanceId) =>
      run("orchestrator", name, { json: triggerJson }, instanceId),
    runActivity: (name, input, instanceId) =>
      run("activity", name, input === undefined ? undefined : { string: input }, instanceId),
  };
}

/** Whether an app uses Durable at all; one that does not needs no store. */
export function needsDurable(functions: readonly LoadedFunction[]): boolean {
  return functions.some(
    ({ kind, bindings }) =>
      kind === "orchestrator" ||
      kind === "activity" ||
      kind === "entity" ||
      Object.values(bindings).some((it) => /^(?:durable|orchestration)client$/i.test(it.type)),
  );
}

/** Durable's settings from host.json, with defaults for what it leaves out. */
export function durableSettings({ durable }: HostSettings): DurableSettings {
  const defaults = defaultDurableSettings;
  return {
    ...defaults,
    maxConcurrentActivityFunctions:
      durable.maxConcurrentActivityFunctions ?? defaults.maxConcurrentActivityFunctions,
    maxConcurrentOrchestratorFunctions:
      durable.maxConcurrentOrchestratorFunctions ?? defaults.maxConcurrentOrchestratorFunctions,
    maxOrchestrationActions: durable.maxOrchestrationActions ?? defaults.maxOrchestrationActions,
    defaultVersion: durable.defaultVersion ?? defaults.defaultVersion,
  };
}
