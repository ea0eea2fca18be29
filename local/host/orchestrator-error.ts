import { z } from "zod";

/** What durable-functions puts between an orchestrator's error and the state it got to. */
const stateMarker = "\n\n$OutOfProcData$:";

const State = z.object({ error: z.string() });

/**
 * The error of an orchestrator as a person wants to read it. durable-functions sends the whole state along in the
 * message, inputs of activities included, and loses the stack.
 */
export function readableError(error: Error): Error {
  const at = error.message.indexOf(stateMarker);
  if (at < 0) return error;
  const state = error.message.slice(at + stateMarker.length);
  const message = errorIn(state) ?? error.message.slice(0, at);
  const readable = new Error(message);
  readable.stack = `Error: ${message}`;
  return readable;
}

function errorIn(state: string): string | undefined {
  try {
    return State.parse(JSON.parse(state)).error;
  } catch {
    return undefined;
  }
}
