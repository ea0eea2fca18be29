import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { z } from "zod";

const CLI = fileURLToPath(new URL("../../host/cli.ts", import.meta.url));
const APP = fileURLToPath(new URL("./app", import.meta.url));

const announcement = z.object({ url: z.string(), pid: z.number() });

/** A host in a process of its own, running the app of this campaign. */
export interface HostProcess {
  /** Settles with the address once the host takes requests; undefined when it ended before that. */
  readonly ready: Promise<string | undefined>;
  /** Settles when the process is gone, with how it went. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** What it wrote to its log. */
  log(): string;
  kill(signal: "SIGKILL" | "SIGTERM"): void;
}

/** Starts a host on a store. The caller ends it. */
export function startHostProcess(storeFile: string, logFile: string): HostProcess {
  const child = spawn(process.execPath, [CLI, "--app", APP, "--port", "0", "--store", storeFile, "--json"], {
    env: { ...process.env, HOST_CRASH_LOG: logFile, NODE_NO_WARNINGS: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const ended = endOf(child);
  return {
    ready: Promise.race([announced(child), ended.then(() => undefined)]),
    ended,
    log: () => log,
    kill: (signal) => void child.kill(signal),
  };
}

async function endOf(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  await once(child, "exit");
  return { code: child.exitCode, signal: child.signalCode };
}

async function announced(child: ChildProcess): Promise<string | undefined> {
  let text = "";
  if (child.stdout === null) return undefined;
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    text += String(chunk);
    const line = text.slice(0, text.indexOf("\n"));
    if (text.includes("\n")) return announcement.parse(JSON.parse(line)).url;
  }
  return undefined;
}
