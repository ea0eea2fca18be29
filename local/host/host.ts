import { readAppFolder } from "./app/app-folder.ts";
import { parseHostJson } from "./app/host-json.ts";
import { sayIgnoredSettings } from "./app/ignored-settings.ts";
import { applyLocalSettings, parseLocalSettings } from "./app/local-settings.ts";
import { assemble } from "./assembly.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { LoadedFunction } from "./function-runner.ts";
import { type IncomingRequest, listen, type ServerResponse } from "./http/server.ts";
import type { HostLog } from "./log.ts";
import { filteredLog } from "./log-filter.ts";
import { defaultStoreFile } from "./store-location.ts";

export interface HostOptions {
  /** A Functions app folder, or a function that registers functions through the public packages. */
  readonly app: string | (() => void | Promise<void>);
  /** 0 takes any free port. */
  readonly port?: number;
  /** Durable's database file, or `:memory:`; timers are remembered beside it. Without it, a file in the app folder. */
  readonly store?: string;
  readonly clock?: Clock;
  /** Gets what passes host.json's log levels. */
  readonly log?: HostLog;
  /** The text of host.json for an app that is a function. */
  readonly hostJson?: string;
  /** App settings. The process's own environment unless given; apps themselves always read that one. */
  readonly environment?: NodeJS.ProcessEnv;
}

export interface RunningHost {
  readonly url: string;
  readonly functions: readonly LoadedFunction[];
  /** Runs a timer function now and resolves when it has ended; false when there is none of that name. */
  runTimer(name: string): Promise<boolean>;
  /** Resolves when no function runs. */
  settled(): Promise<void>;
  /** Ends all of it; asked again, waits for the same end. */
  stop(): Promise<void>;
}

/** How long running requests may take once the host was told to stop. */
const STOP_GRACE_IN_MS = 5_000;

/**
 * Starts the host in this process. One app runs in a process at a time, since `@azure/functions` keeps registrations in
 * module state; the same app may be stopped and started again. Rejects with a `HostError` when the app cannot run.
 */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  const environment = options.environment ?? process.env;
  const clock = options.clock ?? systemClock();
  const app = typeof options.app === "string" ? readAppFolder(options.app) : options.app;
  const folder = typeof app === "function" ? undefined : app;
  const local = folder?.localSettings === undefined ? undefined : parseLocalSettings(folder.localSettings);
  if (local !== undefined) applyLocalSettings(local, environment);
  const settings = parseHostJson(folder?.hostJson ?? options.hostJson ?? '{"version":"2.0"}', environment);
  const log = filteredLog(options.log ?? (() => undefined), settings.logLevels);
  sayIgnoredSettings(settings, local, log);

  // The port is bound before the app loads, because an app may read WEBSITE_HOSTNAME as soon as it is loaded.
  const ready = Promise.withResolvers<(request: IncomingRequest) => Promise<ServerResponse>>();
  ready.promise.catch(() => undefined); // a start that fails is reported by this function, request or not
  const server = await listen(options.port ?? 0, async (request) => (await ready.promise)(request));
  const url = `http://127.0.0.1:${server.port}`;
  // durable-functions makes its links from the process's own environment, wherever the app's settings come from.
  for (const it of [environment, process.env]) it["WEBSITE_HOSTNAME"] = `127.0.0.1:${server.port}`;
  environment["FUNCTIONS_WORKER_RUNTIME"] ??= "node";
  environment["AZURE_FUNCTIONS_ENVIRONMENT"] ??= "Development";

  try {
    const parts = await assemble({
      app,
      environment,
      clock,
      settings,
      storeFile: options.store ?? defaultStoreFile(folder?.path ?? process.cwd(), settings.hubName),
      log,
      url,
    });
    ready.resolve(parts.answer);
    parts.timers.start();
    return {
      url,
      functions: parts.functions,
      runTimer: (name) => parts.timers.run(name),
      settled: () => parts.runner.settled(),
      stop: once(async () => {
        parts.timers.stop();
        await server.stop(STOP_GRACE_IN_MS);
        await parts.stop();
      }),
    };
  } catch (error) {
    ready.reject(error);
    await server.stop(0);
    throw error;
  }
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= run());
}
