import type { AdminApi } from "./admin/admin-api.ts";
import type { Durable } from "./durable/durable.ts";
import type { EventGridWebhook } from "./event-grid/webhook.ts";
import type { HttpFunctions } from "./http/http-functions.ts";
import type { HostRequest, HostResponse } from "./http-message.ts";
import { CallerGone, type IncomingRequest, type ServerResponse } from "./http/server.ts";
import type { HostLog } from "./log.ts";
import type { RequestSlots } from "./http/request-slots.ts";

export interface DispatchOptions {
  readonly http: HttpFunctions;
  readonly admin: AdminApi;
  readonly eventGrid: EventGridWebhook;
  readonly durable: Durable | undefined;
  readonly slots: RequestSlots;
  readonly bodyLimitInBytes: number;
  readonly log: HostLog;
  baseUrl(): string;
}

/** Decides which part of the host answers a request. Reads a body only when somebody wants it. */
export function dispatcher(options: DispatchOptions): (request: IncomingRequest) => Promise<ServerResponse> {
  const { http, admin, eventGrid, durable, slots, log } = options;

  const answer = async (incoming: IncomingRequest): Promise<ServerResponse> => {
    const match = http.find(incoming.method, incoming.path);
    if (match !== undefined)
      return slots.within(async () => {
        const request = await withBody(incoming, options, match.target.name);
        return request === undefined ? { status: 413 } : http.run(match, request, options.baseUrl());
      });

    if (incoming.path === "/" && incoming.method === "GET") return homePage;
    const area = /^\/(admin|runtime\/webhooks)(?:\/|$)/i.exec(incoming.path);
    if (area === null) {
      const message = http.explainMiss(incoming.method, incoming.path);
      log({ level: "information", category: "Host.General", message });
      return { status: 404 };
    }
    const request = await withBody(incoming, options, undefined);
    if (request === undefined) return { status: 413 };
    return (
      (await durable?.handle(request)) ??
      (await eventGrid.handle(request)) ??
      (await admin.handle(request)) ?? { status: 404 }
    );
  };

  return async (incoming) => {
    try {
      return await answer(incoming);
    } catch (error) {
      if (error instanceof CallerGone) return { status: 400 };
      log({
        level: "error",
        category: "Host.General",
        message: `The host failed to answer ${incoming.method} ${incoming.path}`,
        error: error instanceof Error ? error : new Error(String(error)),
      });
      return { status: 500 };
    }
  };
}

const homePage: HostResponse = {
  status: 200,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: "The local Functions host is up and running. GET /admin/functions lists what it runs.\n",
};

async function withBody(
  { readBody, ...rest }: IncomingRequest,
  { bodyLimitInBytes, log }: DispatchOptions,
  functionName: string | undefined,
): Promise<HostRequest | undefined> {
  const body = await readBody(bodyLimitInBytes);
  if (body !== undefined) return { ...rest, body };
  log({
    level: "error",
    category: functionName === undefined ? "Host.General" : `Function.${functionName}`,
    message: `${functionName ?? rest.path}: refused a request body over ${bodyLimitInBytes} bytes`,
    ...(functionName === undefined ? {} : { functionName }),
  });
  return undefined;
}
