import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

/** What to do with one request. `lose-…` cut the connection: before the store sees it, or after it has answered. */
export type Passage =
  | { readonly kind: "pass" }
  | { readonly kind: "lose-request" }
  | { readonly kind: "lose-response" }
  | { readonly kind: "answer"; readonly status: number; readonly code: string };

/** A request on its way to the store. */
export interface Passing {
  /** Counts from 1 since the forwarder started. */
  readonly n: number;
  readonly method: string;
  readonly url: string;
  readonly body: Uint8Array;
}

export interface StorageForwarder extends AsyncDisposable {
  /** Takes the place of the store's own URL. */
  readonly url: string;
  /** How many requests came in. */
  readonly requests: number;
  /** Decides over the requests from now on. A request waits for as long as deciding takes. */
  decide(passage: (request: Passing) => Passage | Promise<Passage>): void;
  stop(): Promise<void>;
}

/** Stands between a storage client and its store, counts requests and loses or answers those it is told to. */
export async function startStorageForwarder(storeUrl: string): Promise<StorageForwarder> {
  const store = new URL(storeUrl);
  let requests = 0;
  let decision: Parameters<StorageForwarder["decide"]>[0] = () => ({ kind: "pass" });

  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    requests += 1;
    const { method = "GET", url = "/" } = incoming;
    const n = requests;
    const body = await buffer(incoming);
    const passage = await decision({ n, method, url, body });
    switch (passage.kind) {
      case "pass":
      case "lose-response":
        return forward(store, { incoming, body, outgoing }, passage.kind === "lose-response");
      case "lose-request":
        incoming.socket.destroy();
        return;
      case "answer":
        outgoing.writeHead(passage.status, {
          "x-ms-error-code": passage.code,
          "content-type": "application/xml",
        });
        outgoing.end(`<?xml version="1.0"?><Error><Code>${passage.code}</Code></Error>`);
        return;
      default:
        return passage satisfies never;
    }
  };
  const server = createServer((incoming, outgoing) => {
    // Whoever asked is gone, in the middle of it.
    answer(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("the forwarder has no port");

  const stop = async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return {
    url: `http://127.0.0.1:${address.port}${store.pathname}`,
    get requests() {
      return requests;
    },
    decide(passage) {
      decision = passage;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

interface Request {
  readonly incoming: IncomingMessage;
  readonly body: Uint8Array;
  readonly outgoing: ServerResponse;
}

/** What has arrived is stored, even if whoever sent it dies meanwhile. */
function forward(store: URL, { incoming, body, outgoing }: Request, loseResponse: boolean): void {
  const { method, url: path, headers } = incoming;
  // The host header goes along unchanged: shared-key signatures are made over the path only.
  const onward = httpRequest({ host: store.hostname, port: store.port, method, path, headers }, (answer) => {
    if (loseResponse) {
      answer.resume();
      answer.once("end", () => incoming.socket.destroy());
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.once("error", () => incoming.socket.destroy());
  onward.end(body);
}
