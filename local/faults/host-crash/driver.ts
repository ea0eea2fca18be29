import { setTimeout as delay } from "node:timers/promises";

import { z } from "zod";

import type { Job } from "./workload.ts";

const status = z.looseObject({
  runtimeStatus: z.string(),
  output: z.unknown(),
  historyEvents: z.array(z.looseObject({ EventType: z.string() })).optional(),
});

export type ShownStatus = z.infer<typeof status>;

/** A call that may have been cut off by a kill and is made again until it is known to have arrived. */
type Pending = (url: string) => Promise<void>;

/** Asks the hosts of one round to do things, whichever of them happens to be alive. */
export class Driver {
  #pending: Pending[] = [];

  add(job: Job): void {
    this.#pending.push((url) => begin(url, job));
    for (const { name, step } of job.events) this.#pending.push((url) => raise(url, job.id, name, { step }));
  }

  /** Makes every outstanding call, in order, until one is cut off. */
  async deliver(url: string): Promise<void> {
    for (let next = this.#pending[0]; next !== undefined; next = this.#pending[0]) {
      try {
        await next(url);
      } catch (error) {
        if (error instanceof UnexpectedAnswer) throw error;
        return; // the host was killed under the call: whether it arrived is unknown
      }
      this.#pending.shift();
    }
  }

  /** Waits for the end of an instance; undefined when it does not end in time. */
  async end(url: string, id: string, timeoutInMs: number): Promise<ShownStatus | undefined> {
    const giveUpAt = Date.now() + timeoutInMs;
    while (Date.now() < giveUpAt) {
      const response = await fetch(`${url}${ROOT}/instances/${id}?showHistory=true`);
      if (response.status === 200) return status.parse(await response.json());
      await response.arrayBuffer();
      await delay(20);
    }
    return undefined;
  }
}

const ROOT = "/runtime/webhooks/durabletask";
const JSON_TYPE = { "content-type": "application/json" };

class UnexpectedAnswer extends Error {
  readonly code = "UNEXPECTED_ANSWER";
}

async function begin(url: string, { id, orchestrator, input }: Job): Promise<void> {
  // Asked first: a start whose answer was lost may have arrived, and one more would begin an ended instance anew.
  const known = await fetch(`${url}${ROOT}/instances/${id}`);
  await known.arrayBuffer();
  if (known.status !== 404) return;
  const response = await fetch(`${url}${ROOT}/orchestrators/${orchestrator}/${id}`, {
    method: "POST",
    headers: JSON_TYPE,
    body: JSON.stringify(input),
  });
  await expectStatus(response, [202]);
}

async function raise(url: string, id: string, name: string, data: unknown): Promise<void> {
  const response = await fetch(`${url}${ROOT}/instances/${id}/raiseEvent/${name}`, {
    method: "POST",
    headers: JSON_TYPE,
    body: JSON.stringify(data),
  });
  // 410: raised a second time, and the first had been enough.
  await expectStatus(response, [202, 410]);
}

async function expectStatus(response: Response, expected: readonly number[]): Promise<void> {
  const text = await response.text();
  if (!expected.includes(response.status))
    throw new UnexpectedAnswer(`${response.url} answered ${response.status}: ${text}`);
}
