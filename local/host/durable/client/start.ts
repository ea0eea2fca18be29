import { randomUUID } from "node:crypto";

import type { HostResponse } from "../../http-message.ts";
import type { Engine } from "../engine.ts";
import { hasEnded, type Instance } from "../store/rows.ts";
import { json, problem } from "./answers.ts";
import type { Call } from "./call.ts";
import { instanceStatus } from "./instance-status.ts";
import { managementLinks } from "./links.ts";
import { readBoolean, readJson, readNumber } from "./request-reading.ts";

const RETRY_AFTER_IN_S = "10";

/** Characters that a storage key of the real extension cannot hold. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const FORBIDDEN_IN_ID = /[/\\#?\u0000-\u001f\u007f-\u009f]/;

/** Begins an orchestration. Its name is not looked up: an unknown one is accepted and waits, as on the real host. */
export async function startOrchestrator(
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
    // The SDK sends the empty text for no input, as JSON, so that an orchestrator's default for undefined is never taken.
    input: body.kind === "none" ? null : body.text,
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
    "retry-after": RETRY_AFTER_IN_S,
  });
}

function newInstanceId(): string {
  return randomUUID().replaceAll("-", "");
}

/** Begins an orchestration anew with the input of an earlier instance. */
export async function restart(call: Call, instance: Instance | undefined): Promise<HostResponse> {
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
