import type { HostLog } from "../log.ts";
import { type AppRegistry, installFunctionsCore, type RegisteredFunction } from "../worker/functions-core.ts";
import { logAppMessages, runHooks } from "../worker/invoke.ts";
import type { AppFolder } from "./app-folder.ts";
import { leaseApp, loadEntryFiles, refuseFailedFiles } from "./load-functions.ts";

export interface StartedApp {
  readonly registry: AppRegistry;
  readonly functions: readonly RegisteredFunction[];
  /** Where the app takes streamed HTTP requests, when it asked for streaming. */
  readonly streamUrl: string | undefined;
  /** Tells the app that it ends, then gives the process free for another. */
  readonly terminate: () => Promise<void>;
  /** Gives the process free without a word to the app. */
  readonly release: () => void;
}

/** Loads an app into this process and runs its start hooks, in the order the real worker does. */
export async function startApp(
  app: AppFolder | (() => void | Promise<void>),
  environment: NodeJS.ProcessEnv,
  log: HostLog,
): Promise<StartedApp> {
  const registry = installFunctionsCore();
  logAppMessages(registry, log);
  const identity = typeof app === "function" ? app : app.path;
  const lease = await leaseApp(registry, identity, async () => {
    if (typeof app !== "function") return loadEntryFiles(app, registry, log);
    await app();
    return [];
  });

  const hookContext = { hookData: {}, appHookData: registry.appHookData };
  try {
    refuseFailedFiles(lease.app.failedFiles, environment);
    await runHooks(registry, "appStart", {
      ...hookContext,
      functionAppDirectory: typeof app === "function" ? process.cwd() : app.path,
    });
    if (!registry.hasStarted) {
      const capabilities = await registry.model?.getCapabilities?.({});
      registry.streamUrl = capabilities?.["HttpUri"];
    }
    registry.hasStarted = true;
  } catch (error) {
    lease.release();
    throw error;
  }
  return {
    registry,
    functions: lease.app.functions,
    streamUrl: registry.streamUrl,
    release: lease.release,
    async terminate() {
      try {
        await runHooks(registry, "appTerminate", hookContext);
      } finally {
        lease.release();
      }
    },
  };
}
