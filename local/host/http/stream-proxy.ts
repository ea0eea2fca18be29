import { request as send, type IncomingMessage } from "node:http";
import type { HostRequest } from "../http-message.ts";
import type { TypedData } from "../worker/rpc.ts";
import { resolvePath } from "./request-path.ts";

/**
 * An app that calls `app.setup({ enableHttpStream: true })` gets requests through an HTTP server of `@azure/functions`
 * itself, each beside an invocation that names it. This forwards one request there.
 */
export interface ProxiedRequest {
  readonly response: Promise<IncomingMessage>;
  abort(): void;
}

export function forwardToApp(
  proxyUrl: string,
  request: HostRequest,
  host: string,
  invocationId: string,
): ProxiedRequest {
  const query = request.query.size > 0 ? `?${request.query.toString()}` : "";
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  // An abort rejects too, when nobody waits for the answer any more.
  promise.catch(() => undefined);
  const outgoing = send({
    // The library says "localhost", which may be ::1 first.
    host: "127.0.0.1",
    port: new URL(proxyUrl).port,
    method: request.method,
    path: `${resolvePath(request.path)}${query}`,
    headers: {
      "content-length": request.body.length,
      "x-ms-invocation-id": invocationId,
      "x-forwarded-host": host,
      "x-forwarded-proto": "http",
    },
  });
  outgoing.on("response", resolve);
  outgoing.on("error", reject);
  outgoing.end(request.body);
  return { response: promise, abort: () => outgoing.destroy() };
}

/** The metadata from which the library takes headers and route parameters of a proxied request. */
export function proxiedMetadata(
  request: HostRequest,
  params: Readonly<Record<string, string>>,
): Record<string, TypedData> {
  return {
    ...Object.fromEntries(Object.entries(params).map(([name, value]) => [name, { string: value }])),
    Headers: { json: JSON.stringify(request.headers) },
    Query: { json: JSON.stringify(Object.fromEntries(request.query)) },
  };
}
