import type { IncomingMessage, ServerResponse } from "node:http";
import type { WireResponse } from "../wire.ts";

interface Encoded {
  readonly bytes: Uint8Array | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export function encode(response: WireResponse): Encoded {
  const { body, headers = {} } = response;
  if (body === undefined) return { bytes: undefined, headers };
  if (body instanceof Uint8Array) return { bytes: body, headers };
  if (typeof body === "string") return { bytes: Buffer.from(body), headers };
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
  return {
    bytes: Buffer.from(JSON.stringify(body)),
    headers: hasType ? headers : { "Content-Type": "application/json; charset=utf-8", ...headers },
  };
}

/** Sends the whole answer. A client that has gone away meanwhile loses it, as over any network. */
export function send(request: IncomingMessage, response: ServerResponse, answer: WireResponse): void {
  const { bytes, headers } = encode(answer);
  const bodiless = answer.status === 204 || answer.status === 304;
  response.writeHead(answer.status, {
    Date: new Date().toUTCString(),
    ...headers,
    ...(bodiless ? {} : { "Content-Length": String(bytes?.length ?? 0) }),
  });
  response.end(bodiless || request.method === "HEAD" ? undefined : bytes);
}

/** Promises the whole answer, sends half of it, and cuts the line. */
export function sendHalf(response: ServerResponse, answer: WireResponse, cut: () => void): void {
  const { bytes = Buffer.from(" "), headers } = encode(answer);
  response.writeHead(answer.status, { ...headers, "Content-Length": String(bytes.length) });
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), cut);
}

/** What a broken gateway sends: the right status and type, and nothing a JSON parser takes. */
export const GARBAGE: WireResponse = {
  status: 200,
  headers: { "Content-Type": "application/json; charset=utf-8" },
  body: `<html><head><title>502</title></head>\u0000{"value":[{"id":`,
};
