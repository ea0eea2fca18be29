import { AdminApi } from "./admin/admin-api.ts";
import { adminInput } from "./admin/admin-input.ts";
import type { AppFolder } from "./app/app-folder.ts";
import type { HostSettings } from "./app/host-json.ts";
import { indexFunctions } from "./app/index-functions.ts";
import { startApp } from "./app/start-app.ts";
import type { Clock } from "./clock.ts";
import { dispatcher } from "./dispatch.ts";
import { type Durable, openDurable } from "./durable/durable.ts";
import { durableRunner, durableSettings, needsDurable } from "./durable-runner.ts";
import { EventGridWebhook } from "./event-grid/webhook.ts";
import { FunctionRunner, type LoadedFunction } from "./function-runner.ts";
import { HttpFunctions } from "./http/http-functions.ts";
import { RequestSlots } from "./http/request-slots.ts";
import type { IncomingRequest, ServerResponse } from "./http/server.ts";
import type { HostLog } from "./log.ts";
import { prepareStoreFolder, timerFileOf } from "./store-location.ts";
import { TimerFunctions } from "./timer/timer-functions.ts";
import { timerStatusesInFile, timerStatusesInMemory } from "./timer/timer-status.ts";

/** What `startHost` has worked out before the app loads. */
export interface Given {
  readonly app: AppFolder | (() => void | Promise<void>);
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly settings: HostSettings;
  readonly storeFile: string;
  readonly log: HostLog;
  readonly url: string;
}

/** The parts of a started host. */
export interface Parts {
  readonly functions: readonly LoadedFunction[];
  readonly timers: TimerFunctions;
  readonly runner: FunctionRunner;
  readonly answer: (request: IncomingRequest) => Promise<ServerResponse>;
  readonly stop: () => Promise<void>;
}

/** How long functions may go on once the host was told to stop. */
const STOP_GRACE_IN_MS = 5_000;

/** The real host's own limit for request bodies, and the setting that changes it. */
const DEFAULT_BODY_LIMIT_IN_BYTES = 104_857_600;
const bodyLimitSetting = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT";

/**
 * Loads the app, checks its functions and connects them with what triggers them. No timer fires before
 * `timers.start()`; Durable goes on with its instances at once.
 */
export async function assemble(given: Given): Promise<Parts> {
  const { app, environment, clock, settings, storeFile, log, url } = given;
  const started = await startApp(app, environment, log);
  try {
    let durable: Durable | undefined;
    const runner = new FunctionRunner({
      registry: started.registry,
      log,
      timeoutInMs: settings.functionTimeoutInMs,
      clientBinding: () => (durable === undefined ? undefined : { string: durable.clientBinding() }),
    });
    const isInMemory = storeFile === ":memory:";
    if (!isInMemory) prepareStoreFolder(storeFile);
    const statuses = isInMemory ? timerStatusesInMemory() : timerStatusesInFile(timerFileOf(storeFile));

    const index = indexFunctions(started.functions, { settings, environment, log });
    const timers = new TimerFunctions({ runner, clock, log, statuses });
    for (const { target, schedule } of index.timers) timers.add(target, schedule);

    if (needsDurable(index.active))
      durable = await openDurable({
        runner: durableRunner(index.active, runner),
        storeFile,
        hubName: settings.hubName,
        clock,
        settings: durableSettings(settings),
        baseUrl: () => url,
        log,
      });

    const admin = new AdminApi({
      ...index,
      hostId: settings.hubName.toLowerCase(),
      routePrefix: settings.routePrefix,
      startedAt: clock.now(),
      baseUrl: () => url,
      now: () => clock.now(),
      runNow: (target, input) =>
        void runner.run(target, timers.triggerDataOf(target) ?? adminInput(target, input, url)),
    });
    return {
      functions: index.functions,
      timers,
      runner,
      answer: dispatcher({
        http: new HttpFunctions({
          routes: index.routes,
          runner,
          customHeaders: settings.customHeaders,
          streamUrl: started.streamUrl,
        }),
        admin,
        eventGrid: new EventGridWebhook(index.active, runner, log),
        durable,
        slots: new RequestSlots(settings),
        bodyLimitInBytes: Number(environment[bodyLimitSetting] ?? DEFAULT_BODY_LIMIT_IN_BYTES),
        log,
        baseUrl: () => url,
      }),
      async stop() {
        // A function that never ends must not keep the host from ending; Durable takes its work up again at the next start.
        const isQuiet = await within(STOP_GRACE_IN_MS, async () => {
          await durable?.close();
          await runner.settled();
        });
        if (!isQuiet)
          log({
            level: "warning",
            category: "Host.General",
            message: `Functions still ran ${STOP_GRACE_IN_MS} ms after the host was told to stop`,
          });
        await started.terminate();
      },
    };
  } catch (error) {
    started.release();
    throw error;
  }
}

/** Whether some work ended within a time; it goes on when it did not. */
async function within(timeInMs: number, work: () => Promise<void>): Promise<boolean> {
  const { promise: expired, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), timeInMs);
  try {
    return await Promise.race([work().then(() => true as const), expired]);
  } finally {
    clearTimeout(timer);
  }
}
