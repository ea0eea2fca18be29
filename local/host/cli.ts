import { Console } from "node:console";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { readAppFolder } from "./app/app-folder.ts";
import { parseLocalSettings } from "./app/local-settings.ts";
import { systemClock } from "./clock.ts";
import { HostError } from "./host-error.ts";
import { type RunningHost, startHost } from "./host.ts";
import { logWriter } from "./log-writer.ts";

const usage = `npm run host -- --app FOLDER [--port N] [--store FILE] [--json]

  --app FOLDER   a Functions app: host.json, and a package.json whose "main" names its files
  --port N       default: Host.LocalHttpPort of local.settings.json, else 7071; 0 takes any free port
  --store FILE   where Durable's state is kept, or :memory:; default: .tourniquet/host/HUB.db in the app folder
  --json         print one JSON line when ready and write the log to stderr
`;

/** The port Core Tools takes. */
const DEFAULT_PORT = 7071;

/** A stop that hangs on a function that never ends is cut short; Durable takes such work up again at the next start. */
const FORCED_EXIT_AFTER_MS = 10_000;

interface Arguments {
  readonly app: string;
  readonly port: number | undefined;
  readonly store: string | undefined;
  readonly json: boolean;
}

function readArguments(): Arguments | "help" {
  const { values } = parseArgs({
    options: {
      app: { type: "string" },
      port: { type: "string" },
      store: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  if (values.app === undefined) throw new HostError("ARGUMENTS_INVALID", `--app is missing\n\n${usage}`);
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536))
    throw new HostError("ARGUMENTS_INVALID", `--port ${values.port} is no port`);
  // Absolute before the working directory becomes the app's.
  const store =
    values.store === undefined || values.store === ":memory:" ? values.store : resolve(values.store);
  return { app: resolve(values.app), port, store, json: values.json };
}

function portOfApp(app: string): number {
  const { localSettings } = readAppFolder(app);
  const port = localSettings === undefined ? undefined : parseLocalSettings(localSettings).port;
  return port ?? DEFAULT_PORT;
}

async function main(): Promise<void> {
  const given = readArguments();
  if (given === "help") {
    process.stdout.write(usage);
    return;
  }
  const clock = systemClock();
  const output = given.json ? process.stderr : process.stdout;
  const log = logWriter(clock, (text) => output.write(text));
  const port = given.port ?? portOfApp(given.app);

  // Standard output is one JSON line then, whatever the app prints.
  if (given.json) globalThis.console = new Console(process.stderr, process.stderr);
  // The real worker runs with the app as its working directory.
  process.chdir(given.app);
  // An app that forgets to await must not take the host down with it.
  for (const event of ["uncaughtException", "unhandledRejection"])
    process.on(event, (thrown: unknown) =>
      log({
        level: "error",
        category: "Host.General",
        message: `The app let an error escape (${event})`,
        error: thrown instanceof Error ? thrown : new Error(String(thrown)),
      }),
    );

  const starting = startHost({
    app: given.app,
    port,
    clock,
    log,
    ...(given.store === undefined ? {} : { store: given.store }),
  });
  stopOnSignals(starting);
  announce(await starting, given.json);
}

function announce(host: RunningHost, asJson: boolean): void {
  const functions = host.functions.map((it) => it.name);
  if (asJson) {
    process.stdout.write(`${JSON.stringify({ url: host.url, pid: process.pid, functions })}\n`);
    return;
  }
  process.stdout.write(`\nReady on ${host.url} with ${functions.length} functions:\n`);
  for (const it of host.functions) process.stdout.write(`  ${it.kind.padEnd(13)} ${it.name}\n`);
  process.stdout.write(`Ctrl-C stops.\n\n`);
}

/** A host told to stop while it starts is stopped as soon as it has. */
function stopOnSignals(starting: Promise<RunningHost>): void {
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(0), FORCED_EXIT_AFTER_MS).unref();
    starting
      .then((host) => host.stop())
      // The app may have left timers or sockets of its own behind.
      .then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`The host did not stop cleanly: ${String(error)}\n`);
          process.exit(1);
        },
      );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  // Started with a channel to its parent, it ends with that parent, however that one ended.
  process.once("disconnect", stop);
}

try {
  await main();
} catch (error) {
  const isOurs = error instanceof Error && "code" in error;
  process.stderr.write(`${isOurs ? `${String(error.code)}: ${error.message}` : String(error)}\n`);
  process.exit(1);
}
