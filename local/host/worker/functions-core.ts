import { registerHooks } from "node:module";
import type { LogLevel } from "../log.ts";
import type { Binding, TypedData } from "./rpc.ts";

/** What an app registered under one name. */
export interface RegisteredFunction {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly trigger: { readonly name: string; readonly binding: Binding };
  readonly callback: FunctionCallback;
  /** The retry options of this function, as the package hands them over. */
  readonly retryOptions: unknown;
  /** The file it was registered from, when the host was loading one. */
  readonly file: string | undefined;
}

type FunctionCallback = (...args: unknown[]) => unknown;
export type HookName = "preInvocation" | "postInvocation" | "appStart" | "appTerminate" | "log";
type HookCallback = (context: Record<string, unknown>) => unknown;
type WorkerLog = (level: LogLevel, category: string, message: string) => void;

/** What `@azure/functions` hands over for one invocation. */
interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(
    context: unknown,
    result: unknown,
  ): Promise<{
    returnValue?: TypedData | null;
    outputData?: readonly { name: string; data: TypedData }[];
  }>;
}

interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: object): InvocationModel;
  getCapabilities?(capabilities: Record<string, string>): Promise<Record<string, string>>;
}

/** Everything an app put into this process. One app runs in it at a time: the packages keep global state of their own. */
export interface AppRegistry {
  /** The functions of the app that is loaded now. */
  functions: RegisteredFunction[];
  /** What each app registered, by its folder or start function: a module that was imported once registers nothing the second time. */
  readonly apps: Map<unknown, LoadedApp>;
  /** Which app is loaded, and how many hosts run it. */
  current: { readonly app: unknown; hosts: number } | undefined;
  hooks: Hook[];
  readonly appHookData: Record<string, unknown>;
  model: ProgrammingModel | undefined;
  hasStarted: boolean;
  /** The HTTP server that `@azure/functions` opens for an app that streams. */
  streamUrl: string | undefined;
  loadingFile: string | undefined;
  log: WorkerLog;
}

interface Hook {
  readonly name: HookName;
  readonly callback: HookCallback;
}

export interface LoadedApp {
  readonly functions: RegisteredFunction[];
  readonly hooks: Hook[];
  /** Entry files that threw while they were loaded. */
  readonly failedFiles: readonly string[];
}

declare global {
  /** One for each process, whatever copies of this module are loaded. functions-core-module.cjs reads it too. */
  var tourniquetLocalHost: { readonly registry: AppRegistry; readonly api: object } | undefined;
}

const hookNames: readonly string[] = ["preInvocation", "postInvocation", "appStart", "appTerminate", "log"];

class FunctionsCoreError extends Error {
  readonly isAzureFunctionsSystemError = true;
}

/** A hook name this worker does not know: the packages look for exactly this error to say "your host is too old". */
class UnknownHookError extends RangeError {
  readonly isAzureFunctionsSystemError = true;
}

/**
 * Makes `@azure/functions-core` loadable in this process, for ES modules, CommonJS and bundles alike, and returns what
 * the app registers. Has to run before the app's first registration: `@azure/functions` remembers a failed look-up.
 */
export function installFunctionsCore(): AppRegistry {
  const installed = globalThis.tourniquetLocalHost;
  if (installed !== undefined) return installed.registry;

  const registry: AppRegistry = {
    functions: [],
    hooks: [],
    apps: new Map(),
    current: undefined,
    appHookData: {},
    model: undefined,
    hasStarted: false,
    streamUrl: undefined,
    loadingFile: undefined,
    log: () => undefined,
  };
  globalThis.tourniquetLocalHost = { registry, api: functionsCoreApi(registry) };

  const module = new URL("./functions-core-module.cjs", import.meta.url).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "@azure/functions-core"
        ? { url: module, format: "commonjs", shortCircuit: true }
        : next(specifier, context),
  });
  return registry;
}

interface FunctionMetadata {
  readonly name: string;
  readonly bindings: Record<string, Binding>;
  readonly retryOptions?: unknown;
}

function functionsCoreApi(registry: AppRegistry): object {
  class Disposable {
    readonly #release: () => void;
    constructor(release: () => void) {
      this.#release = release;
    }
    static from(...all: readonly { dispose(): unknown }[]): Disposable {
      return new Disposable(() => {
        for (const it of all) it.dispose();
      });
    }
    dispose(): void {
      this.#release();
    }
  }

  return {
    version: "3.13.0",
    hostVersion: "4.1037.0",
    Disposable,
    getProgrammingModel: () => registry.model,
    setProgrammingModel(model: ProgrammingModel): void {
      registry.model = model;
    },
    log: (level: LogLevel, category: string, message: string) => registry.log(level, category, message),
    registerHook(name: HookName, callback: HookCallback): Disposable {
      if (!hookNames.includes(name)) throw new UnknownHookError(`Unrecognized hook "${name}"`);
      const entry = { name, callback };
      registry.hooks.push(entry);
      return new Disposable(() => remove(registry.hooks, entry));
    },
    registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
      if (registry.hasStarted)
        throw new FunctionsCoreError("A function can only be registered during app startup.");
      const trigger = Object.entries(metadata.bindings).find(([, it]) => /trigger$/i.test(it.type));
      if (trigger === undefined) throw new FunctionsCoreError(`Function "${metadata.name}" has no trigger.`);
      const entry: RegisteredFunction = {
        name: metadata.name,
        bindings: metadata.bindings,
        trigger: { name: trigger[0], binding: trigger[1] },
        callback,
        retryOptions: metadata.retryOptions ?? undefined,
        file: registry.loadingFile,
      };
      registry.functions.push(entry);
      return new Disposable(() => {
        if (registry.hasStarted)
          throw new FunctionsCoreError("A function can only be disposed during app startup.");
        remove(registry.functions, entry);
      });
    },
  };
}

function remove<T>(from: T[], entry: T): void {
  const index = from.indexOf(entry);
  if (index >= 0) from.splice(index, 1);
}
