import type { HostResponse } from "../../http-message.ts";
import { hasEnded, type Instance } from "../store/rows.ts";
import { empty, json, problem } from "./answers.ts";
import type { Call } from "./call.ts";
import { historyView } from "./history-view.ts";
import { instanceStatus } from "./instance-status.ts";
import { readBoolean, readJson, requestUrl } from "./request-reading.ts";
import { restart } from "./start.ts";

const RETRY_AFTER_IN_S = "5";

/** Shows or purges one instance. */
export function answerInstance(call: Call, instanceId: string): HostResponse {
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
      "retry-after": RETRY_AFTER_IN_S,
    });
  const asError = readBoolean(query, "returnInternalServerErrorOnFailure") === true;
  return json(instance.status === "Failed" && asError ? 500 : 200, status);
}

/** Does something to one instance: raiseEvent, terminate, suspend, resume, rewind, restart. */
export async function answerOperation(
  call: Call,
  instanceId: string,
  operation: string,
  eventName: string | undefined,
): Promise<HostResponse> {
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
  // No body is no JSON either: an event without data has to carry null.
  if (body.kind !== "json")
    return problem(400, "Invalid JSON content", body.kind === "invalid" ? body.error : undefined);
  engine.raiseEvent(instance.instanceId, eventName, body.text);
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

function refuseIn(instance: Instance, operation: string): HostResponse {
  return problem(
    500,
    "Something went wrong while processing your request",
    new RangeError(`Cannot ${operation} orchestration instance in the ${instance.status} state.`),
  );
}
