import type { HttpResponseInit } from "@azure/functions";

/** An RFC 9457 problem: `code` is stable and for programs, `detail` for people. */
export function problem(
  status: number,
  code: string,
  detail: string,
  more: Readonly<Record<string, unknown>> = {},
): HttpResponseInit {
  return {
    status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store" },
    body: JSON.stringify({
      type: `urn:tourniquet:problem:${code}`,
      title: TITLES[status] ?? "Problem",
      status,
      code,
      detail,
      ...more,
    }),
  };
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Not authenticated",
  403: "Not allowed",
  404: "Not found",
  406: "Not acceptable",
  409: "Conflict",
  413: "Too large",
  422: "Not understood",
  500: "Internal error",
  503: "Not ready",
};

export function json(
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): HttpResponseInit {
  return { status, jsonBody: body, headers: { "cache-control": "no-store", ...headers } };
}
