/** One request as it reached the stand-in, TLS and proxy already taken off. Handlers see nothing of sockets. */
export interface WireRequest {
  /** The stand-in's own id for it; services answer it as their request id. */
  readonly id: string;
  readonly method: string;
  /** Lower case, without a port. */
  readonly host: string;
  /** Absolute, with the host the client meant; a doubled leading slash is already one slash. */
  readonly url: URL;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  /** The address the client appears to come from (see `docs/stand-in-tenant.md`, "Where a client comes from"). */
  readonly clientAddress: string;
}

export interface WireResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A plain object or array goes out as JSON; text and bytes as they are; absent means no body. */
  readonly body?: unknown;
}
