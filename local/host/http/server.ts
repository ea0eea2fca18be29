import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse as OutgoingMessage,
} from "node:http";
import { HostError } from "../host-error.ts";
import type { Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import type { HostRequest, HostResponse } from "../http-message.ts";

/** A request whose body has not been read yet. */
export interface IncomingRequest extends Omit<HostRequest, "body"> {
  /** Reads the body; undefined when it is larger than `limitInBytes`. */
  readonly readBody: (limitInBytes: number) => Promise<Uint8Array | undefined>;
}

/** An answer that may still be under way when its head is sent. */
export interface ServerResponse extends Omit<HostResponse, "body"> {
  readonly body?: string | Uint8Array | Readable;
}

/** The connection ended before the request was all there; nobody is left to answer. */
export class CallerGone extends Error {
  readonly code = "CALLER_GONE";
}

export interface RunningServer {
  readonly port: number;
  /** Takes no new requests, lets running ones end for at most `graceInMs`, then cuts what is left. */
  stop(graceInMs: number): Promise<void>;
}

/** What the real host's web server allows for request line and headers together. */
const MAX_HEADER_BYTES = 40 * 1024;

/** How long a body that nobody wants is let in before the connection is closed on it. */
const UNWANTED_BODY_PATIENCE_IN_MS = 5_000;

/** Listens on the loopback interface only: function keys are not asked for here. */
export async function listen(
  port: number,
  answer: (request: IncomingRequest) => Promise<ServerResponse>,
): Promise<RunningServer> {
  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, joinDuplicateHeaders: true, keepAlive: true },
    (message, response) => void serve(message, response, answer),
  );
  // A caller may take as long as it likes over its body; the real host has no such limit either.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === "EADDRINUSE"
          ? new HostError("ADDRESS_IN_USE", `Port ${port} is taken by another program`, { cause })
          : cause,
      ),
    );
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return {
    port: address.port,
    stop: (graceInMs) => stop(server, graceInMs),
  };
}

async function stop(server: Server, graceInMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), graceInMs);
  await closed;
  clearTimeout(cut);
}

async function serve(
  message: IncomingMessage,
  response: OutgoingMessage,
  answer: (request: IncomingRequest) => Promise<ServerResponse>,
): Promise<void> {
  try {
    const { status, headers = {}, body } = await answer(toRequest(message));
    for (const [name, value] of Object.entries(headers))
      response.setHeader(name, typeof value === "string" ? value : [...value]);
    if (hasUnreadBody(message)) {
      await refuseBody(message, response, status, body);
      return;
    }
    response.writeHead(status);
    if (message.method === "HEAD" || body === undefined) response.end();
    else if (typeof body === "string" || body instanceof Uint8Array) response.end(body);
    else await pipeline(body, response);
  } catch {
    // The answer was a value no HTTP message can carry, such as a header with a line break in it.
    if (response.headersSent) response.destroy();
    else response.writeHead(500, {}).end();
  }
}

function hasUnreadBody(message: IncomingMessage): boolean {
  const { "content-length": length, "transfer-encoding": encoding } = message.headers;
  return (Number(length ?? 0) > 0 || encoding !== undefined) && !message.readableEnded;
}

/**
 * Answers a request whose body nobody wants. What the caller still sends is thrown away for a while: a connection that
 * closes on a sender resets, and the answer is lost with it.
 */
async function refuseBody(
  message: IncomingMessage,
  response: OutgoingMessage,
  status: number,
  body: ServerResponse["body"],
): Promise<void> {
  const bytes = Buffer.from(typeof body === "string" || body instanceof Uint8Array ? body : "");
  response.setHeader("connection", "close");
  if (status >= 200 && status !== 204 && status !== 304) response.setHeader("content-length", bytes.length);
  response.writeHead(status);
  if (bytes.length > 0) response.write(bytes);
  else response.flushHeaders();
  const patience = AbortSignal.timeout(UNWANTED_BODY_PATIENCE_IN_MS);
  message.resume();
  await finished(message, { signal: patience }).catch(() => undefined);
  response.end();
}

function toRequest(message: IncomingMessage): IncomingRequest {
  const target = message.url ?? "/";
  const question = target.indexOf("?");
  const path = question < 0 ? target : target.slice(0, question);
  return {
    method: message.method ?? "GET",
    path: path.startsWith("/") ? path : pathOfAbsolute(path),
    query: new URLSearchParams(question < 0 ? "" : target.slice(question + 1)),
    headers: headersOf(message),
    readBody: (limitInBytes) => readBody(message, limitInBytes),
  };
}

/** A request target in absolute form, as proxies send it. */
function pathOfAbsolute(target: string): string {
  return URL.canParse(target) ? new URL(target).pathname : "/";
}

function headersOf(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  return headers;
}

async function readBody(message: IncomingMessage, limitInBytes: number): Promise<Uint8Array | undefined> {
  if (Number(message.headers["content-length"] ?? 0) > limitInBytes) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  // Not `for await`: leaving that loop early destroys the socket before the caller has its answer.
  return new Promise((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= limitInBytes) return;
      message.off("data", take);
      chunks.length = 0;
      resolve(undefined);
    };
    message.on("data", take);
    message.on("end", () => resolve(Buffer.concat(chunks)));
    message.on("error", reject);
    message.on("close", () => reject(new CallerGone()));
  });
}
