import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { HostLog } from "../log.ts";
import { HostError } from "../host-error.ts";
import type { AppRegistry, LoadedApp } from "../worker/functions-core.ts";
import type { AppFolder } from "./app-folder.ts";

/** A running host's claim on the one app this process has. */
export interface AppLease {
  readonly app: LoadedApp;
  readonly release: () => void;
}

/**
 * Takes this process for one app and loads it with `load`, unless it was loaded before. Refuses while a host runs
 * another app here.
 */
export async function leaseApp(
  registry: AppRegistry,
  identity: unknown,
  load: () => Promise<readonly string[]>,
): Promise<AppLease> {
  if (registry.current !== undefined && registry.current.app !== identity)
    throw new HostError("PROCESS_TAKEN", "A host runs another app in this process; stop it first");
  registry.current ??= { app: identity, hosts: 0 };
  const { current } = registry;
  current.hosts++;
  const release = (): void => {
    current.hosts--;
    if (current.hosts === 0 && registry.current === current) registry.current = undefined;
  };

  try {
    const known = registry.apps.get(identity);
    if (known !== undefined) {
      registry.functions = known.functions;
      registry.hooks = known.hooks;
      return { app: known, release };
    }
    registry.functions = [];
    registry.hooks = [];
    registry.hasStarted = false;
    const failedFiles = await load();
    const app = { functions: registry.functions, hooks: registry.hooks, failedFiles };
    registry.apps.set(identity, app);
    return { app, release };
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * Imports the app's entry files one by one. A file that fails is named in the log and contributes no function; the rest
 * of the app goes on. Resolves to the files that failed.
 */
export async function loadEntryFiles(
  app: AppFolder,
  registry: AppRegistry,
  log: HostLog,
): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const file of app.entryFiles) {
    registry.loadingFile = file;
    try {
      await import(pathToFileURL(file).href);
    } catch (thrown) {
      failed.push(file);
      dropFunctionsOf(file, registry);
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      log({
        level: "error",
        category: "Host.Startup",
        message: `Worker was unable to load entry point "${relative(app.path, file)}": ${error.message}. No function of this file is loaded.`,
        error,
      });
    } finally {
      registry.loadingFile = undefined;
    }
  }
  return failed;
}

function dropFunctionsOf(file: string, registry: AppRegistry): void {
  registry.functions = registry.functions.filter((it) => it.file !== file);
}

/** Stops the start on failed files when the app asked for it with the real worker's setting. */
export function refuseFailedFiles(failed: readonly string[], environment: NodeJS.ProcessEnv): void {
  const setting = environment["FUNCTIONS_NODE_BLOCK_ON_ENTRY_POINT_ERROR"] ?? "";
  if (failed.length > 0 && ["1", "true"].includes(setting.toLowerCase()))
    throw new HostError(
      "ENTRY_POINT_FAILED",
      `${failed.join(", ")} could not be loaded, and FUNCTIONS_NODE_BLOCK_ON_ENTRY_POINT_ERROR is set`,
    );
}
