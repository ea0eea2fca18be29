import { setTimeout as delay } from "node:timers/promises";

import { app } from "@azure/functions";
import * as df from "durable-functions";
import { z } from "zod";

import { manualClock, type ManualClock } from "../../../local/host/clock.ts";
import { type HostOptions, type RunningHost, startHost } from "../../../local/host/host.ts";
import type { HostLogEntry } from "../../../local/host/log.ts";

type Status = df.DurableOrchestrationStatus;

export interface DurableHost extends AsyncDisposable {
  readonly url: string;
  /** The public package's own client, as a function of the app gets it. */
  readonly client: df.DurableClient;
  readonly logged: readonly HostLogEntry[];
  /** Starts an orchestration and waits for its end. */
  run(name: string, input?: unknown, instanceId?: string): Promise<Status>;
  /** Waits for the end of an instance. */
  end(instanceId: string): Promise<Status>;
  /** Waits until the instance's status is as told. */
  until(instanceId: string, isSo: (status: Status) => boolean): Promise<Status>;
  /** Waits until the instance is in a state, by its name in the management API. */
  inState(instanceId: string, state: string): Promise<Status>;
  /** Waits until nothing runs and nothing more follows from what ran. */
  quiet(): Promise<void>;
  /** Calls the management API directly; `path` begins below the extension's root. */
  webhook(method: string, path: string, request?: RequestInit): Promise<Response>;
  stop(): Promise<void>;
}

/** Below the limit of a test, so that what is waited for is named. */
const WAIT_LIMIT_IN_MS = 50_000;

/** For `expect.poll`, whose own limit is too short for a machine that is busy. */
export const PATIENTLY = { timeout: WAIT_LIMIT_IN_MS };

/** Whether an instance has come to an end. */
export function hasEnded(status: Status): boolean {
  return ["Completed", "Failed", "Terminated"].includes(stateOf(status));
}

/** The SDK's enum leaves out states the API has, such as Suspended. */
function stateOf({ runtimeStatus }: Status): string {
  return runtimeStatus;
}

/** An app that registers functions, and one more through which a test gets hold of the Durable client. */
export function durableApp(register: () => void): (options?: Partial<HostOptions>) => Promise<DurableHost> {
  let client: df.DurableClient | undefined;
  const application = (): void => {
    register();
    app.http("hand-out-client", {
      methods: ["POST"],
      route: "hand-out-client",
      extraInputs: [df.input.durableClient()],
      handler: (_, context) => {
        client = df.getClient(context);
        return { status: 204 };
      },
    });
  };
  return async (options = {}) => {
    const logged: HostLogEntry[] = [];
    const host = await startHost({
      app: application,
      store: ":memory:",
      log: (entry) => void logged.push(entry),
      ...options,
    });
    await fetch(`${host.url}/api/hand-out-client`, { method: "POST" });
    if (client === undefined) throw new Error("the app did not get a Durable client");
    return durableHost(host, client, logged);
  };
}

function durableHost(
  host: RunningHost,
  client: df.DurableClient,
  logged: readonly HostLogEntry[],
): DurableHost {
  const until = async (instanceId: string, isSo: (status: Status) => boolean): Promise<Status> => {
    const giveUpAt = Date.now() + WAIT_LIMIT_IN_MS;
    for (;;) {
      const status = await client.getStatus(instanceId);
      if (isSo(status)) return status;
      if (Date.now() > giveUpAt)
        throw new Error(`${instanceId} stays ${status.runtimeStatus}: ${JSON.stringify(status)}`);
      await delay(5);
    }
  };
  const end = (instanceId: string): Promise<Status> => until(instanceId, hasEnded);
  return {
    url: host.url,
    client,
    logged,
    until,
    end,
    inState: (instanceId, state) => until(instanceId, (it) => stateOf(it) === state),
    async run(name, input, instanceId) {
      const options = {
        ...(input === undefined ? {} : { input }),
        ...(instanceId === undefined ? {} : { instanceId }),
      };
      return end(await client.startNew(name, options));
    },
    async quiet() {
      for (let round = 0; round < 4; round++) {
        for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
        await host.settled();
      }
    },
    webhook: (method, path, request = {}) =>
      fetch(`${host.url}/runtime/webhooks/durabletask/${path}`, { method, ...request }),
    stop: () => host.stop(),
    [Symbol.asyncDispose]: () => host.stop(),
  };
}

const shownHistory = z.object({
  historyEvents: z.array(z.looseObject({ EventType: z.string(), Timestamp: z.string() })),
});

/** The history of an instance as the management API shows it. */
export async function shownEvents(host: DurableHost, instanceId: string, query = "") {
  const response = await host.webhook("GET", `instances/${instanceId}?showHistory=true${query}`);
  return shownHistory.parse(await response.json()).historyEvents;
}

/** What lies in `value` under a chain of names. */
export function at(value: unknown, ...names: readonly string[]): unknown {
  let found = value;
  for (const name of names) found = z.record(z.string(), z.unknown()).parse(found)[name];
  return found;
}

/** A clock that stands at a fixed day until a test moves it. */
export function stoppedClock(): ManualClock {
  return manualClock(Date.parse("2026-03-01T12:00:00.000Z"));
}

/** Moves time from one timer to the next until the instance ends; says how far it had to go. */
export async function fastForward(
  host: DurableHost,
  clock: ManualClock,
  instanceId: string,
  limitInMs: number,
): Promise<{ readonly status: Status; readonly elapsedInMs: number }> {
  const startedAt = clock.now();
  for (;;) {
    await host.quiet();
    const status = await host.client.getStatus(instanceId);
    if (hasEnded(status)) return { status, elapsedInMs: clock.now() - startedAt };
    const next = clock.nextTimerAt();
    if (next === undefined || next > startedAt + limitInMs)
      throw new Error(`${instanceId} is ${status.runtimeStatus} and nothing falls due in time`);
    await clock.advanceTo(next);
  }
}
