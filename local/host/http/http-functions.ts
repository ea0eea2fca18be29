import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FunctionRunner, LoadedFunction } from "../function-runner.ts";
import type { HostRequest } from "../http-message.ts";
import { decodePath } from "./request-path.ts";
import { methodsOf } from "./http-routes.ts";
import { type Route, type RouteMatch, RouteTable } from "./route-table.ts";
import { connectionHeaders, fromRpcHttp, toRpcHttp } from "./rpc-http.ts";
import type { ServerResponse } from "./server.ts";
import { forwardToApp, proxiedMetadata } from "./stream-proxy.ts";

export interface HttpFunctionsOptions {
  readonly routes: readonly Route<LoadedFunction>[];
  readonly runner: FunctionRunner;
  /** Put on every response of a function that does not set them itself. */
  readonly customHeaders: Readonly<Record<string, string>>;
  /** Where the app takes streamed requests; undefined when it does not stream. */
  readonly streamUrl: string | undefined;
}

/** The HTTP functions of an app behind their routes. */
export class HttpFunctions {
  readonly #table: RouteTable<LoadedFunction>;
  readonly #options: HttpFunctionsOptions;

  constructor(options: HttpFunctionsOptions) {
    this.#table = new RouteTable(options.routes);
    this.#options = options;
  }

  /** Which function a request is for; known before its body is read. */
  find(method: string, path: string): RouteMatch<LoadedFunction> | undefined {
    return this.#table.match(method, decodePath(path));
  }

  /** Why no function answers, for a person: the caller gets an empty 404 and no hint, as from the real host. */
  explainMiss(method: string, path: string): string {
    const others = this.#table.targetsAt(decodePath(path));
    const hint = others.map((it) => `${it.name} takes ${methodsOf(it).join(", ")}`);
    return hint.length === 0
      ? `No function has a route for ${method} ${path}`
      : `No function takes ${method} ${path}: ${hint.join("; ")}`;
  }

  /** Runs the function. A failure tells the caller nothing, as in the real host: an empty 500; the log has the reason. */
  async run(
    match: RouteMatch<LoadedFunction>,
    request: HostRequest,
    baseUrl: string,
  ): Promise<ServerResponse> {
    const { streamUrl, customHeaders } = this.#options;
    const response =
      streamUrl === undefined
        ? await this.#invoke(match, request, baseUrl)
        : await this.#stream(match, request, baseUrl, streamUrl);
    return { ...response, headers: { ...customHeaders, ...response.headers } };
  }

  async #invoke(
    { target, params }: RouteMatch<LoadedFunction>,
    request: HostRequest,
    baseUrl: string,
  ): Promise<ServerResponse> {
    const invoked = await this.#options.runner.run(target, toRpcHttp(request, baseUrl, params));
    const response = invoked.kind === "returned" ? fromRpcHttp(invoked.value) : undefined;
    return response ?? { status: 500 };
  }

  async #stream(
    { target, params }: RouteMatch<LoadedFunction>,
    request: HostRequest,
    baseUrl: string,
    streamUrl: string,
  ): Promise<ServerResponse> {
    const invocationId = randomUUID();
    const host = request.headers["host"] ?? new URL(baseUrl).host;
    const proxied = forwardToApp(streamUrl, request, host, invocationId);
    const invoked = this.#options.runner.run(
      target,
      { http: {} },
      { invocationId, triggerMetadata: proxiedMetadata(request, params) },
    );
    // The response's head comes while the function still writes the body; without one, how the function ended decides.
    const head = proxied.response.then(answerOf);
    const ended = invoked.then((it) => {
      if (it.kind === "returned" && !it.isNothing) return head;
      proxied.abort();
      return { status: it.kind === "returned" ? 204 : 500 };
    });
    return Promise.race([head, ended]);
  }
}

function answerOf(message: IncomingMessage): ServerResponse {
  const headers = Object.entries(message.headers).flatMap(([name, value]) =>
    value === undefined || connectionHeaders.has(name) ? [] : [[name, value] as const],
  );
  return {
    status: message.statusCode ?? 200,
    headers: Object.fromEntries(headers),
    body: message,
  };
}
