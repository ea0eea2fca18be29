import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from "@azure/functions";
import { type AppRole, type Gate, openGate } from "../access/caller.ts";
import type { CallerReference } from "../case/case.ts";
import { type Tourniquet, tourniquet } from "../tourniquet.ts";
import { problem } from "./problem.ts";

export interface Visit {
  readonly app: Tourniquet;
  readonly request: HttpRequest;
  readonly context: InvocationContext;
  readonly caller: CallerReference;
}

let gate: { readonly key: string; readonly gate: Gate } | undefined;

/** One gate a process: it keeps Entra's signing keys. */
function gateOf({ settings }: Tourniquet): Gate {
  const key = `${settings.tenantId} ${settings.apiClientId}`;
  if (gate?.key !== key) gate = { key, gate: openGate(settings.tenantId, settings.apiClientId) };
  return gate.gate;
}

/**
 * A route for callers with a role. Everything that goes wrong leaves as a problem document: what is the caller's fault
 * with its reason, what is ours with an id to look up, never with a stack or a value.
 */
export function route(
  role: AppRole,
  handle: (visit: Visit) => Promise<HttpResponseInit>,
  whenForbidden?: (visit: Visit) => Promise<void>,
): HttpHandler {
  return async (request, context) => {
    try {
      const app = await tourniquet();
      const admission = await gateOf(app).admit(request.headers.get("authorization"), role);
      switch (admission.kind) {
        case "unauthenticated":
          return {
            ...problem(401, "UNAUTHENTICATED", `A bearer token for this API is needed (${admission.why}).`),
            headers: { "content-type": "application/problem+json", "www-authenticate": "Bearer" },
          };
        case "forbidden":
          await whenForbidden?.({ app, request, context, caller: admission.caller });
          return problem(403, "ROLE_MISSING", `The app role ${admission.needs} is needed.`, {
            needs: admission.needs,
          });
        case "admitted":
          return await handle({ app, request, context, caller: admission.caller });
        default:
          return admission satisfies never;
      }
    } catch (error) {
      return internalError(error, context);
    }
  };
}

export function internalError(error: unknown, context: InvocationContext): HttpResponseInit {
  const code =
    error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "UNEXPECTED";
  context.error(`${context.functionName} failed`, error);
  return problem(500, code, "This is our fault. The invocation id finds it in the logs.", {
    invocationId: context.invocationId,
  });
}
