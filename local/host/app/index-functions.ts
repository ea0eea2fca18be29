import type { LoadedFunction } from "../function-runner.ts";
import { httpRoutes } from "../http/http-routes.ts";
import type { Route } from "../http/route-table.ts";
import type { HostLog } from "../log.ts";
import { parseSchedule, type Schedule } from "../timer/schedule.ts";
import { timeZoneOf } from "../timer/time-zone.ts";
import type { RegisteredFunction } from "../worker/functions-core.ts";
import { checkFunctions, isDisabled, sayWhatIsIgnored } from "./check-functions.ts";
import type { HostSettings } from "./host-json.ts";

/** The functions of an app, sorted by what the host does with them. */
export interface FunctionIndex {
  /** All that the host knows, switched off or not. */
  readonly functions: readonly LoadedFunction[];
  /** Those that can be triggered. */
  readonly active: readonly LoadedFunction[];
  readonly disabled: ReadonlySet<string>;
  readonly inError: readonly { readonly name: string; readonly reason: string }[];
  readonly routes: readonly Route<LoadedFunction>[];
  readonly timers: readonly { readonly target: LoadedFunction; readonly schedule: Schedule }[];
}

/** Sorts what an app registered, and says what is in error, what is switched off and what does nothing here. */
export function indexFunctions(
  registered: readonly RegisteredFunction[],
  given: {
    readonly settings: HostSettings;
    readonly environment: NodeJS.ProcessEnv;
    readonly log: HostLog;
  },
): FunctionIndex {
  const { settings, environment, log } = given;
  const checked = checkFunctions(registered, settings.functions, environment);
  const disabled = new Set(
    checked.loaded.filter((it) => isDisabled(it.name, environment)).map((it) => it.name),
  );
  const enabled = checked.loaded.filter((it) => !disabled.has(it.name));

  const http = httpRoutes(enabled, settings.routePrefix);
  const scheduled = schedules(enabled, timeZoneOf(environment["WEBSITE_TIME_ZONE"], log));
  const inError = [...checked.inError, ...http.inError, ...scheduled.inError];
  const active = enabled.filter((it) => !inError.some(({ name }) => name === it.name));

  const say = (level: "information" | "error", functionName: string, message: string): void =>
    log({ level, category: "Host.Startup", message, functionName });
  for (const { name, reason } of inError) say("error", name, `The '${name}' function is in error: ${reason}`);
  for (const name of disabled) say("information", name, `Function ${name} is disabled`);
  sayWhatIsIgnored(active, log);

  return {
    functions: checked.loaded,
    active,
    disabled,
    inError,
    routes: http.routes,
    timers: scheduled.timers,
  };
}

function schedules(
  functions: readonly LoadedFunction[],
  timeZone: string,
): Pick<FunctionIndex, "timers" | "inError"> {
  const timers: { target: LoadedFunction; schedule: Schedule }[] = [];
  const inError: { name: string; reason: string }[] = [];
  for (const target of functions) {
    if (target.kind !== "timer") continue;
    const text = target.trigger.binding["schedule"];
    const schedule = typeof text === "string" ? parseSchedule(text, timeZone) : undefined;
    if (schedule !== undefined) timers.push({ target, schedule });
    else
      inError.push({
        name: target.name,
        reason: `its schedule "${String(text)}" is neither NCRONTAB with six fields nor a time span`,
      });
  }
  return { timers, inError };
}
