import type { ServiceName } from "../service.ts";
import type { WireRequest } from "../wire.ts";
import { operationMatcher } from "./operation-pattern.ts";

/**
 * What goes wrong. A number is an HTTP status, in the service's own error shape. `reset`: the connection is cut before a
 * byte of answer. `hang`: no answer, ever. `half-body`: the right status and length, then half of it and a cut.
 * `garbage`: 200 and bytes that are not JSON. `hostile-next-link`: the right answer, whose next page is on another host.
 */
export type FaultAnswer = number | "reset" | "hang" | "half-body" | "garbage" | "hostile-next-link";

export interface FaultRule {
  /** Absent: any of them. */
  readonly service?: ServiceName;
  /** Method and end of the path, `{…}` standing for one segment: `POST /applications/{id}/removePassword`. Absent: every operation. */
  readonly operation?: string;
  /** Somewhere in the URL or body, whatever the case: an object id, a secret's name. */
  readonly target?: string;
  /** Only requests that come from there. */
  readonly clientAddress?: string;
  /** From the nth matching request on; the first is 1, which is also the default. */
  readonly nth?: number;
  /** How many in a row; 1 unless told, `Infinity` for as long as the rule stands. */
  readonly times?: number;
  readonly answer: FaultAnswer;
  /** With a `Retry-After`; without it none is sent, as some services really do. */
  readonly retryAfterInS?: number;
  /** The error code in the body, when it should not be the service's usual one for the status. */
  readonly code?: string;
  /** The service does what was asked, and only the answer is lost. Otherwise nothing was done. */
  readonly afterEffect?: boolean;
}

export interface Fault {
  readonly rule: FaultRule;
  /** Matching requests so far, hit or not. */
  readonly seen: number;
  /** Requests it was answered to. */
  readonly hits: number;
  /** Resolves with the first request it was answered to, before the answer leaves. */
  readonly hit: Promise<WireRequest>;
  remove(): void;
}

export interface Faults {
  add(rule: FaultRule): Fault;
  /** The next request to the service, or to one of its operations, goes wrong; only that one. */
  next(
    service: ServiceName,
    answer: FaultAnswer,
    more?: Omit<FaultRule, "service" | "answer" | "nth" | "times">,
  ): Fault;
  clear(): void;
  readonly all: readonly Fault[];
}

/** For the network: which rule, if any, this request falls under. Asking counts. */
export interface FaultMatcher {
  match(service: ServiceName, request: WireRequest): FaultRule | undefined;
}

export function createFaults(): Faults & FaultMatcher {
  const rules: {
    fault: Fault & { seen: number; hits: number };
    hitBy: (request: WireRequest) => void;
    covers: (service: ServiceName, request: WireRequest) => boolean;
  }[] = [];

  const add = (rule: FaultRule): Fault => {
    const operation = rule.operation === undefined ? () => true : operationMatcher(rule.operation);
    const target = rule.target?.toLowerCase();
    const { promise: hit, resolve: hitBy } = Promise.withResolvers<WireRequest>();
    const fault = {
      rule,
      hit,
      seen: 0,
      hits: 0,
      remove: () => {
        const index = rules.findIndex((it) => it.fault === fault);
        if (index >= 0) rules.splice(index, 1);
      },
    };
    rules.push({
      fault,
      hitBy,
      covers: (service, request) =>
        (rule.service === undefined || service === rule.service) &&
        operation(request.method, request.url.pathname) &&
        (rule.clientAddress === undefined || rule.clientAddress === request.clientAddress) &&
        (target === undefined || mentions(request, target)),
    });
    return fault;
  };

  return {
    add,
    next: (service, answer, more = {}) => add({ ...more, service, answer }),
    clear: () => {
      rules.length = 0;
    },
    get all() {
      return rules.map((it) => it.fault);
    },
    match: (service, request) => {
      let matched: FaultRule | undefined;
      for (const { fault, covers, hitBy } of rules) {
        if (!covers(service, request)) continue;
        fault.seen += 1;
        const from = fault.rule.nth ?? 1;
        if (matched !== undefined || fault.seen < from || fault.seen >= from + (fault.rule.times ?? 1))
          continue;
        fault.hits += 1;
        hitBy(request);
        matched = fault.rule;
      }
      return matched;
    },
  };
}

function mentions(request: WireRequest, target: string): boolean {
  return (
    decodeURIComponentLeniently(request.url.href).toLowerCase().includes(target) ||
    Buffer.from(request.body).toString("utf8").toLowerCase().includes(target)
  );
}

function decodeURIComponentLeniently(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
