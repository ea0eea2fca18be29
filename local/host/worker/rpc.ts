/**
 * The shapes that pass between host and language worker, as far as this host uses them. `@azure/functions` reads and
 * makes them through `@azure/functions-core`, which has no package of its own: the host supplies it.
 */

export interface TypedData {
  readonly string?: string | null;
  readonly json?: string | null;
  readonly bytes?: Uint8Array | null;
  readonly int?: number | null;
  readonly double?: number | null;
  readonly http?: RpcHttp | null;
}

export interface RpcHttp {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: TypedData | null;
  readonly statusCode?: string;
  readonly cookies?: readonly RpcCookie[];
}

export interface RpcCookie {
  readonly name?: string;
  readonly value?: string;
  readonly domain?: Nullable<string>;
  readonly path?: Nullable<string>;
  readonly expires?: Nullable<{ readonly seconds?: number | null }>;
  readonly secure?: Nullable<boolean>;
  readonly httpOnly?: Nullable<boolean>;
  readonly sameSite?: "none" | "lax" | "strict" | "explicitNone";
  readonly maxAge?: Nullable<number>;
}

type Nullable<T> = { readonly value?: T | null } | null | undefined;

/** One trigger, input or output of a function, with whatever settings its kind has. */
export interface Binding {
  readonly type: string;
  readonly direction?: string;
  readonly [setting: string]: unknown;
}

/** A value that a function returned, as JSON text; `undefined` for no value. Bytes become base64, as in the real host. */
export function typedDataToJson(data: TypedData | null | undefined): string | undefined {
  if (data == null) return undefined;
  // The host parses text that looks like JSON when Durable asks for the value, and keeps any other text as it is.
  if (data.string != null) return JSON.stringify(data.string);
  if (data.json != null) return data.json;
  if (data.bytes != null) return JSON.stringify(Buffer.from(data.bytes).toString("base64"));
  if (data.int != null) return String(data.int);
  if (data.double != null) return String(data.double);
  return undefined;
}
