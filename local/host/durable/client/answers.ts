import type { HostResponse } from "../../http-message.ts";

const JSON_TYPE = "application/json; charset=utf-8";

/** A JSON answer as the real extension sends it. */
export function json(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): HostResponse {
  return {
    status,
    headers: { "content-type": JSON_TYPE, ...headers },
    body: JSON.stringify(value),
  };
}

export function empty(status: number): HostResponse {
  return { status };
}

/** An error answer: what is wrong and, where something threw, what it said. */
export function problem(status: number, message: string, cause?: Error): HostResponse {
  return json(status, {
    Message: message,
    ...(cause === undefined ? {} : { ExceptionMessage: cause.message, ExceptionType: cause.name }),
  });
}
