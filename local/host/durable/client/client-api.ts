import type { HostRequest, HostResponse } from "../../http-message.ts";
import { empty, problem } from "./answers.ts";
import type { Call, ClientApiOptions } from "./call.ts";
import { answerInstance, answerOperation } from "./instance.ts";
import { answerInstances } from "./instances.ts";
import { WEBHOOK_PATH } from "./links.ts";
import { startOrchestrator } from "./start.ts";

/** Answers the SDK's calls and the management webhooks; undefined for a path that is neither's. */
export async function answerClient(
  options: ClientApiOptions,
  request: HostRequest,
): Promise<HostResponse | undefined> {
  const path = pathBelow(request.path);
  if (path === undefined) return undefined;
  const call: Call = { ...options, request };
  const isPost = request.method === "POST";
  const [collection, first, second, third, ...more] = path;
  if (more.length > 0) return empty(404);
  switch (collection?.toLowerCase()) {
    case "orchestrators":
      if (!isPost || first === undefined || third !== undefined) return empty(404);
      return await startOrchestrator(call, first, second);
    case "instances":
      if (first === undefined) return answerInstances(call);
      if (second === undefined) return answerInstance(call, first);
      if (!isPost) return empty(404);
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
