import type { IncomingMessage, ServerResponse } from "node:http";
import type { Service } from "../service.ts";
import type { Runtime } from "../runtime.ts";
import { failureResponse, withHostileNextLink } from "../weather/fault-answer.ts";
import { spoilBatch } from "../weather/batch-faults.ts";
import type { FaultMatcher, FaultRule } from "../weather/faults.ts";
import type { WireRequest, WireResponse } from "../wire.ts";
import { GARBAGE, send, sendHalf } from "./answer.ts";
import type { Connection, Exchange } from "./connections.ts";
import type { Refusal, RequestEntry } from "./request-log.ts";
import { readRequest } from "./wire-request.ts";
import type { JournalEntry } from "../keeping/journal.ts";

export interface ExchangeOptions {
  readonly runtime: Runtime;
  readonly serviceOf: (host: string) => Service | undefined;
  readonly faults: FaultMatcher;
  readonly latencyOf: (service: Service["name"]) => number;
  readonly log: (entry: RequestEntry) => void;
  readonly refuse: (refusal: Omit<Refusal, "at">) => void;
  /** Called when a handler threw: a defect of the stand-in, which must not look like Azure's weather. */
  readonly defect: (error: unknown, request: WireRequest) => void;
  /** Called after every handled request and before its answer leaves, so that what was promised is on disk. */
  readonly keep: (entry: JournalEntry) => void;
}

/** One request on an open tunnel: read, perhaps spoiled by a fault, handled, delayed, answered and noted. */
export function createExchange(options: ExchangeOptions): Exchange {
  const answer = async (
    message: IncomingMessage,
    response: ServerResponse,
    connection: Connection,
  ): Promise<void> => {
    const startedAt = performance.now();
    const read = await readRequest(message, connection.host, connection.clientAddress);
    if (read.kind !== "request") {
      send(message, response, { status: read.kind === "too-large" ? 413 : 400 });
      return;
    }
    const named = message.headers.host?.toLowerCase().replace(/:443$/, "");
    if (named !== undefined && named !== connection.host && connection.tunnelled) {
      // A tunnel to one name is no way round the list to another.
      options.refuse({
        host: named,
        port: 443,
        clientAddress: connection.clientAddress,
        why: "host-mismatch",
      });
      send(message, response, { status: 421 });
      return;
    }
    const service = connection.service ?? options.serviceOf(connection.host);
    if (!service) {
      send(message, response, { status: 421 });
      return;
    }

    const number = options.runtime.next();
    const request: WireRequest = { id: options.runtime.idOf(number), ...read.request };
    const rule = options.faults.match(service.name, request);
    const needsEffect = rule === undefined || rule.afterEffect === true || isSpoiledAnswer(rule);
    const batch =
      service.name === "graph" && rule === undefined
        ? spoilBatch(request, options.faults, options.runtime.tenant.clock.now())
        : undefined;
    const done = needsEffect ? handle(service, batch?.request ?? request, number, options) : undefined;
    const handled = done && batch ? { ...done, response: batch.withFailures(done.response) } : done;
    const latencyInMs = options.latencyOf(service.name);
    if (latencyInMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyInMs));

    const status = deliver({
      message,
      response,
      connection,
      request,
      service,
      rule,
      handled: handled?.response,
      nowInMs: options.runtime.tenant.clock.now(),
    });
    options.log({
      at: new Date(options.runtime.tenant.clock.now()).toISOString(),
      service: service.name,
      operation: handled?.operation ?? `${request.method} ${request.url.pathname}`,
      method: request.method,
      host: request.host,
      path: request.url.pathname + request.url.search,
      status,
      durationInMs: Math.round((performance.now() - startedAt) * 10) / 10,
      clientAddress: request.clientAddress,
      caller: claimedCaller(request),
      ...(rule === undefined ? {} : { fault: rule.answer }),
    });
  };

  return (message, response, connection) => {
    answer(message, response, connection).catch((error: unknown) => {
      // The client broke off in the middle of its request; there is nobody left to answer.
      if (!message.complete) response.destroy();
      else connection.socket.destroy(error instanceof Error ? error : undefined);
    });
  };
}

function handle(
  service: Service,
  request: WireRequest,
  number: number,
  { runtime, keep, defect }: ExchangeOptions,
): ReturnType<Service["handle"]> {
  try {
    const at = runtime.tenant.clock.now();
    const handled = runtime.at(number, at, () => service.handle(request, runtime.tenant));
    keep({ number, at, service: service.name, request });
    return handled;
  } catch (error) {
    defect(error, request);
    return {
      operation: `${request.method} ${request.url.pathname}`,
      response: {
        status: 500,
        headers: { "x-tourniquet-stand-in": "defect" },
        body: {
          error: { code: "StandInDefect", message: `The stand-in's ${service.name} broke; see its log.` },
        },
      },
    };
  }
}

/** These faults happen to an answer that exists. */
function isSpoiledAnswer(rule: FaultRule): boolean {
  return rule.answer === "half-body" || rule.answer === "hostile-next-link";
}

interface Delivery {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: Connection;
  readonly request: WireRequest;
  readonly service: Service;
  readonly rule: FaultRule | undefined;
  readonly handled: WireResponse | undefined;
  readonly nowInMs: number;
}

function deliver({
  message,
  response,
  connection,
  request,
  service,
  rule,
  handled,
  nowInMs,
}: Delivery): number {
  const whole = handled ?? { status: 500 };
  if (rule === undefined) {
    send(message, response, whole);
    return whole.status;
  }
  switch (rule.answer) {
    case "reset":
      connection.socket.resetAndDestroy();
      return 0;
    case "hang":
      return 0;
    case "half-body":
      sendHalf(response, whole, () => connection.socket.destroy());
      return whole.status;
    case "garbage":
      send(message, response, GARBAGE);
      return GARBAGE.status;
    case "hostile-next-link":
      send(message, response, withHostileNextLink(service.name, whole));
      return whole.status;
    default: {
      const { answer: status, code, retryAfterInS } = rule;
      send(
        message,
        response,
        failureResponse(service.name, { status, code, retryAfterInS, nowInMs }, request),
      );
      return status;
    }
  }
}

/** Read for the log only: a forged token shows here as whoever it claims to be. */
function claimedCaller(request: WireRequest): string | undefined {
  const payload = /^bearer\s+[^.]+\.([^.]+)\./i.exec(request.headers["authorization"] ?? "")?.[1];
  if (payload === undefined) return undefined;
  return /"oid":"([^"]+)"/.exec(Buffer.from(payload, "base64url").toString("utf8"))?.[1];
}
