import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { type Azurite, startAzurite } from "../storage/azurite.ts";
import type { FaultRule } from "../tenant/weather/faults.ts";
import { type Child, messageOf, startChild } from "./child.ts";
import type {
  CallerName,
  TenantAnswer,
  TenantHit,
  TenantQuestion,
  TenantReady,
  TenantSeen,
  TenantWeather,
  TenantWish,
  UnwelcomeTokens,
} from "./tenant-talk.ts";

export interface HouseOptions {
  /** Where everything is kept: storage, tenant, host's store, logs. */
  readonly folder: string;
  readonly scenario: string;
  /** A policy file; the local default unless given. */
  readonly policy?: string;
  /** Azure's own delays times this. */
  readonly delays: number;
  /** How long every answer of the tenant takes at least. */
  readonly latencyInMs?: number;
  /** Lives of access tokens times this; Entra's own unless given. */
  readonly tokenLifetimes?: number;
  readonly fresh: boolean;
  /** The app to run: the source tree, or what `npm run package` made. */
  readonly app?: string;
  /** Told when one of them ended by itself and was started again where it was. Without it such an end is left as it is. */
  readonly onRestart?: (what: Part) => void;
  /** The connection string the host gets instead, for who wants to stand between the host and its storage. */
  readonly storageSeenAs?: (storage: Azurite) => Promise<string>;
}

export type Part = "host" | "tenant" | "storage";

/** Storage, tenant and host, up and ready. */
export interface House {
  readonly api: string;
  readonly tenantProxy: string;
  /** A shell file that points a person's tools at the tenant. */
  readonly envFile: string;
  /** As they are now: one that died and came back has another. */
  readonly pids: Readonly<Record<Part, number>>;
  readonly callers: Readonly<Record<CallerName, { readonly token: string }>>;
  readonly unwelcome: UnwelcomeTokens;
  readonly alert: unknown;
  readonly logs: { readonly host: string; readonly tenant: string };
  ask(what: TenantQuestion["ask"]): Promise<TenantSeen | null>;
  /** Something that is to go wrong in the tenant, alone from now on, or nothing. `hit` is the first request it met. */
  weather(rule: FaultRule | null): Promise<{ readonly hit: Promise<string> }>;
  /**
   * Ends one of them without warning and starts it again where it was. Storage only stands still for a while instead: the
   * emulator writes to disk every few seconds, so a killed one would forget what Azure's never does.
   */
  crash(what: Part): Promise<void>;
  /** Ends all three, host first. */
  stop(): Promise<void>;
}

const root = resolve(import.meta.dirname, "../..");
const READY_IN_MS = 60_000;
/** Storage's three, and the host's. */
const PORTS = 4;
const STANDSTILL_IN_MS = 3_000;
/** What docs/settings.md asks of the deployed app. */
const WORKER_ARGUMENTS = ["--max-semi-space-size=8", "--max-old-space-size=1024"];

/** Starts the three, each as a process of its own, so that any of them can die and come back where it was. */
export async function startHouse(options: HouseOptions): Promise<House> {
  const folder = resolve(options.folder);
  if (options.fresh) rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "storage"), { recursive: true, mode: 0o700 });
  const logs = { host: join(folder, "host.log"), tenant: join(folder, "tenant.log") };
  const up: { storage?: Azurite; tenant?: Child; host?: Child } = {};
  let expectsEnds = false;
  const stop = async () => {
    expectsEnds = true;
    await up.host?.stop();
    await up.tenant?.stop();
    await up.storage?.stop();
  };
  try {
    const [blob = 0, queue = 0, table = 0, port = 0] = await freePorts(PORTS);
    const storageAt = { folder: join(folder, "storage"), ports: { blob, queue, table } };
    const [storage, { child: tenant, ready }] = await Promise.all([
      startAzurite(storageAt),
      startTenantProcess(options, folder, logs.tenant),
    ]);
    up.storage = storage;
    up.tenant = tenant;
    const connectionString = (await options.storageSeenAs?.(storage)) ?? storage.connectionString;
    const place = { connectionString, tenant: ready, port };
    const host = await startHost(options, folder, logs.host, place);
    up.host = host.child;

    const again = async (what: Part): Promise<void> => {
      switch (what) {
        case "host":
          up.host = (await startHost(options, folder, logs.host, place)).child;
          break;
        case "tenant":
          up.tenant = (await startTenantProcess(options, folder, logs.tenant)).child;
          break;
        case "storage":
          up.storage = await startAzurite(storageAt);
          break;
        default:
          what satisfies never;
      }
      watchOver(what);
    };
    const startAfter = async (ended: Promise<void>, what: Part): Promise<void> => {
      await ended;
      if (expectsEnds) return;
      await again(what);
      options.onRestart?.(what);
    };
    const watchOver = (what: Part): void => {
      if (options.onRestart === undefined) return;
      const ended = what === "storage" ? up.storage?.exited : endOf(up[what]);
      // One that cannot be brought back ends the start as a whole, loudly.
      if (ended !== undefined) void startAfter(ended, what);
    };
    for (const what of ["storage", "tenant", "host"] as const) watchOver(what);

    return {
      api: `${host.url}/api`,
      tenantProxy: ready.proxyUrl,
      envFile: ready.envFile,
      get pids() {
        return { host: (up.host ?? host.child).pid, tenant: (up.tenant ?? tenant).pid, storage: storage.pid };
      },
      callers: ready.callers,
      unwelcome: ready.unwelcome,
      alert: ready.alert,
      logs,
      ask: (what) => askTenant(up.tenant ?? tenant, what, logs.tenant),
      weather: (rule) => askForWeather(up.tenant ?? tenant, rule, logs.tenant),
      async crash(what) {
        if (what === "storage") {
          process.kill(storage.pid, "SIGSTOP");
          await new Promise((done) => setTimeout(done, STANDSTILL_IN_MS));
          process.kill(storage.pid, "SIGCONT");
          return;
        }
        expectsEnds = true;
        await killed(up[what]);
        await again(what);
        expectsEnds = false;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function endOf(child: Child | undefined): Promise<void> {
  if (child !== undefined) await once(child.process, "exit");
}

async function killed(child: Child | undefined): Promise<void> {
  if (child === undefined || child.process.exitCode !== null) return;
  const gone = once(child.process, "exit");
  child.process.kill("SIGKILL");
  await gone;
}

async function startTenantProcess(
  { scenario, delays, latencyInMs, tokenLifetimes }: HouseOptions,
  folder: string,
  log: string,
): Promise<{ readonly child: Child; readonly ready: TenantReady }> {
  const wish: TenantWish = {
    folder: join(folder, "tenant"),
    scenario,
    delays,
    ...(latencyInMs === undefined ? {} : { latencyInMs }),
    ...(tokenLifetimes === undefined ? {} : { tokenLifetimes }),
  };
  mkdirSync(wish.folder, { recursive: true, mode: 0o700 });
  const child = startChild(join(import.meta.dirname, "tenant-process.ts"), [JSON.stringify(wish)], log);
  const ready = await messageOf(child, readyOf, log, READY_IN_MS);
  return { child, ready };
}

async function startHost(
  options: HouseOptions,
  folder: string,
  log: string,
  {
    connectionString,
    tenant,
    port,
  }: { readonly connectionString: string; readonly tenant: TenantReady; readonly port: number },
): Promise<{ readonly child: Child; readonly url: string }> {
  const environment = {
    ...process.env,
    ...tenant.env,
    ...tenant.product,
    MALLOC_ARENA_MAX: "2",
    TOURNIQUET_STORAGE: connectionString,
    TOURNIQUET_POLICY: resolve(options.policy ?? join(import.meta.dirname, "policy.json")),
    TOURNIQUET_PUBLIC_URL: `http://127.0.0.1:${port}`,
  };
  const app = options.app ?? root;
  const store = join(folder, "host.db");
  const child = startChild(
    join(root, "local/host/cli.ts"),
    ["--app", app, "--port", String(port), "--store", store],
    log,
    { env: environment, execArgv: [...process.execArgv, ...WORKER_ARGUMENTS] },
  );
  const url = `http://127.0.0.1:${port}`;
  await untilAnswers(`${url}/admin/host/status`, child, log);
  return { child, url };
}

async function untilAnswers(url: string, { process: child }: Child, log: string): Promise<void> {
  const deadline = performance.now() + READY_IN_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the host ended with ${child.exitCode}; see ${log}`);
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
    if (answer?.ok === true) return hasFunctions(url.replace("/host/status", "/functions"), log);
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`the host was not ready in ${READY_IN_MS} ms; see ${log}`);
}

/** A host whose app failed to load is up all the same, with nothing in it. */
async function hasFunctions(url: string, log: string): Promise<void> {
  const listed: unknown = await (await fetch(url, { signal: AbortSignal.timeout(5_000) })).json();
  if (!Array.isArray(listed) || listed.length === 0) throw new Error(`the app did not load; see ${log}`);
}

let questions = 0;

async function askTenant(tenant: Child, ask: TenantQuestion["ask"], log: string): Promise<TenantSeen | null> {
  questions += 1;
  const id = questions;
  const answered = messageOf(tenant, (message) => answerTo(message, id), log, READY_IN_MS);
  tenant.process.send({ id, ask } satisfies TenantQuestion);
  return (await answered).seen;
}

async function askForWeather(
  tenant: Child,
  rule: FaultRule | null,
  log: string,
): Promise<{ readonly hit: Promise<string> }> {
  questions += 1;
  const id = questions;
  const { promise: hit, resolve: hitBy } = Promise.withResolvers<string>();
  tenant.process.on("message", (message: unknown) => {
    if (isTalk(message) && message.kind === "hit" && message.id === id) hitBy(message.operation);
  });
  const answered = messageOf(tenant, (message) => answerTo(message, id), log, READY_IN_MS);
  tenant.process.send({ id, ask: "weather", rule } satisfies TenantWeather);
  await answered;
  return { hit };
}

function readyOf(message: unknown): TenantReady | null {
  return isTalk(message) && message.kind === "ready" ? message : null;
}

function answerTo(message: unknown, id: number): TenantAnswer | null {
  return isTalk(message) && message.kind === "answer" && message.id === id ? message : null;
}

/** Both ends of the channel are ours. */
function isTalk(message: unknown): message is TenantReady | TenantAnswer | TenantHit {
  return typeof message === "object" && message !== null && "kind" in message;
}

/** Ports that nothing listens on now. Another process may still be quicker: then the start fails and says so. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((done, fail) => {
          server.once("error", fail);
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            done(typeof address === "object" && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
