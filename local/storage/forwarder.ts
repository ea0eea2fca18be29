import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";

/** What to do with one request. `lose-…` cut the connection: before the store sees it, or after it has answered. */
export type Passage =
  | { readonly kind: "pass" }
  | { readonly kind: "lose-request" }
  | { readonly kind: "lose-response" }
  | { readonly kind: "answer"; readonly status: number; readonly code: string };

export interface StorageForwarder extends AsyncDisposable {
  /** Takes the place of the store's own blob URL. */
  readonly blobUrl: string;
  /** How many requests came in. */
  readonly requests: number;
  /** Decides over the requests from now on; `n` counts them from 1 since the forwarder started. */
  decide(
    passage: (request: { readonly n: number; readonly method: string; readonly url: string }) => Passage,
  ): void;
  stop(): Promise<void>;
}

/** Stands between a storage client and its store, counts requests and loses or answers those it is told to. */
export async function startStorageForwarder(blobUrl: string): Promise<StorageForwarder> {
  const store = new URL(blobUrl);
  let requests = 0;
  let decision: Parameters<StorageForwarder["decide"]>[0] = () => ({ kind: "pass" });

  const server = createServer((incoming, outgoing) => {
    requests += 1;
    const { method = "GET", url = "/" } = incoming;
    const passage = decision({ n: requests, method, url });
    switch (passage.kind) {
      case "pass":
      case "lose-response":
        return forward(store, incoming, outgoing, passage.kind === "lose-response");
      case "lose-request":
        incoming.resume();
        return void incoming.once("end", () => incoming.socket.destroy());
      case "answer":
        incoming.resume();
        outgoing.writeHead(passage.status, {
          "x-ms-error-code": passage.code,
          "content-type": "application/xml",
        });
        return void outgoing.end(`<?xml version="1.0"?><Error><Code>${passage.code}</Code></Error>`);
      default:
        return passage satisfies never;
    }
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
    blobUrl: `http://127.0.0.1:${address.port}${store.pathname}`,
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

function forward(
  store: URL,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  loseResponse: boolean,
): void {
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
  incoming.pipe(onward);
}
