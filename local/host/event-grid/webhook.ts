import type { FunctionRunner, LoadedFunction } from "../function-runner.ts";
import type { HostRequest, HostResponse } from "../http-message.ts";
import type { HostLog } from "../log.ts";

const path = /^\/runtime\/webhooks\/eventgrid\/?$/i;

/** Origins that the real extension repeats in its answer; any other caller is told the public cloud's. */
const knownOrigins = new Set([
  "eventgrid.azure.net",
  "eventgrid.azure.us",
  "eventgrid.azure.eaglex.ic.gov",
  "eventgrid.azure.microsoft.scloud",
  "eventgrid.azure.cn",
]);

/** The Event Grid extension's webhook: both handshakes, deliveries one by one or in batches, and the farewell. */
export class EventGridWebhook {
  readonly #functions: readonly LoadedFunction[];
  readonly #runner: FunctionRunner;
  readonly #log: HostLog;

  constructor(functions: readonly LoadedFunction[], runner: FunctionRunner, log: HostLog) {
    this.#functions = functions.filter((it) => it.kind === "event-grid");
    this.#runner = runner;
    this.#log = log;
  }

  /** Answers requests to the webhook; undefined for any other path. */
  async handle(request: HostRequest): Promise<HostResponse | undefined> {
    if (!path.test(request.path)) return undefined;
    const name = request.query.get("functionName") ?? "";
    // The only place where the real host minds the case of a function's name.
    const target = this.#functions.find((it) => it.name === name);
    if (target === undefined) {
      this.#say(`cannot find function: '${name}' for an Event Grid delivery`);
      return text(404, `cannot find function: '${name}'`);
    }

    if (request.method === "OPTIONS") return cloudEventsHandshake(request);
    switch ((request.headers["aeg-event-type"] ?? "").toLowerCase()) {
      case "subscriptionvalidation":
        return this.#validationHandshake(target, request);
      case "notification":
        return this.#deliver(target, request);
      case "unsubscribe":
        return { status: 202 };
      default:
        return { status: 400 };
    }
  }

  #validationHandshake(target: LoadedFunction, request: HostRequest): HostResponse {
    const code = validationCode(parse(request));
    if (code === undefined)
      return this.#refuse(target, "a subscription validation without a validation code");
    this.#say(`perform handshake with eventGrid for function: ${target.name}`);
    return text(200, JSON.stringify({ validationResponse: code }));
  }

  async #deliver(target: LoadedFunction, request: HostRequest): Promise<HostResponse> {
    const body = parse(request);
    if (typeof body !== "object" || body === null)
      return this.#refuse(target, "a delivery that is neither a JSON object nor an array");

    const events: unknown[] = Array.isArray(body) ? body : [body];
    const isBatched = target.trigger.binding["cardinality"] === "many";
    // All at once, as in the real extension; Event Grid gets one answer for the lot and sends all again on a failure.
    const invoked = await Promise.all(
      (isBatched ? [events] : events).map((event) =>
        this.#runner.run(target, { json: JSON.stringify(event) }, { triggerMetadata: metadataOf(event) }),
      ),
    );
    return invoked.every((it) => it.kind === "returned")
      ? { status: 202 }
      : text(500, `Exception while executing function: Functions.${target.name}`);
  }

  #refuse(target: LoadedFunction, what: string): HostResponse {
    this.#log({
      level: "error",
      category: `Function.${target.name}`,
      message: `${target.name}: Event Grid webhook got ${what}`,
      functionName: target.name,
    });
    return { status: 500 };
  }

  #say(message: string): void {
    this.#log({ level: "information", category: "Host.Triggers.EventGrid", message });
  }
}

function cloudEventsHandshake({ headers }: HostRequest): HostResponse {
  const origin = headers["webhook-request-origin"] ?? "";
  return {
    status: 200,
    headers: {
      "webhook-allowed-origin": knownOrigins.has(origin) ? origin : "eventgrid.azure.net",
    },
  };
}

function parse({ body }: HostRequest): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

/** The code of an Event Grid schema validation, or of a CloudEvents one, whose `data` is JSON within JSON. */
function validationCode(body: unknown): string | undefined {
  let data = property(Array.isArray(body) ? body[0] : body, "data");
  if (typeof data === "string") {
    try {
      data = JSON.parse(data);
    } catch {
      return undefined;
    }
  }
  const code = property(data, "validationCode");
  return typeof code === "string" ? code : undefined;
}

function metadataOf(event: unknown): Record<string, { json: string }> {
  const data = property(event, "data");
  return data === undefined ? {} : { data: { json: JSON.stringify(data) } };
}

function property(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

function text(status: number, body: string): HostResponse {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body };
}
