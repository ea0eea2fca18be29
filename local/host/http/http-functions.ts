import type { HostRequest, HostResponse } from "../http-message.ts";
import type { FunctionRunner, LoadedFunction } from "../function-runner.ts";
import { decodePath } from "./request-path.ts";
import { fromRpcHttp, toRpcHttp } from "./rpc-http.ts";
import { type Route, type RouteMatch, RouteTable } from "./route-table.ts";

/** The HTTP functions of an app behind their routes. */
export class HttpFunctions {
  readonly #table: RouteTable<LoadedFunction>;
  readonly #runner: FunctionRunner;
  readonly #customHeaders: Readonly<Record<string, string>>;

  constructor(
    routes: readonly Route<LoadedFunction>[],
    runner: FunctionRunner,
    customHeaders: Readonly<Record<string, string>>,
  ) {
    this.#table = new RouteTable(routes);
    this.#runner = runner;
    this.#customHeaders = customHeaders;
  }

  /** Which function a request is for; known before its body is read. */
  find(method: string, path: string): RouteMatch<LoadedFunction> | undefined {
    return this.#table.match(method, decodePath(path));
  }

  async run(
    { target, params }: RouteMatch<LoadedFunction>,
    request: HostRequest,
    baseUrl: string,
  ): Promise<HostResponse> {
    const invoked = await this.#runner.run(target, toRpcHttp(request, baseUrl, params));
    const response = invoked.kind === "returned" ? fromRpcHttp(invoked.value) : undefined;
    // The real host tells a caller nothing about a failure: an empty 500. The log has the reason.
    const { status, headers, body } = response ?? { status: 500 };
    return {
      status,
      headers: { ...this.#customHeaders, ...headers },
      ...(body === undefined ? {} : { body }),
    };
  }
}
