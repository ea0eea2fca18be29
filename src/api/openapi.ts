import type { HttpResponseInit } from "@azure/functions";
import { APP_ROLES, type AppRole } from "../access/caller.ts";
import { MODES } from "../case/case.ts";
import { json } from "./problem.ts";

type Schema = Readonly<Record<string, unknown>>;

interface Operation {
  readonly method: "get" | "post";
  readonly path: string;
  readonly summary: string;
  /** Null: open to everybody. */
  readonly role: AppRole | null;
  readonly query?: Readonly<Record<string, Schema>>;
  readonly body?: Schema;
  readonly answers: Readonly<Record<number, string>>;
  readonly types?: readonly string[];
}

const text = (maxLength: number): Schema => ({ type: "string", minLength: 1, maxLength });
const object = (properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema => ({
  type: "object",
  additionalProperties: false,
  properties,
  required,
});
const mode: Schema = { type: "string", enum: MODES };
const NO_CASE = { 404: "NO_SUCH_CASE" };
const NOT_YET = { 404: "NO_SUCH_CASE or NOT_YET" };

/** Every route there is. A test holds this against what the app registers. */
export const OPERATIONS: readonly Operation[] = [
  {
    method: "post",
    path: "/incidents",
    summary: "An alert as its sender sends it. Delivered again, it is the same case.",
    role: "Case.Open",
    query: { mode },
    body: { type: "object" },
    answers: {
      202: "The case",
      400: "UNKNOWN_MODE",
      413: "TOO_LARGE",
      422: "UNRECOGNISED, or refused with why",
    },
  },
  {
    method: "post",
    path: "/cases",
    summary: "A responder names who it is about and how far to go.",
    role: "Case.Open",
    body: object(
      {
        subjects: { type: "array", minItems: 1, maxItems: 20, items: { type: ["string", "object"] } },
        mode,
        reason: text(2_000),
        idempotencyKey: text(200),
      },
      ["subjects", "mode", "reason"],
    ),
    answers: { 202: "The case", 400: "NOT_JSON", 413: "TOO_LARGE", 422: "BODY_REFUSED, or refused with why" },
  },
  {
    method: "get",
    path: "/cases",
    summary: "Cases, newest first, in pages.",
    role: "Case.Read",
    query: {
      status: { type: "string" },
      limit: { type: "integer", minimum: 1, maximum: 200, default: 50 },
      after: { type: "string" },
    },
    answers: { 200: "A page of cases", 400: "UNKNOWN_STATUS, BAD_LIMIT or BAD_PLACE" },
  },
  {
    method: "get",
    path: "/cases/{id}",
    summary: "Where a case is, what is known of its end, what is exposed until when.",
    role: "Case.Read",
    answers: { 200: "The case", ...NO_CASE },
  },
  {
    method: "get",
    path: "/cases/{id}/scope",
    summary: "Everything known of the case's principals, as stored.",
    role: "Case.Read",
    answers: { 200: "The scope; its hash in X-Document-SHA256", ...NOT_YET },
  },
  {
    method: "get",
    path: "/cases/{id}/plan",
    summary:
      "The latest plan with its digest, or the plan or restore with the digest asked for; as a table with Accept: text/plain.",
    role: "Case.Read",
    query: { digest: { type: "string", pattern: "^[0-9a-f]{64}$" } },
    answers: { 200: "The plan", 400: "BAD_DIGEST", 404: "NO_SUCH_CASE, NOT_YET or NO_SUCH_PLAN" },
    types: ["application/json", "text/plain"],
  },
  {
    method: "get",
    path: "/cases/{id}/record",
    summary: "The record, one entry a line, ending with a signed checkpoint.",
    role: "Case.Read",
    answers: {
      200: "The record; its head in X-Record-Head. X-Record-Sealed: false while the vault cannot sign",
      ...NO_CASE,
    },
    types: ["application/x-ndjson"],
  },
  {
    method: "get",
    path: "/cases/{id}/export",
    summary: "Record, documents, checkpoints, public keys and a manifest in one archive, for legal hold.",
    role: "Case.Read",
    answers: { 200: "The archive; X-Record-Head and X-Record-Sealed as of the record", ...NO_CASE },
    types: ["application/zip"],
  },
  {
    method: "get",
    path: "/cases/{id}/report",
    summary: "The report, by Accept or by an extension (.json, .html, .md).",
    role: "Case.Read",
    answers: { 200: "The report", ...NOT_YET },
    types: ["application/json", "text/html", "text/markdown"],
  },
  {
    method: "post",
    path: "/cases/{id}/decision",
    summary: "Approves or rejects the plan (or the restore) with exactly this digest.",
    role: "Case.Decide",
    body: object(
      {
        decision: { type: "string", enum: ["approve", "reject"] },
        planDigest: { type: "string", pattern: "^[0-9a-f]{64}$" },
        comment: text(2_000),
      },
      ["decision", "planDigest"],
    ),
    answers: {
      202: "Taken; said twice it is taken once",
      403: "OWN_REQUEST: who asked cannot approve",
      409: "NOTHING_TO_DECIDE, OTHER_PLAN, PLAN_OUTDATED, ALREADY_DECIDED or TOO_LATE",
      422: "BODY_REFUSED",
      ...NO_CASE,
    },
  },
  {
    method: "post",
    path: "/cases/{id}/restore",
    summary: "Puts back what can be put back: all the first look found, or chosen steps.",
    role: "Case.Restore",
    body: object(
      {
        steps: { type: "array", minItems: 1, maxItems: 5_000, items: { type: "string" } },
        reason: text(2_000),
      },
      ["reason"],
    ),
    answers: {
      202: "Asked",
      409: "NOT_RESTORABLE or BEING_RESTORED",
      422: "BODY_REFUSED or UNKNOWN_STEPS",
      ...NO_CASE,
    },
  },
  {
    method: "post",
    path: "/cases/{id}/close",
    summary: "Ends the watch.",
    role: "Case.Decide",
    body: object({ reason: text(2_000) }, ["reason"]),
    answers: { 202: "Asked", 409: "NOT_WATCHING", 422: "BODY_REFUSED", ...NO_CASE },
  },
  {
    method: "get",
    path: "/health",
    summary: "Whether the app can do its work.",
    role: null,
    answers: { 200: "Ready", 503: "Misconfigured or not ready, with every problem" },
  },
  {
    method: "get",
    path: "/openapi.json",
    summary: "This document.",
    role: null,
    answers: { 200: "OpenAPI 3.1" },
  },
];

/** `GET /openapi.json`: open, and the same for everybody. */
export async function getOpenApi(): Promise<HttpResponseInit> {
  return json(200, openApi());
}

/** The API in OpenAPI 3.1, made from the list above. */
export function openApi(): object {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: described(operation) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Tourniquet",
      version: "1",
      description: "Containment of compromised Azure identities. Errors are RFC 9457 problem documents.",
    },
    servers: [{ url: "/api" }],
    paths,
    components: {
      securitySchemes: {
        entra: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: `An Entra access token for this API with one of the app roles ${APP_ROLES.join(", ")}.`,
        },
      },
      schemas: {
        Problem: {
          type: "object",
          properties: {
            type: { type: "string" },
            title: { type: "string" },
            status: { type: "integer" },
            code: { type: "string", description: "Stable, for programs." },
            detail: { type: "string", description: "For people." },
          },
          required: ["type", "title", "status", "code", "detail"],
        },
      },
    },
  };
}

function described({ path, summary, role, query, body, answers, types }: Operation): object {
  const problems = role === null ? {} : { 401: "UNAUTHENTICATED", 403: "ROLE_MISSING" };
  const all = {
    ...problems,
    ...answers,
    ...(role === null ? {} : { 500: "Our fault; an id finds it in the logs" }),
  };
  const inPath = path.includes("{id}")
    ? [{ name: "id", in: "path", required: true, schema: { type: "string", pattern: "^case-[0-9a-f]{20}$" } }]
    : [];
  const inQuery = Object.entries(query ?? {}).map(([name, schema]) => ({ name, in: "query", schema }));
  return {
    summary,
    ...(role === null ? { security: [] } : { security: [{ entra: [role] }] }),
    parameters: [...inPath, ...inQuery],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: body } } } }),
    responses: Object.fromEntries(
      Object.entries(all).map(([status, description]) => [
        status,
        { description, content: contentOf(Number(status), types) },
      ]),
    ),
  };
}

function contentOf(status: number, types: readonly string[] = ["application/json"]): object {
  if (status < 400) return Object.fromEntries(types.map((type) => [type, {}]));
  return { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
}
