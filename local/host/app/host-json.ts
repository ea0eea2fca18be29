import { z } from "zod";
import { logLevels, type LogLevel } from "../log.ts";
import { parseTimeSpan } from "../timer/time-span.ts";
import { HostError } from "../host-error.ts";

/** What this host takes from host.json. */
export interface HostSettings {
  /** Without slashes around it; empty for none. */
  readonly routePrefix: string;
  /** -1 for no limit. */
  readonly maxConcurrentRequests: number;
  readonly maxOutstandingRequests: number;
  readonly customHeaders: Readonly<Record<string, string>>;
  readonly hubName: string;
  readonly durable: {
    readonly maxConcurrentActivityFunctions: number | undefined;
    readonly maxConcurrentOrchestratorFunctions: number | undefined;
    readonly maxOrchestrationActions: number | undefined;
    readonly defaultVersion: string | undefined;
  };
  /** By category prefix; `default` for everything else. */
  readonly logLevels: Readonly<Record<string, LogLevel | "none">>;
  readonly functionTimeoutInMs: number | undefined;
  /** Only these functions are loaded, when given. */
  readonly functions: readonly string[] | undefined;
  /** Settings present in the file that do nothing here, with the reason, to be said once. */
  readonly ignored: readonly { readonly path: string; readonly reason: string }[];
}

const level = z
  .string()
  .transform((it) => it.toLowerCase())
  .pipe(z.enum([...logLevels, "none"]));

const count = z.number().int();

const File = z.object({
  version: z.literal("2.0", {
    error: 'the host of Functions 4 needs "version": "2.0"',
  }),
  functionTimeout: z.string().optional(),
  functions: z.array(z.string()).optional(),
  logging: z.object({ logLevel: z.record(z.string(), level).optional() }).optional(),
  extensions: z
    .object({
      http: z
        .object({
          routePrefix: z.string().optional(),
          maxConcurrentRequests: count.min(-1).optional(),
          maxOutstandingRequests: count.min(-1).optional(),
          customHeaders: z.record(z.string(), z.string()).optional(),
        })
        .optional(),
      durableTask: z
        .object({
          hubName: z.string().optional(),
          maxConcurrentActivityFunctions: count.positive().optional(),
          maxConcurrentOrchestratorFunctions: count.positive().optional(),
          maxOrchestrationActions: count.positive().optional(),
          defaultVersion: z.string().optional(),
        })
        .optional(),
    })
    .optional(),
});

/** Reads host.json. Says what is wrong by path; settings it does not know or use come back as `ignored`. */
export function parseHostJson(text: string, environment: NodeJS.ProcessEnv): HostSettings {
  const json = overriddenByEnvironment(parseJson(text), environment);
  const parsed = File.safeParse(json);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((it) => `${it.path.join(".") || "host.json"}: ${it.message}`);
    throw new HostError("HOST_JSON_INVALID", `host.json cannot be used: ${issues.join("; ")}`);
  }
  const { functionTimeout, functions, logging, extensions } = parsed.data;
  const http = extensions?.http ?? {};
  const durable = extensions?.durableTask ?? {};
  return {
    routePrefix: (http.routePrefix ?? "api").replaceAll(/^\/+|\/+$/g, ""),
    maxConcurrentRequests: http.maxConcurrentRequests ?? -1,
    maxOutstandingRequests: http.maxOutstandingRequests ?? -1,
    customHeaders: http.customHeaders ?? {},
    hubName: hubNameOf(durable.hubName ?? "TestHubName", environment),
    durable: {
      maxConcurrentActivityFunctions: durable.maxConcurrentActivityFunctions,
      maxConcurrentOrchestratorFunctions: durable.maxConcurrentOrchestratorFunctions,
      maxOrchestrationActions: durable.maxOrchestrationActions,
      defaultVersion: durable.defaultVersion,
    },
    logLevels: logging?.logLevel ?? {},
    functionTimeoutInMs: functionTimeout === undefined ? undefined : timeoutOf(functionTimeout),
    functions,
    ignored: ignoredSettings(json, []),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new HostError("HOST_JSON_INVALID", "host.json is not JSON", { cause });
  }
}

function timeoutOf(text: string): number | undefined {
  if (text === "-1") return undefined;
  const timeout = parseTimeSpan(text);
  if (timeout === undefined || timeout <= 0)
    throw new HostError("HOST_JSON_INVALID", `host.json: functionTimeout "${text}" is no time span`);
  return timeout;
}

/** A hub's name may come from an app setting. The real host refuses what cannot be part of a queue's or table's name. */
function hubNameOf(text: string, environment: NodeJS.ProcessEnv): string {
  const name = text.replaceAll(/%([^%]+)%/g, (whole, setting: string) => environment[setting] ?? whole);
  if (/^[A-Za-z][A-Za-z0-9]{2,44}$/.test(name)) return name;
  throw new HostError(
    "HOST_JSON_INVALID",
    `host.json: extensions.durableTask.hubName "${name}": a hub name has 3 to 45 letters and digits and starts with a letter`,
  );
}

/** `AzureFunctionsJobHost__a__b=c` in the environment sets `a.b`, as in the real host. */
function overriddenByEnvironment(json: unknown, environment: NodeJS.ProcessEnv): unknown {
  let result = json;
  for (const [name, value] of Object.entries(environment)) {
    const path = /^AzureFunctionsJobHost__(.+)$/i.exec(name)?.[1]?.split("__");
    if (path !== undefined && value !== undefined) result = withValue(result, path, value);
  }
  return result;
}

function withValue(json: unknown, [name, ...rest]: readonly string[], value: string): unknown {
  if (name === undefined) return scalar(value);
  const object = isObject(json) ? json : {};
  const key = Object.keys(object).find((it) => it.toLowerCase() === name.toLowerCase()) ?? name;
  return { ...object, [key]: withValue(object[key], rest, value) };
}

function scalar(value: string): unknown {
  return /^-?\d+$/.test(value) ? Number(value) : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const used = new Set([
  "version",
  "functionTimeout",
  "functions",
  "logging.logLevel",
  "extensions.http.routePrefix",
  "extensions.http.maxConcurrentRequests",
  "extensions.http.maxOutstandingRequests",
  "extensions.http.customHeaders",
  "extensions.durableTask.hubName",
  "extensions.durableTask.maxConcurrentActivityFunctions",
  "extensions.durableTask.maxConcurrentOrchestratorFunctions",
  "extensions.durableTask.maxOrchestrationActions",
  "extensions.durableTask.defaultVersion",
]);

const reasons: Readonly<Record<string, string>> = {
  "extensions.durableTask.storageProvider":
    "instances are kept in one local file, without queues and partitions",
  "extensions.durableTask.tracing": "no traces are written",
  "extensions.durableTask.notifications": "no Event Grid topic is notified",
  "extensions.http.hsts": "this host listens without TLS",
  "extensions.http.dynamicThrottlesEnabled": "this host does not watch the machine's load",
  "logging.applicationInsights": "nothing is sent to Application Insights",
  "logging.fileLoggingMode": "logs go to the console",
  "logging.console": "logs go to the console",
  aggregator: "no metrics are collected",
  concurrency: "concurrency is not adjusted to load",
  extensionBundle: "triggers and bindings are built in",
  healthMonitor: "this host does not watch its own counters",
  retry: "functions are not retried by the host",
  singleton: "one host owns its store, no leases are taken",
  watchDirectories: "this host is started again by hand",
  watchFiles: "this host is started again by hand",
  $schema: "",
};

function ignoredSettings(json: unknown, path: readonly string[]): { path: string; reason: string }[] {
  if (!isObject(json)) return [];
  return Object.entries(json).flatMap(([name, value]) => {
    const here = [...path, name];
    const key = here.join(".");
    if (used.has(key)) return [];
    const reason = reasons[key];
    if (reason === "") return [];
    if (reason !== undefined) return [{ path: key, reason }];
    const leadsToUsed = [...used, ...Object.keys(reasons)].some((it) => it.startsWith(`${key}.`));
    return leadsToUsed && isObject(value)
      ? ignoredSettings(value, here)
      : [{ path: key, reason: "not known to this host" }];
  });
}
