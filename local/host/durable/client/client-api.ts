import { randomUUID } from "node:crypto";

import type { HostRequest, HostResponse } from "../../http-message.ts";
import type { Engine } from "../engine.ts";
import { hasEnded, type Instance } from "../store/rows.ts";
import { empty, json, problem } from "./answers.ts";
import { historyView } from "./history-view.ts";
import { instanceStatus } from "./instance-status.ts";
import { type LinkOptions, managementLinks, WEBHOOK_PATH } from "./links.ts";
import { matches, queryPage, readFilter } from "./query.ts";

export interface ClientApiOptions {
  readonly engine: Engine;
  readonly defaultVersion: string | null;
  now(): number;
  links(): LinkOptions;
}

const DEFAULT_PAGE_SIZE = 100;
const RETRY_AFTER_START_IN_S = "10";
const RETRY_AFTER_STATUS_IN_S = "5";

/** Characters that a storage key of the real extension cannot hold. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const FORBIDDEN_IN_ID = /[/\\#?\u0000-\u001f\u007f-\u009f]/;

/** Answers the SDK's calls and the management webhooks; undefined for a path that is neither's. */
export async function answerClient(
  options: ClientApiOptions,
  request: HostRequest,
): Promise<HostResponse | undefined> {
  const path = pathBelow(request.path);
  if (path === undefined) return undefined;
  const call: Call = { ...options, request, isPost: request.method === "POST" };
  const [collection, first, second, third, ...more] = path;
  if (more.length > 0) return empty(404);
  switch (collection?.toLowerCase()) {
    case "orchestrators":
      if (!call.isPost || first === undefined || third !== undefined) return empty(404);
      return await startOrchestrator(call, first, second);
    case "instances":
      if (first === undefined) return answerInstances(call);
      if (second === undefined) return answerInstance(call, first);
      return await answerOperation(call, first, second.toLowerCase(), third);
    case "entities":
      return problem(
        501,
        "Durable entities are not supported by the embedded host. Use Azure Functions Core Tools for apps that need them.",
      );
    default:
      return empty(404);
  }
}

interface Call extends ClientApiOptions {
  readonly request: HostRequest;
  readonly isPost: boolean;
}

/** The decoded segments below the API's root. An encoded slash counts as a slash, as in the real extension. */
function pathBelow(path: string): string[] | undefined {
  if (!`${path}/`.toLowerCase().startsWith(`${WEBHOOK_PATH}/`)) return undefined;
  const below = path.slice(WEBHOOK_PATH.length);
  try {
    return trimSlashes(decodeURIComponent(below)).split("/");
  } catch {
    return trimSlashes(below).split("/");
  }
}

function trimSlashes(text: string): string {
  return text.replaceAll(/^\/+|\/+$/g, "");
}

async function startOrchestrator(
  call: Call,
  name: string,
  askedId: string | undefined,
): Promise<HostResponse> {
  const body = readJson(call.request);
  if (body.kind === "invalid") return problem(400, "Invalid JSON content", body.error);
  return await begin(call, {
    instanceId: askedId === undefined || askedId === "" ? newInstanceId() : askedId,
    name,
    version: call.request.query.get("version") ?? call.defaultVersion,
    // No body is the empty text, never undefined: an orchestrator's default for a missing input is never taken.
    input: body.kind === "none" ? '""' : body.text,
  });
}

async function begin(call: Call, instance: Parameters<Engine["start"]>[0]): Promise<HostResponse> {
  const { engine, request } = call;
  if (FORBIDDEN_IN_ID.test(instance.instanceId))
    return problem(
      400,
      "One or more of the arguments submitted is incorrect",
      new RangeError(
        `Orchestration instance ids must not contain /, \\, #, ?, or control characters (orchestrator '${instance.name}').`,
      ),
    );
  const begun = engine.start(instance);
  if (begun.kind === "already-there")
    return problem(409, `An Orchestration instance with the status ${begun.existing.status} already exists.`);
  const timeoutInS = readNumber(request.query.get("timeout"));
  const intervalInS = readNumber(request.query.get("pollingInterval"));
  if (timeoutInS !== undefined && intervalInS !== undefined) {
    await engine.waitForEnd(instance.instanceId, timeoutInS * 1000);
    const now = engine.store.instance(instance.instanceId);
    if (now !== undefined && hasEnded(now.status)) {
      const status = instanceStatus(now, { showInput: true });
      return json(200, now.status === "Completed" ? status.output : status);
    }
  }
  const { rewindPostUri: _, ...links } = managementLinks(call.links(), instance.instanceId);
  return json(202, links, {
    location: links.statusQueryGetUri,
    "retry-after": RETRY_AFTER_START_IN_S,
  });
}

function newInstanceId(): string {
  return randomUUID().replaceAll("-", "");
}

function answerInstances(call: Call): HostResponse {
  const { engine, request } = call;
  const { query } = request;
  const filter = readFilter(query);
  if (request.method === "GET") {
    const size = Math.max(1, readNumber(query.get("top")) ?? DEFAULT_PAGE_SIZE);
    const token = request.headers["x-ms-continuation-token"];
    const page = queryPage(engine.store, filter, size, token === "" ? undefined : token);
    const showInput = readBoolean(query, "showInput") ?? true;
    return json(
      200,
      page.instances.map((it) => instanceStatus(it, { showInput })),
      page.continuation === undefined ? {} : { "x-ms-continuation-token": page.continuation },
    );
  }
  if (request.method !== "DELETE") return empty(404);
  if (filter.createdFrom === undefined)
    return json(400, "Please provide value for 'createdTimeFrom' parameter.");
  const bounded = { ...filter, createdTo: filter.createdTo ?? call.now() };
  const purged = [...engine.store.instancesAfter("")].filter(
    (it) => hasEnded(it.status) && matches(it, bounded),
  );
  if (purged.length === 0) return empty(404);
  engine.purge(purged);
  return json(200, { instancesDeleted: purged.length });
}

function answerInstance(call: Call, instanceId: string): HostResponse {
  const { engine, request } = call;
  const instance = engine.store.instance(instanceId);
  switch (request.method) {
    case "GET":
      if (instance === undefined) return empty(404);
      return answerStatus(call, instance);
    case "DELETE":
      if (instance === undefined) return empty(404);
      engine.purge([instance]);
      return json(200, { instancesDeleted: 1 });
    default:
      return empty(404);
  }
}

function answerStatus({ engine, request }: Call, instance: Instance): HostResponse {
  const { query } = request;
  const showInput = readBoolean(query, "showInput") ?? true;
  const showsHistory = readBoolean(query, "showHistory") === true && instance.status !== "Pending";
  const status = instanceStatus(instance, {
    showInput,
    ...(showsHistory
      ? {
          history: historyView(
            engine.store.history(instance.executionId).map((it) => it.event),
            { showInput, showOutput: readBoolean(query, "showHistoryOutput") ?? false },
          ),
        }
      : {}),
  });
  if (!hasEnded(instance.status))
    return json(202, status, {
      location: requestUrl(request),
      "retry-after": RETRY_AFTER_STATUS_IN_S,
    });
  const asError = readBoolean(query, "returnInternalServerErrorOnFailure") === true;
  return json(instance.status === "Failed" && asError ? 500 : 200, status);
}

async function answerOperation(
  call: Call,
  instanceId: string,
  operation: string,
  eventName: string | undefined,
): Promise<HostResponse> {
  if (!call.isPost) return empty(404);
  const { engine, request } = call;
  const instance = engine.store.instance(instanceId);
  if (operation === "raiseevent") return raiseEvent(call, instance, eventName);
  if (eventName !== undefined) return empty(404);
  if (operation === "restart") return await restart(call, instance);
  if (instance === undefined) return empty(404);
  if (operation === "rewind") return rewind(instance);
  const reason = request.query.get("reason") ?? "";
  switch (operation) {
    case "terminate":
      if (hasEnded(instance.status)) return empty(410);
      engine.terminate(instanceId, reason);
      return empty(202);
    case "suspend":
      if (hasEnded(instance.status)) return empty(410);
      if (instance.status === "Suspended") return refuseIn(instance, "suspend");
      engine.suspend(instanceId, reason);
      return empty(202);
    case "resume":
      if (hasEnded(instance.status)) return empty(410);
      if (instance.status !== "Suspended") return refuseIn(instance, "resume");
      engine.resume(instanceId, reason);
      return empty(202);
    default:
      return empty(404);
  }
}

function raiseEvent(
  { engine, request }: Call,
  instance: Instance | undefined,
  eventName: string | undefined,
): HostResponse {
  if (instance === undefined || eventName === undefined) return empty(404);
  if (hasEnded(instance.status)) return empty(410);
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") return problem(400, "Only application/json request content is supported");
  const body = readJson(request);
  if (body.kind === "invalid") return problem(400, "Invalid JSON content", body.error);
  engine.raiseEvent(instance.instanceId, eventName, body.kind === "none" ? null : body.text);
  return empty(202);
}

/** The texts are read by the SDK and thrown at the caller. */
function rewind(instance: Instance): HostResponse {
  if (instance.status !== "Failed")
    return json(
      412,
      `This orchestration has status ${instance.status}, but only orchestrations in the "Failed" state can be rewound.`,
    );
  return json(
    501,
    "The rewind operation is not supported by the embedded host. Start the orchestration again, or use Azure Functions Core Tools.",
  );
}

async function restart(call: Call, instance: Instance | undefined): Promise<HostResponse> {
  if (instance === undefined)
    return problem(400, "InstanceId does not match a valid orchestration instance.");
  const isNewId = readBoolean(call.request.query, "restartWithNewInstanceId") ?? true;
  const { name, version, input } = instance;
  return await begin(call, {
    instanceId: isNewId ? newInstanceId() : instance.instanceId,
    name,
    version,
    input,
  });
}

function refuseIn(instance: Instance, operation: string): HostResponse {
  return problem(
    500,
    "Something went wrong while processing your request",
    new RangeError(`Cannot ${operation} orchestration instance in the ${instance.status} state.`),
  );
}

type Body =
  | { readonly kind: "none" }
  | { readonly kind: "json"; readonly text: string }
  | { readonly kind: "invalid"; readonly error: Error };

function readJson({ body }: HostRequest): Body {
  const text = new TextDecoder().decode(body).trim();
  if (text === "") return { kind: "none" };
  try {
    JSON.parse(text);
    return { kind: "json", text };
  } catch (error) {
    return { kind: "invalid", error: error instanceof Error ? error : new Error(String(error)) };
  }
}

function readBoolean(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name)?.toLowerCase();
  return text === "true" ? true : text === "false" ? false : undefined;
}

function readNumber(text: string | null): number | undefined {
  const number = Number.parseFloat(text ?? "");
  return Number.isNaN(number) ? undefined : number;
}

function requestUrl({ path, query, headers }: HostRequest): string {
  const search = query.size === 0 ? "" : `?${query.toString()}`;
  return `http://${headers["host"] ?? "localhost"}${path}${search}`;
}
