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
  /** What only this deed would name, if anything: a key id, an assignment's name. Then a row has to name it. */
  readonly terms: readonly string[];
  /** Done after this and by that, as looks saw: of rows that name nothing telling, others are of something else. */
  readonly since: string;
  readonly until: string;
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
  asked: {
    readonly window: TimeWindow;
    readonly workspaceIds: readonly string[];
    /** What we did ourselves is none of it: a cut is called as its undoing is. */
    readonly ownIds: readonly string[];
  },
): Promise<ReadonlyMap<string, Doer>> {
  const { window, workspaceIds, ownIds } = asked;
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
  ]
    .filter(({ actor }) => actor.objectId === null || !ownIds.includes(actor.objectId))
    .map((event) => ({ event, text: JSON.stringify(event.row).toLowerCase() }));
  return new Map(
    deeds.flatMap((deed) => {
      const doer = doerOf(deed, events);
      return doer === null ? [] : [[deed.key, doer] as const];
    }),
  );
}

function doerOf(
  { ids, terms, since, until, operation }: Deed,
  events: readonly { readonly event: LoggedEvent; readonly text: string }[],
): Doer | null {
  const names = (text: string, wanted: readonly string[]) =>
    wanted.some((it) => text.includes(it.toLowerCase()));
  const [latest] = events
    .filter(
      ({ event: { activity }, text }) =>
        activity.outcome !== "failure" &&
        operation.test(activity.operation) &&
        activity.at <= until &&
        (terms.length > 0 ? names(text, terms) : activity.at > since && names(text, ids)),
    )
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
