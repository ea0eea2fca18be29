import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Service } from "../service.ts";
import type { Authority } from "./authority.ts";

/** What a tunnel says about the client at its other end. */
export interface Connection {
  readonly host: string;
  readonly clientAddress: string;
  /** The socket under the TLS, to cut it without a goodbye. */
  readonly socket: Socket;
  /** False for metadata endpoints, which are asked in the clear and by address. */
  readonly tunnelled: boolean;
  /** The one service that can be meant, where no host name says so. */
  readonly service?: Service;
}

/** The TLS end of every tunnel: one HTTP server, fed sockets by the proxy instead of listening itself. */
export interface TlsEnd {
  accept(connection: Connection, head: Buffer): void;
  close(): void;
}

export type Exchange = (request: IncomingMessage, response: ServerResponse, connection: Connection) => void;

export function createTlsEnd(authority: Authority, exchange: Exchange): TlsEnd {
  const connections = new WeakMap<object, Connection>();
  const open = new Set<TLSSocket>();
  const server: Server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const connection = connections.get(request.socket);
    if (connection) exchange(request, response, connection);
  });
  // A hang must be the client's to end, so nothing here times out on its own.
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  return {
    accept: (connection, head) => {
      if (head.length > 0) connection.socket.unshift(head);
      const secure = new TLSSocket(connection.socket, {
        isServer: true,
        secureContext: authority.contextFor(connection.host),
        ALPNProtocols: ["http/1.1"],
      });
      connections.set(secure, connection);
      open.add(secure);
      secure.once("close", () => open.delete(secure));
      // A client that does not trust the authority ends the handshake; that is its business and shows as its own error.
      secure.on("error", () => secure.destroy());
      server.emit("connection", secure);
    },
    close: () => {
      for (const socket of open) socket.destroy();
      server.closeAllConnections();
    },
  };
}
