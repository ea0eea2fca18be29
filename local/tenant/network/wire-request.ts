import type { IncomingMessage } from "node:http";
import type { WireRequest } from "../wire.ts";

// Azure's own ceilings are lower (4 MB for ARM and Graph); a stand-in must only not be filled up.
const BODY_LIMIT_IN_BYTES = 32 * 1024 * 1024;

export type ReadRequest =
  | { readonly kind: "request"; readonly request: Omit<WireRequest, "id"> }
  | { readonly kind: "too-large" }
  | { readonly kind: "bad-url" };

/** Reads one request to its end. Throws only when the client breaks off. */
export async function readRequest(
  message: IncomingMessage,
  host: string,
  clientAddress: string,
): Promise<ReadRequest> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of message) {
    if (!(chunk instanceof Uint8Array)) continue;
    size += chunk.length;
    if (size <= BODY_LIMIT_IN_BYTES) chunks.push(chunk);
  }
  if (size > BODY_LIMIT_IN_BYTES) return { kind: "too-large" };

  // The JS clients send "//subscriptions/…", which URL would otherwise read as a host.
  const path = (message.url ?? "/").replace(/^http:\/\/[^/]+/i, "").replace(/^\/{2,}/, "/");
  const url = URL.parse(`https://${host}${path}`);
  if (url === null || url.hostname !== host) return { kind: "bad-url" };
  return {
    kind: "request",
    request: {
      method: message.method ?? "GET",
      host,
      url,
      headers: flatHeaders(message),
      body: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks),
      clientAddress,
    },
  };
}

function flatHeaders(message: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : value,
    ]),
  );
}
