import { z } from "zod";
import type { WireRequest, WireResponse } from "../wire.ts";
import { failureResponse } from "./fault-answer.ts";
import type { FaultMatcher } from "./faults.ts";

const Item = z.looseObject({
  id: z.string(),
  method: z.string(),
  url: z.string(),
  body: z.unknown().optional(),
  dependsOn: z.array(z.string()).optional(),
});
const Batch = z.looseObject({ requests: z.array(Item) });
const Answer = z.looseObject({ responses: z.array(z.unknown()) });

type Failed = Readonly<Record<string, unknown>>;

export interface SpoiledBatch {
  /** The batch without the items that fail. */
  readonly request: WireRequest;
  /** Puts the failed items into the answer, as Graph lists them: among the others, in any order. */
  withFailures(response: WireResponse): WireResponse;
}

/**
 * Graph throttles and fails the items of a `$batch` one by one, so faults meant for an operation must find it in there
 * too. Items fail with a status only; whatever depends on a failed one is not tried and answers 424.
 */
export function spoilBatch(
  request: WireRequest,
  faults: FaultMatcher,
  nowInMs: number,
): SpoiledBatch | undefined {
  if (request.method !== "POST" || !/^\/(?:v1\.0|beta)\/\$batch\/?$/.test(request.url.pathname))
    return undefined;
  const batch = Batch.safeParse(jsonOf(request.body));
  if (!batch.success) return undefined;
  const failed = new Map<string, Failed>();
  const kept: z.infer<typeof Item>[] = [];
  for (const item of batch.data.requests) {
    const single = singleRequest(request, item);
    const rule = single && faults.match("graph", single);
    if (single && rule && typeof rule.answer === "number") {
      failed.set(
        item.id,
        itemAnswer(
          item.id,
          failureResponse("graph", { status: rule.answer, nowInMs, ...pick(rule) }, single),
        ),
      );
    } else if (single && item.dependsOn?.some((id) => failed.has(id))) {
      const unmet = { status: 424, code: "FailedDependency", nowInMs };
      failed.set(item.id, itemAnswer(item.id, failureResponse("graph", unmet, single)));
    } else {
      kept.push(item);
    }
  }
  if (failed.size === 0) return undefined;
  return {
    request: { ...request, body: Buffer.from(JSON.stringify({ ...batch.data, requests: kept })) },
    withFailures: (response) => {
      const answer = Answer.safeParse(response.body);
      const responses = [
        ...(answer.success && kept.length > 0 ? answer.data.responses : []),
        ...failed.values(),
      ];
      // An empty batch is refused; what is left of one whose items all fail is not Graph's business.
      return {
        ...(kept.length > 0 ? response : { status: 200 }),
        body: { ...answer.data, responses },
      };
    },
  };
}

function pick({ code, retryAfterInS }: { readonly code?: string; readonly retryAfterInS?: number }) {
  return { code, retryAfterInS };
}

function singleRequest(
  request: WireRequest,
  { method, url, body }: z.infer<typeof Item>,
): WireRequest | undefined {
  const version = request.url.pathname.split("/")[1] ?? "v1.0";
  const whole = URL.parse(`https://${request.host}/${version}/${url.replace(/^\/+/, "")}`);
  return (
    (whole && {
      ...request,
      method: method.toUpperCase(),
      url: whole,
      body: Buffer.from(JSON.stringify(body ?? null)),
    }) ??
    undefined
  );
}

function itemAnswer(id: string, { status, headers, body }: WireResponse): Failed {
  return { id, status, headers, body };
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}
