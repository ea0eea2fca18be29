import type { HostRequest, HostResponse } from "../http-message.ts";
import type { RpcHttp, TypedData } from "../worker/rpc.ts";
import { resolvePath } from "./request-path.ts";
import { setCookie } from "./set-cookie.ts";

/** The trigger data of an HTTP function. */
export function toRpcHttp(
  request: HostRequest,
  baseUrl: string,
  params: Readonly<Record<string, string>>,
): TypedData {
  const origin = request.headers["host"] === undefined ? baseUrl : `http://${request.headers["host"]}`;
  const query = request.query.size > 0 ? `?${request.query.toString()}` : "";
  return {
    http: {
      method: request.method,
      url: `${origin}${resolvePath(request.path)}${query}`,
      headers: request.headers,
      query: joinedQuery(request.query),
      params,
      body: { bytes: request.body },
    },
  };
}

/** One value for each key: the real host joins repeated ones with a comma and takes `X` and `x` for the same key. */
function joinedQuery(query: URLSearchParams): Record<string, string> {
  const values = new Map<string, { name: string; values: string[] }>();
  for (const [name, value] of query) {
    const key = name.toLowerCase();
    const known = values.get(key);
    if (known === undefined) values.set(key, { name, values: [value] });
    else known.values.push(value);
  }
  return Object.fromEntries([...values.values()].map((it) => [it.name, it.values.join(",")]));
}

/** Headers that belong to the connection between host and caller, not to the app. */
export const connectionHeaders: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

/** What the caller gets for what a function returned. Undefined when it is no HTTP response at all. */
export function fromRpcHttp(value: TypedData | undefined): HostResponse | undefined {
  if (value === undefined) return { status: 204 };
  const { http } = value;
  if (http == null) return undefined;
  const status = Number(http.statusCode ?? 200);
  if (!Number.isInteger(status) || status < 100 || status > 999) return undefined;

  const headers: Record<string, string | string[]> = {};
  for (const [name, text] of Object.entries(http.headers ?? {}))
    if (!connectionHeaders.has(name.toLowerCase())) headers[name] = text;
  if (http.cookies !== undefined && http.cookies.length > 0)
    headers["set-cookie"] = http.cookies.map(setCookie);
  return { status, headers, body: bodyOf(http) };
}

function bodyOf({ body }: RpcHttp): string | Uint8Array {
  return body?.bytes ?? body?.string ?? body?.json ?? "";
}
