import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const Announcement = z.object({
  url: z.string(),
  pid: z.number(),
  functions: z.array(z.string()),
});

const cli = fileURLToPath(new URL("../../local/host/cli.ts", import.meta.url));

export interface HostProcess extends AsyncDisposable {
  readonly url: string;
  readonly functions: readonly string[];
  readonly pid: number;
  /** What it wrote to stderr, where the log goes with `--json`. */
  log(): string;
  /** Sends a signal and resolves to the exit code, null after SIGKILL. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts the host as its users do, on any free port, and resolves when it says that it is ready. */
export async function startHostProcess(app: string, ...more: string[]): Promise<HostProcess> {
  const child = spawnHost("--app", app, "--port", "0", "--json", ...more);
  let log = "";
  child.stderr?.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const ready = await new Promise<string>((resolve, reject) => {
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("\n")) resolve(output);
    });
    child.once("exit", (code) => reject(new Error(`The host ended with ${code}:\n${log}`)));
  });
  const { url, pid, functions } = Announcement.parse(JSON.parse(ready));

  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
    return child.exitCode;
  };
  return {
    url,
    pid,
    functions,
    log: () => log,
    end,
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
    },
  };
}

/** Runs the host with arguments that make it end by itself. */
export async function runHost(...args: string[]): Promise<{ code: number | null; text: string }> {
  const child = spawnHost(...args);
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(child, "close");
  return { code: child.exitCode, text };
}

function spawnHost(...args: string[]): ChildProcess {
  return spawn(process.execPath, [cli, ...args], { stdio: ["ignore", "pipe", "pipe"] });
}
