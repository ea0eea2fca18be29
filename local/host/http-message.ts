/** An HTTP request as the host's parts see it, free of any transport. */
export interface HostRequest {
  readonly method: string;
  /** The path as sent: still percent-encoded, without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case; a header sent more than once is joined with ", " (cookies with "; "). */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface HostResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
}
