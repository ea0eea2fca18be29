import { z } from "zod";
import type { ArmClient } from "./arm.ts";
import type { Azure } from "./azure.ts";
import { type Answer, notUnderstood } from "./failure.ts";
import type { GraphClient } from "./graph.ts";

/**
 * Azure for one look at it: what is read twice is asked once, so that sixty secrets of one application cost one read, not
 * sixty. Limits: only reads by path; let go of it when the look is over, since it never asks again.
 */
export function oneLook(azure: Azure): Azure {
  const known = new Map<string, Promise<Answer<unknown>>>();
  const once = async <T>(
    key: readonly unknown[],
    schema: z.ZodType<T>,
    ask: () => Promise<Answer<unknown>>,
  ): Promise<Answer<T>> => {
    const text = JSON.stringify(key);
    const asked = known.get(text) ?? ask();
    known.set(text, asked);
    const answer = await asked;
    if (answer.kind === "failed") return answer;
    const parsed = schema.safeParse(answer.value);
    return parsed.success
      ? { ...answer, value: parsed.data }
      : { kind: "failed", failure: notUnderstood(answer.status, answer.requestId) };
  };
  const graph: GraphClient = {
    ...azure.graph,
    get: (path, schema, options = {}) =>
      once(["graph", path, options], schema, () => azure.graph.get(path, z.unknown(), options)),
    list: (path, item, options = {}) =>
      once(["graph list", path, options], z.array(item), () => azure.graph.list(path, z.unknown(), options)),
  };
  const arm: ArmClient = {
    ...azure.arm,
    get: (path, apiVersion, schema) =>
      once(["arm", path, apiVersion], schema, () => azure.arm.get(path, apiVersion, z.unknown())),
    list: (path, apiVersion, item) =>
      once(["arm list", path, apiVersion], z.array(item), () =>
        azure.arm.list(path, apiVersion, z.unknown()),
      ),
  };
  return { ...azure, graph, arm };
}
