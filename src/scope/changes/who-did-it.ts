import type { TimeWindow } from "../../case/case.ts";
import { AZURE_ACTIVITY } from "../activity/azure-activity.ts";
import { readRows, rowsOf } from "../activity/collect.ts";
import { DIRECTORY_AUDIT } from "../activity/directory-audit.ts";
import { type LoggedEvent, NEWEST } from "../activity/log-source.ts";
import { byText, guidOf, kqlList } from "../identifiers.ts";
import type { Reading } from "../reading.ts";

/** Something that was done, as far as it is known from how things look. */
export interface Deed {
  readonly key: string;
  /** What it was done to. */
  readonly ids: readonly string[];
  /** What only this deed would name: a key id, an assignment's name. */
  readonly terms: readonly string[];
  /** How the logs call such a deed. */
  readonly operation: RegExp;
}

/** Who did it, as a log says. Ids only: names are chosen by whoever bears them. */
export interface Doer {
  readonly at: string;
  readonly objectId: string | null;
  readonly appId: string | null;
  readonly userPrincipalName: string | null;
  readonly address: string | null;
  readonly operation: string;
  readonly correlationId: string | null;
}

/** Who did each of these, where a log says so by now: rows arrive late, and then nobody is named. Two requests. */
export async function whoDidIt(
  reading: Reading,
  deeds: readonly Deed[],
  { window, workspaceIds }: { readonly window: TimeWindow; readonly workspaceIds: readonly string[] },
): Promise<ReadonlyMap<string, Doer>> {
  if (deeds.length === 0 || workspaceIds.length === 0) return new Map();
  const ids = [...new Set(deeds.flatMap((deed) => deed.ids.flatMap((id) => guidOf(id) ?? [])))];
  const terms = [
    ...new Set([...ids, ...deeds.flatMap((deed) => deed.terms.flatMap((term) => guidOf(term) ?? []))]),
  ];
  const nobody = { objectIds: [], appIds: [], userPrincipalNames: [], kinds: new Set<never>() };
  const audit = DIRECTORY_AUDIT.kql({ ...nobody, targetIds: ids }) ?? "";
  const azure = `AzureActivity
| where CategoryValue == "Administrative"
| where tostring(Properties_d) has_any ${kqlList(terms)} or _ResourceId has_any ${kqlList(terms)}
| project TimeGenerated, OperationNameValue, ActivityStatusValue, Caller, CallerIpAddress, Claims_d, Authorization_d, Properties_d, ResourceId = _ResourceId, CorrelationId, OperationId
${NEWEST}`;
  const [auditRows, azureRows] = await Promise.all([
    rowsOf(reading, "who did it in the directory", audit, window, workspaceIds),
    rowsOf(reading, "who did it in Azure", azure, window, workspaceIds),
  ]);
  const events = [
    ...readRows(reading, DIRECTORY_AUDIT.table, auditRows, (row) => DIRECTORY_AUDIT.read(row)),
    ...readRows(reading, AZURE_ACTIVITY.table, azureRows, (row) => AZURE_ACTIVITY.read(row)),
  ].map((event) => ({ event, text: JSON.stringify(event.row).toLowerCase() }));
  return new Map(
    deeds.flatMap((deed) => {
      const doer = doerOf(deed, events);
      return doer === null ? [] : [[deed.key, doer] as const];
    }),
  );
}

function doerOf(
  { ids, terms, operation }: Deed,
  events: readonly { readonly event: LoggedEvent; readonly text: string }[],
): Doer | null {
  const names = (text: string, wanted: readonly string[]) =>
    wanted.some((it) => text.includes(it.toLowerCase()));
  const fitting = events.filter(
    ({ event, text }) =>
      event.activity.outcome !== "failure" &&
      operation.test(event.activity.operation) &&
      names(text, [...ids, ...terms]),
  );
  const exact = fitting.filter(({ text }) => names(text, terms));
  const [latest] = (exact.length > 0 ? exact : fitting)
    .map(({ event }) => event)
    .toSorted((a, b) => byText(b.activity.at, a.activity.at));
  if (latest === undefined) return null;
  const { activity, actor } = latest;
  return {
    at: activity.at,
    ...actor,
    address: activity.address,
    operation: activity.operation,
    correlationId: activity.correlationId,
  };
}
