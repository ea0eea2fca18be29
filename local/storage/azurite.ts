import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

// The account every Azurite has, and its key, as Microsoft publishes them: nothing is protected by either.
const ACCOUNT_NAME = "devstoreaccount1";
const ACCOUNT_KEY =
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

const SERVICES = ["blob", "queue", "table"] as const;
type StorageService = (typeof SERVICES)[number];

export interface AzuriteOptions {
  /** Keeps the data there, so that a later start goes on with it. Without it everything is in memory and gone at the end. */
  readonly folder?: string;
  /** Fixed ports, for a start that must be found at the same URLs again. Free ones are taken otherwise. */
  readonly ports?: Readonly<Record<StorageService, number>>;
  readonly readyWithinMs?: number;
}

export interface Azurite extends AsyncDisposable {
  readonly connectionString: string;
  /** With the account name, without a trailing slash: `http://127.0.0.1:PORT/devstoreaccount1`. */
  readonly blobUrl: string;
  readonly queueUrl: string;
  readonly tableUrl: string;
  readonly ports: Readonly<Record<StorageService, number>>;
  readonly pid: number;
  /** Resolves when the process is gone, whoever ended it. */
  readonly exited: Promise<void>;
  /** Ends it and waits until it is gone. Safe to call twice. */
  stop(): Promise<void>;
}

/** Thrown when the storage emulator did not come up; `output` is what it printed. */
class AzuriteError extends Error {
  override readonly name = "AzuriteError";
  readonly code: "AZURITE_NOT_READY" | "AZURITE_EXITED";
  readonly output: string;
  constructor(code: AzuriteError["code"], message: string, output: string) {
    super(message);
    this.code = code;
    this.output = output;
  }
}

/** Starts a real Azurite as a process of its own and resolves once all three services listen. The caller stops it. */
export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  const { folder, ports, readyWithinMs = 60_000 } = options;
  const child = fork(
    join(import.meta.dirname, "azurite-process.ts"),
    [
      "--silent",
      "--disableTelemetry",
      // The SDKs are newer than the newest REST version the emulator knows.
      "--skipApiVersionCheck",
      ...(folder === undefined ? ["--inMemoryPersistence"] : ["--location", folder]),
      ...SERVICES.flatMap((service) => [
        `--${service}Host`,
        "127.0.0.1",
        `--${service}Port`,
        String(ports?.[service] ?? 0),
      ]),
    ],
    { stdio: ["ignore", "pipe", "pipe", "ipc"] },
  );
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const endWithParent = () => child.kill("SIGKILL");
  process.once("exit", endWithParent);
  void exited.then(() => process.removeListener("exit", endWithParent));

  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return exited;
    child.kill("SIGTERM");
    // It waits for open keep-alive connections before it goes; nothing that is written is left unsaved by then.
    const impatience = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await exited;
    clearTimeout(impatience);
  };

  try {
    const bound = await whenListening(child, readyWithinMs);
    const url = (service: StorageService) => `http://127.0.0.1:${bound[service]}/${ACCOUNT_NAME}`;
    const [blobUrl, queueUrl, tableUrl] = [url("blob"), url("queue"), url("table")];
    return {
      connectionString: [
        "DefaultEndpointsProtocol=http",
        `AccountName=${ACCOUNT_NAME}`,
        `AccountKey=${ACCOUNT_KEY}`,
        `BlobEndpoint=${blobUrl}`,
        `QueueEndpoint=${queueUrl}`,
        `TableEndpoint=${tableUrl}`,
        "",
      ].join(";"),
      blobUrl,
      queueUrl,
      tableUrl,
      ports: bound,
      pid: child.pid ?? 0,
      exited,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function whenListening(child: ChildProcess, withinMs: number): Promise<Record<StorageService, number>> {
  const bound: Partial<Record<StorageService, number>> = {};
  const printed: string[] = [];
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new TypeError("the emulator's output is not a pipe");
  stderr.on("data", (chunk) => printed.push(String(chunk)));

  const listening = new Promise<Record<StorageService, number>>((resolve) => {
    // Reads on for as long as it runs: a full pipe would stop it.
    createInterface({ input: stdout }).on("line", (line) => {
      printed.push(`${line}\n`);
      const match =
        /Azurite (Blob|Queue|Table) service is successfully listening at http:\/\/[^:]+:(\d+)/.exec(line);
      const service = SERVICES.find((it) => it === match?.[1]?.toLowerCase());
      if (service !== undefined) bound[service] = Number(match?.[2]);
      const { blob, queue, table } = bound;
      if (blob !== undefined && queue !== undefined && table !== undefined) resolve({ blob, queue, table });
    });
  });
  const gone = once(child, "close").then((): never => {
    throw new AzuriteError(
      "AZURITE_EXITED",
      `Azurite ended with ${child.exitCode ?? child.signalCode}`,
      printed.join(""),
    );
  });
  const waiting = new AbortController();
  const tooLate = delay(withinMs, undefined, { signal: waiting.signal }).then((): never => {
    throw new AzuriteError(
      "AZURITE_NOT_READY",
      `Azurite did not listen within ${withinMs} ms`,
      printed.join(""),
    );
  });
  // Whichever loses the race is not awaited by anyone.
  for (const loser of [gone, tooLate]) loser.catch(() => undefined);
  try {
    return await Promise.race([listening, gone, tooLate]);
  } finally {
    waiting.abort();
  }
}
