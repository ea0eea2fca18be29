import type { HttpResponseInit } from "@azure/functions";
import { SettingsError } from "../settings.ts";
import { tourniquet } from "../tourniquet.ts";
import { json } from "./problem.ts";

/**
 * `GET /health`: whether the app can do its work, for a monitor and for the person who just deployed it. Open, so it says
 * which settings are wrong but never a value, an id or a name.
 */
export async function getHealth(): Promise<HttpResponseInit> {
  try {
    const app = await tourniquet();
    const { kind } = await app.immutability();
    return json(200, {
      status: "ready",
      // `locked`, or what it is instead: the record then shows a change, but the store does not refuse it.
      records: kind,
      policy:
        app.policy.rules.length === 0 ? "none: scope and plan only" : `${app.policy.rules.length} rules`,
    });
  } catch (error) {
    if (error instanceof SettingsError)
      return json(503, { status: "misconfigured", problems: error.problems });
    return json(503, { status: "not ready", problems: ["storage or identity cannot be reached"] });
  }
}
