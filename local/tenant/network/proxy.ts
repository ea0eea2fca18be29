import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIP, type Socket } from "node:net";
import type { TlsEnd } from "./connections.ts";
import type { Refusal } from "./request-log.ts";

/** An address in one of Microsoft's own ranges: where a client seems to be when it does not say. */
export const DEFAULT_CLIENT_ADDRESS = "20.50.0.10";

export interface ProxyOptions {
  readonly port: number;
  /** Whether any free port will do when that one is taken. */
  readonly mayMove: boolean;
  readonly tlsEnd: TlsEnd;
  readonly isServed: (host: string) => boolean;
  readonly refuse: (refusal: Omit<Refusal, "at">) => void;
  /** Answers requests in the clear that are meant for a machine's own metadata; false when it is none. */
  readonly metadata: (
    request: IncomingMessage,
    response: ServerResponse,
    host: string,
    clientAddress: string,
  ) => boolean;
}

export interface Proxy {
  readonly port: number;
  close(): Promise<void>;
}

/** The one way in: `CONNECT` to an Azure name on port 443 is answered by the stand-in, anything else is refused and noted. */
export async function startProxy({
  port,
  mayMove,
  tlsEnd,
  isServed,
  refuse,
  metadata,
}: ProxyOptions): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const target = URL.parse(request.url ?? "");
    // Without a scheme the request is for this very server: the endpoint that App Service gives its apps on loopback.
    const host = target?.hostname ?? "127.0.0.1";
    if (metadata(request, response, host, clientAddressOf(request))) return;
    refuse({
      host,
      port: Number(target?.port) || 80,
      clientAddress: clientAddressOf(request),
      why: "not-https",
    });
    response.writeHead(403, { "content-type": "text/plain", connection: "close" });
    response.end("This proxy only opens tunnels to Azure's names.\n");
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  });
  server.on("connect", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const [, host = "", portText = "443"] =
      /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec((request.url ?? "").toLowerCase()) ?? [];
    const clientAddress = clientAddressOf(request);
    if (portText !== "443" || !isServed(host)) {
      refuse({ host, port: Number(portText), clientAddress, why: "not-azure" });
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    socket.setNoDelay(true);
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    tlsEnd.accept({ host, clientAddress, socket, tunnelled: true }, head);
  });
  await listen(server, port).catch((error: unknown) => {
    if (!mayMove || port === 0) throw error;
    return listen(server, 0);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    close: async () => {
      tlsEnd.close();
      for (const socket of sockets) socket.destroy();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
}

/**
 * `HTTPS_PROXY=http://203.0.113.50@127.0.0.1:PORT`: the user name in the proxy's URL is the address the client comes
 * from. IPv6 has its colons written as `%3A`. What is not an address counts as none given.
 */
function clientAddressOf(request: IncomingMessage): string {
  const basic = /^basic\s+(\S+)$/i.exec(request.headers["proxy-authorization"] ?? "")?.[1];
  if (basic === undefined) return DEFAULT_CLIENT_ADDRESS;
  const given = Buffer.from(basic, "base64").toString("utf8").replace(/:$/, "").replaceAll(/%3a/gi, ":");
  return isIP(given) === 0 ? DEFAULT_CLIENT_ADDRESS : given;
}
