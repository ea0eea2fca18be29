import type { CallerName } from "./tenant-talk.ts";

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly text: string;
}

/** Calls the app's API as one of the local callers. */
export type CallApi = (
  caller: CallerName,
  method: "GET" | "POST",
  path: string,
  body?: unknown,
) => Promise<ApiAnswer>;

export function apiClient(
  api: string,
  callers: Readonly<Record<CallerName, { readonly token: string }>>,
): CallApi {
  return async (caller, method, path, body) => {
    const response = await fetch(`${api}${path}`, {
      method,
      headers: { authorization: `Bearer ${callers[caller].token}`, "content-type": "application/json" },
      signal: AbortSignal.timeout(60_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: parsed(text), text };
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
