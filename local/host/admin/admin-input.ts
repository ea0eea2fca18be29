import type { LoadedFunction } from "../function-runner.ts";
import { methodsOf } from "../http/http-routes.ts";
import type { TypedData } from "../worker/rpc.ts";

/** Trigger data for a function run through the admin API: the input as it is, or as the body of a request. */
export function adminInput(target: LoadedFunction, input: string, baseUrl: string): TypedData {
  if (target.kind !== "http") return { string: input };
  return {
    http: {
      method: methodsOf(target)[0] ?? "POST",
      url: `${baseUrl}/admin/functions/${target.name}`,
      headers: {},
      query: {},
      params: {},
      body: { string: input },
    },
  };
}
