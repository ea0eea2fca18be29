import { app, type HttpMethod, type InvocationContext } from "@azure/functions";
import * as df from "durable-functions";
import type { HttpResponseInit } from "@azure/functions";
import type { DurableClient } from "durable-functions";
import type { AppRole } from "../src/access/caller.ts";
import { route, type Visit } from "../src/api/route.ts";
import type { ActivityReference, Payload } from "../src/respond/flow.ts";
import { startWord, type Telling } from "../src/respond/start-word.ts";
import { type Tourniquet, tourniquet } from "../src/tourniquet.ts";

/** Registers an activity under its own name, with the types its reference promises. */
export function registerActivity<Input extends Payload, Output extends Payload>(
  reference: ActivityReference<Input, Output>,
  run: (app: Tourniquet, input: Input) => Promise<Output>,
): void {
  df.app.activity(reference.name, {
    handler: async (input: Input, context): Promise<Output> => {
      const ours = await tourniquet();
      const output = await run(ours, input);
      await logHead(ours, input, context);
      return output;
    },
  });
}

/**
 * The record's head goes to the logs, a place more that an attacker of the record would have to own. What the handle has
 * seen last is enough, so it costs no request; that it could not be read must not undo what the activity did.
 */
async function logHead(ours: Tourniquet, input: Payload, context: InvocationContext): Promise<void> {
  if (!("caseId" in input) || typeof input.caseId !== "string") return;
  try {
    const { seq, hash } = await ours.record(input.caseId).head();
    if (seq > 0) context.log(`record of ${input.caseId}: ${seq} entries, head ${hash}`);
  } catch (error) {
    context.warn("the record's head could not be read", error instanceof Error ? error.name : "");
  }
}

/** An activity after which people are told something. Telling neither fails nor holds up what the activity did. */
export function registerTellingActivity<Input extends Payload, Output extends Payload>(
  reference: ActivityReference<Input, Output>,
  run: (app: Tourniquet, input: Input) => Promise<Output>,
  telling: (app: Tourniquet, input: Input, output: Output) => Promise<Telling | null>,
): void {
  df.app.activity(reference.name, {
    extraInputs: [df.input.durableClient()],
    handler: async (input: Input, context): Promise<Output> => {
      const ours = await tourniquet();
      const output = await run(ours, input);
      await logHead(ours, input, context);
      try {
        const wanted = await telling(ours, input, output);
        if (wanted !== null && !(await startWord(df.getClient(context), wanted))) {
          context.warn(`telling of "${wanted.occasion}" could not be started`);
        }
      } catch (error) {
        context.warn("telling could not be started", error instanceof Error ? error.name : "");
      }
      return output;
    },
  });
}

interface HttpRegistration {
  readonly name: string;
  readonly method: HttpMethod;
  /** Below the prefix in host.json. */
  readonly path: string;
  readonly role: AppRole;
  /** What else happens when a caller without the role tries. */
  readonly whenForbidden?: (visit: Visit) => Promise<void>;
}

/** A route of the API. Function keys are not used: every caller has an identity of their own. */
export function registerRoute(
  { name, method, path, role, whenForbidden }: HttpRegistration,
  handle: (visit: Visit, client: DurableClient) => Promise<HttpResponseInit>,
): void {
  app.http(name, {
    methods: [method],
    route: path,
    authLevel: "anonymous",
    extraInputs: [df.input.durableClient()],
    handler: route(role, (visit) => handle(visit, df.getClient(visit.context)), whenForbidden),
  });
}
