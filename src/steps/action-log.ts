import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import type { Answer } from "../azure/failure.ts";

const API = "2015-04-01";
const LONGEST_IN_MS = 89 * 86_400_000;
const OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier";

const Named = z.object({ value: z.string() });
const Event = z.object({
  operationName: Named,
  status: Named,
  correlationId: z.string(),
  eventTimestamp: z.string(),
  claims: z.record(z.string(), z.string()).nullish(),
});

/** What a step looks for in the activity log. */
export interface ActionSought {
  readonly resourceId: string;
  /** `Microsoft.Web/sites/newpassword/action` */
  readonly action: string;
  /** Only what happened after this counts. */
  readonly since: string;
  /** Whose own calls prove nothing: an attacker who resets a password knows the new one. */
  readonly notBy: readonly string[];
}

/**
 * How often an action was accepted since then. Some changes leave nothing to read back but this: a new publishing password,
 * revoked delegation keys, rotated certificates. Limits: Azure shows an event some minutes after it happened, for 90 days.
 */
export async function timesDone(azure: Azure, sought: ActionSought): Promise<Answer<number>> {
  const { resourceId, action, since, notBy } = sought;
  const earliest = new Date(azure.now().getTime() - LONGEST_IN_MS).toISOString();
  const from = since > earliest ? since : earliest;
  const subscription = /^\/subscriptions\/[^/]+/i.exec(resourceId)?.[0];
  if (subscription === undefined) throw new TypeError(`${resourceId} is in no subscription`);
  const filter = `eventTimestamp ge '${from}' and resourceUri eq '${resourceId.replaceAll("'", "''")}'`;
  const answer = await azure.arm.list(
    `${subscription}/providers/Microsoft.Insights/eventtypes/management/values?$filter=${encodeURIComponent(filter)}`,
    API,
    Event,
  );
  if (answer.kind === "failed") return answer;
  const done = answer.value.filter(
    ({ operationName, status, eventTimestamp, claims }) =>
      operationName.value.toLowerCase() === action.toLowerCase() &&
      /^(?:succeeded|accepted)$/i.test(status.value) &&
      // The filter's edge is inclusive, and what the suspect took may have been taken in that very moment.
      Date.parse(eventTimestamp) > Date.parse(since) &&
      !notBy.includes(claims?.[OBJECT_ID]?.toLowerCase() ?? ""),
  );
  return { ...answer, value: new Set(done.map(({ correlationId }) => correlationId)).size };
}
