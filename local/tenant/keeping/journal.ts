import { closeSync, existsSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { ServiceName } from "../service.ts";
import type { WireRequest } from "../wire.ts";

/** One request as it was handled: enough to handle it again with the same effect. */
export interface JournalEntry {
  readonly number: number;
  readonly at: number;
  readonly service: ServiceName;
  readonly request: Omit<WireRequest, "id">;
}

const Line = z.object({
  n: z.number(),
  t: z.number(),
  s: z.enum([
    "entra",
    "managed-identity",
    "graph",
    "arm",
    "key-vault",
    "log-analytics",
    "logs-ingestion",
    "storage",
    "aks",
  ]),
  m: z.string(),
  u: z.string(),
  a: z.string(),
  h: z.record(z.string(), z.string()),
  /** Number of the entry that carried the same bearer token first. */
  k: z.number().optional(),
  b: z.string().optional(),
});

export interface Journal {
  /** Returns once the entry is in the file: a process killed right after has it. */
  append(entry: JournalEntry): void;
  close(): void;
}

/**
 * Requests that may have changed something, in order, one JSON object a line. Handling them again on the scenario they
 * began with gives the state that was, so nothing of the state itself needs a format on disk. A line cut short by a
 * kill was never answered; it is cut off.
 */
export function openJournal(folder: string, replay: (entry: JournalEntry) => void): Journal {
  const file = join(folder, "journal.ndjson");
  const tokens = new Map<string, number>();
  if (existsSync(file)) replayFile(file, tokens, replay);
  const descriptor = openSync(file, "a", 0o600);
  return {
    append: ({ number, at, service, request }) => {
      const { authorization, ...headers } = request.headers;
      const known = authorization === undefined ? undefined : tokens.get(authorization);
      if (authorization !== undefined && known === undefined) tokens.set(authorization, number);
      const line = {
        n: number,
        t: at,
        s: service,
        m: request.method,
        u: request.url.href,
        a: request.clientAddress,
        h: { ...headers, ...(authorization === undefined || known !== undefined ? {} : { authorization }) },
        ...(known === undefined ? {} : { k: known }),
        ...(request.body.length === 0 ? {} : { b: Buffer.from(request.body).toString("base64") }),
      };
      writeSync(descriptor, `${JSON.stringify(line)}\n`);
    },
    close: () => closeSync(descriptor),
  };
}

function replayFile(file: string, tokens: Map<string, number>, replay: (entry: JournalEntry) => void): void {
  const bytes = readFileSync(file);
  const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1);
  if (whole.length < bytes.length) truncateSync(file, whole.length);
  const byNumber = new Map<number, string>();
  for (const text of whole.toString("utf8").split("\n")) {
    if (text === "") continue;
    const { n, t, s, m, u, a, h, k, b } = Line.parse(JSON.parse(text));
    if (h["authorization"] !== undefined) {
      byNumber.set(n, h["authorization"]);
      tokens.set(h["authorization"], n);
    }
    const authorization = k === undefined ? undefined : byNumber.get(k);
    const url = new URL(u);
    replay({
      number: n,
      at: t,
      service: s,
      request: {
        method: m,
        url,
        host: url.hostname,
        headers: authorization === undefined ? h : { ...h, authorization },
        body: b === undefined ? new Uint8Array() : Buffer.from(b, "base64"),
        clientAddress: a,
      },
    });
  }
}

const READ_ONLY_SERVICES: ReadonlySet<ServiceName> = new Set(["log-analytics"]);
// Their reads leave audit rows behind, which is the evidence that scenarios are about.
const AUDITED_SERVICES: ReadonlySet<ServiceName> = new Set(["key-vault", "managed-identity", "graph"]);

/** Whether a request can have changed anything: writes, and reads that leave a trace. Polling ARM does neither. */
export function isKept(service: ServiceName, method: string): boolean {
  if (READ_ONLY_SERVICES.has(service)) return false;
  return (method !== "GET" && method !== "HEAD") || AUDITED_SERVICES.has(service);
}
