import { setTimeout as wait } from "node:timers/promises";
import type { House, Part } from "../../run/house.ts";
import type { Passage } from "../../storage/forwarder.ts";
import type { FaultRule } from "../../tenant/weather/faults.ts";
import { BEGINS_WITH, type Moment, type Phase, PHASES, type PhaseCounts } from "./moment.ts";

/** Makes each moment happen when it comes, and counts what happens in each phase. */
export interface Mishaps {
  /** Before the alert is posted. */
  begin(house: House): Promise<void>;
  /** Told of every write to storage, with the types of the entries in it; says what becomes of it. */
  onWrite(types: readonly string[]): Promise<Passage>;
  /** Resolves when the moment of this phase has come, if it is one that waits; else, or at the latest, after a while. */
  phaseOver(phase: Phase, patienceInMs: number): Promise<void>;
  /** Resolves when everything that was killed is back. */
  end(): Promise<void>;
  readonly met: ReadonlyMap<Moment, string>;
  counts(): PhaseCounts;
}

const PASS: Passage = { kind: "pass" };
const BUSY: Passage = { kind: "answer", status: 503, code: "ServerBusy" };
/** A client's own retries get over two; the third would be somebody else's to get over. */
const BUSY_ANSWERS = 2;
const TRANSIENT_ANSWERS = 3;

export function openMishaps(moments: readonly Moment[]): Mishaps {
  const met = new Map<Moment, string>();
  const writes = new Map<Phase, number>();
  const requestsAt = new Map<Phase, number>();
  let requestsAtEnd = 0;
  let house: House | undefined;
  let phase: Phase = "open";
  let queue: readonly Moment[] = [];
  let armed: Moment | undefined;
  let countedWrites = 0;
  let busyLeft = 0;
  let crashes: Promise<void> = Promise.resolve();

  const crash = (what: Part) => {
    const before = crashes;
    // The kill is at once; only coming back waits for whatever is coming back already.
    const done = house?.crash(what) ?? Promise.resolve();
    crashes = Promise.all([before, done]).then(() => undefined);
  };
  const meet = (moment: Moment, what: string) => {
    met.set(moment, what);
    armed = undefined;
    if (moment.mishap === "host killed") crash("host");
    if (moment.mishap === "tenant killed") crash("tenant");
    if (moment.mishap === "storage stands still") crash("storage");
    const at = phase;
    void crashes.then(() => (phase === at ? armNext() : undefined));
  };
  const armNext = async (): Promise<void> => {
    const [moment, ...rest] = queue;
    queue = rest;
    countedWrites = 0;
    armed = moment;
    if (moment === undefined || house === undefined) return;
    if (moment.on === "azure") {
      const { hit } = await house.weather(weatherOf(moment));
      void hit.then((operation) => meet(moment, operation));
    }
    if (moment.on === "nothing") void wait(moment.nth).then(() => meet(moment, "nothing"));
  };
  const enter = async (next: Phase): Promise<void> => {
    phase = next;
    queue = moments.filter((it) => it.phase === next);
    if (house === undefined) return;
    await crashes;
    requestsAt.set(next, await requestsSoFar(house));
    await armNext();
  };

  const onStorage = (moment: Moment, types: readonly string[]): Passage => {
    meet(moment, types.length === 0 ? "index or document" : `entries ${[...new Set(types)].join(", ")}`);
    switch (moment.mishap) {
      case "host killed":
        return moment.served ? { kind: "lose-response" } : { kind: "lose-request" };
      case "storage stands still":
        return PASS;
      case "answer lost":
        return { kind: "lose-response" };
      default:
        busyLeft = BUSY_ANSWERS - 1;
        return BUSY;
    }
  };

  return {
    met,
    async begin(started) {
      house = started;
      writes.clear();
      await enter("open");
    },
    async onWrite(types) {
      const next = PHASES.findLast((it) => types.includes(BEGINS_WITH[it] ?? ""));
      if (next !== undefined && PHASES.indexOf(next) > PHASES.indexOf(phase)) await enter(next);
      writes.set(phase, (writes.get(phase) ?? 0) + 1);
      if (busyLeft > 0) {
        busyLeft -= 1;
        return BUSY;
      }
      const moment = armed;
      if (moment?.on !== "storage" || (moment.only !== undefined && !types.includes(moment.only)))
        return PASS;
      countedWrites += 1;
      return countedWrites === moment.nth ? onStorage(moment, types) : PASS;
    },
    async phaseOver(over, patienceInMs) {
      const moment = moments.find((it) => it.phase === over);
      const mostInMs = moment?.on === "nothing" ? moment.nth + 5_000 : patienceInMs;
      const deadline = performance.now() + mostInMs;
      const isOver = () => phase === over && moment !== undefined && met.has(moment);
      while (!isOver() && performance.now() < deadline) await wait(50);
      await crashes;
    },
    async end() {
      await crashes;
      if (house !== undefined) requestsAtEnd = await requestsSoFar(house);
    },
    counts() {
      const from = (index: number) => requestsAt.get(PHASES[index] ?? "open") ?? 0;
      const until = (index: number) => (index + 1 < PHASES.length ? from(index + 1) : requestsAtEnd);
      return new Map(
        PHASES.map((it, index) => [
          it,
          { azure: Math.max(0, until(index) - from(index)), storage: writes.get(it) ?? 0 },
        ]),
      );
    },
  };
}

async function requestsSoFar(house: House): Promise<number> {
  const requests = (await house.ask("seen"))?.requests ?? {};
  return Object.values(requests).reduce((sum, count) => sum + count, 0);
}

function weatherOf({ only, nth: n, served, mishap }: Moment): FaultRule {
  const nth = { nth: n, ...(only === undefined ? {} : { operation: only }) };
  switch (mishap) {
    case "host killed":
    case "tenant killed":
      return { ...nth, answer: "hang", afterEffect: served };
    case "answer lost":
      return { ...nth, answer: "reset", afterEffect: true };
    case "throttled":
      return { ...nth, answer: 429, retryAfterInS: 2, times: TRANSIENT_ANSWERS };
    case "throttled without a hint":
      return { ...nth, answer: 429, times: TRANSIENT_ANSWERS };
    case "unavailable":
      return { ...nth, answer: 503, times: TRANSIENT_ANSWERS };
    case "storage stands still":
      throw new TypeError("storage does not stand still at a request to Azure");
    default:
      return mishap satisfies never;
  }
}
