import { type ChildProcess, type ForkOptions, fork } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";

export interface Child {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Asks it to end, then makes it; resolves when it is gone. Safe to call twice. */
  stop(): Promise<void>;
}

const PATIENCE_IN_MS = 8_000;

/** Starts a TypeScript program of ours with a channel to it; what it prints goes to a file. */
export function startChild(
  program: string,
  args: readonly string[],
  logFile: string,
  options: ForkOptions = {},
): Child {
  const child = fork(program, args, { stdio: ["ignore", "pipe", "pipe", "ipc"], ...options });
  const log = createWriteStream(logFile, { flags: "a", mode: 0o600 });
  child.stdout?.pipe(log);
  child.stderr?.pipe(log);
  if (child.pid === undefined) throw new Error(`could not start ${program}`);
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.removeListener("exit", kill));
  return {
    process: child,
    pid: child.pid,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      const impatience = setTimeout(kill, PATIENCE_IN_MS);
      await gone;
      clearTimeout(impatience);
    },
  };
}

/** The child's first message that `wanted` takes. Fails when it ends or takes too long, naming its log. */
export function messageOf<T>(
  { process: child }: Child,
  wanted: (message: unknown) => T | null,
  logFile: string,
  timeoutInMs: number,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timer = setTimeout(
    () => reject(new Error(`not ready in ${timeoutInMs} ms; see ${logFile}`)),
    timeoutInMs,
  );
  const onExit = () => reject(new Error(`it ended; see ${logFile}`));
  const onMessage = (message: unknown) => {
    const it = wanted(message);
    if (it !== null) resolve(it);
  };
  child.on("message", onMessage);
  child.once("exit", onExit);
  return promise.finally(() => {
    clearTimeout(timer);
    child.off("message", onMessage);
    child.off("exit", onExit);
  });
}
