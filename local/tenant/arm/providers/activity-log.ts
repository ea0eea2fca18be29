import { type ActivityFacts, claimTexts } from "../../logs/rows/activity.ts";
import type { ActivityEvent, JsonObject } from "../../state/azure/model.ts";
import { isAtOrBelow, parseResourceId } from "../../state/azure/resource-id.ts";
import { statusText } from "../activity.ts";
import { type ArmAnswer, type ArmCall, inSubscription, type Route } from "../call.ts";
import { notModelled } from "../errors.ts";
import { ACTIVITY_LOG_DAYS, ACTIVITY_LOG_PAGE } from "../limits.ts";
import { nextLinkTo, parameter } from "../paging.ts";

const DAY_IN_MS = 86_400_000;

interface ActivityFilter {
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly matches: readonly ((event: JsonObject) => boolean)[];
}

type Parsed =
  | { readonly kind: "filter"; readonly filter: ActivityFilter }
  | { readonly kind: "unknown"; readonly clause: string };

const FIELDS: Readonly<Record<string, (event: JsonObject) => string>> = {
  resourcegroupname: (event) => text(event["resourceGroupName"]),
  resourceprovider: (event) => nested(event, "resourceProviderName"),
  resourceuri: (event) => text(event["resourceId"]),
  resourceid: (event) => text(event["resourceId"]),
  correlationid: (event) => text(event["correlationId"]),
  caller: (event) => text(event["caller"]),
  status: (event) => nested(event, "status"),
  resourcetype: (event) => nested(event, "resourceType"),
};

/** `eventTimestamp ge 2026-11-19T19:47:39.897059 and resourceGroupName eq 'rg1'`: az leaves out quotes and the Z. */
function parseFilter(filter: string): Parsed {
  let from: number | undefined;
  let to: number | undefined;
  const matches: ((event: JsonObject) => boolean)[] = [];
  for (const clause of filter.split(/\s+and\s+/i).map((part) => part.trim())) {
    const [, name = "", operator = "", value = ""] =
      /^(\w+)\s+(eq|ge|le)\s+'?((?:[^']|'')*?)'?$/i.exec(clause) ?? [];
    const field = name.toLowerCase();
    if (field === "eventtimestamp" && operator.toLowerCase() !== "eq") {
      const at = Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(value) ? value : `${value}Z`);
      if (Number.isNaN(at)) return { kind: "unknown", clause };
      if (operator.toLowerCase() === "ge") from = at;
      else to = at;
    } else if (field === "eventchannels" || field === "levels") {
      // Every event here is of the channels that are asked for; levels are not told apart.
      if (field === "levels") return { kind: "unknown", clause };
    } else {
      const read = FIELDS[field];
      if (!read || operator.toLowerCase() !== "eq") return { kind: "unknown", clause };
      const wanted = value.replaceAll("''", "'").toLowerCase();
      const isPlace = field === "resourceuri" || field === "resourceid";
      matches.push((event) =>
        isPlace ? isAtOrBelow(read(event), wanted) : read(event).toLowerCase() === wanted,
      );
    }
  }
  return { kind: "filter", filter: { from, to, matches } };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function nested(event: JsonObject, key: string): string {
  const value = event[key];
  return typeof value === "object" && value !== null && "value" in value ? text(value["value"]) : "";
}

function list(call: ArmCall): ArmAnswer {
  const raw = parameter(call, "$filter") ?? "";
  const parsed = parseFilter(raw);
  if (parsed.kind === "unknown") return notModelled(`the filter "${parsed.clause}" on the activity log`);
  const { from, to, matches } = parsed.filter;
  if (from !== undefined && from < call.nowInMs - ACTIVITY_LOG_DAYS * DAY_IN_MS) {
    return flatError("The start time cannot be more than 90 days in the past.");
  }
  if (from === undefined) {
    // guess: a filter without a start is refused; text not captured.
    return flatError("The filter must contain an eventTimestamp start.");
  }
  const subscription = `/subscriptions/${parseResourceId(call.path).subscriptionId ?? ""}`;
  const found = call.azure.activity
    .filter(
      ({ facts }) =>
        facts.at >= from &&
        (to === undefined || facts.at <= to) &&
        isAtOrBelow(facts.resourceId, subscription),
    )
    .map(wireEvent)
    .filter((event) => matches.every((match) => match(event)))
    .toReversed();
  return paged(call, found);
}

function paged(call: ArmCall, events: readonly JsonObject[]): ArmAnswer {
  const skip = Number(/^US1:(\d+):/.exec(parameter(call, "$skipToken") ?? "")?.[1] ?? "0");
  const value = events.slice(skip, skip + ACTIVITY_LOG_PAGE);
  const next = skip + ACTIVITY_LOG_PAGE;
  return {
    status: 200,
    from: "provider",
    headers: { "x-ms-request-id": `WestUS_${call.request.id.replaceAll("-", "")}_${ticks(call.nowInMs)}` },
    body: {
      ...(next < events.length
        ? { nextLink: nextLinkTo(call, `US1:${String(next).padStart(19, "0")}:11e76b2b;EU1`) }
        : {}),
      value,
    },
  };
}

function flatError(message: string): ArmAnswer {
  return { status: 400, from: "provider", body: { code: "BadRequest", message } };
}

/** .NET ticks: tenths of microseconds since the year 1. */
function ticks(atInMs: number): string {
  return String(BigInt(Math.trunc(atInMs)) * 10_000n + 621_355_968_000_000_000n);
}

const STATUS: Readonly<Record<ActivityFacts["status"], string>> = {
  Start: "Started",
  Success: "Succeeded",
  Failure: "Failed",
  Accept: "Accepted",
};

/** An event as `eventtypes/management/values` serves it, its keys in the order seen. */
function wireEvent({ facts, tenantId }: ActivityEvent): JsonObject {
  const { subscriptionId = "", resourceGroup = "" } = parseResourceId(facts.resourceId);
  const isStart = facts.status === "Start";
  const namespace = facts.operation.split("/")[0] ?? "";
  const type = facts.operation.split("/").slice(0, -1).join("/");
  const at = new Date(facts.at).toISOString().replace("Z", "0000Z");
  const localized = (value: string) => ({ value, localizedValue: value });
  const { evidence, ...authorization } = facts.authorization;
  return {
    authorization: {
      ...authorization,
      ...(evidence === undefined
        ? {}
        : {
            evidence: Object.fromEntries(Object.entries(evidence).map(([key, value]) => [key, value ?? ""])),
          }),
    },
    caller: facts.caller,
    channels: "Operation",
    claims: claimTexts(facts.claims),
    correlationId: facts.correlationId,
    description: "",
    eventDataId: facts.eventDataId,
    eventName: isStart
      ? { value: "BeginRequest", localizedValue: "Begin request" }
      : { value: "EndRequest", localizedValue: "End request" },
    category: localized(facts.category ?? "Administrative"),
    httpRequest: {
      clientRequestId: facts.correlationId,
      clientIpAddress: facts.callerIpAddress,
      method: facts.method ?? "",
    },
    id: `${facts.resourceId}/events/${facts.eventDataId}/ticks/${ticks(facts.at)}`,
    level: facts.status === "Failure" ? "Error" : "Informational",
    resourceGroupName: resourceGroup,
    resourceProviderName: localized(namespace),
    resourceId: facts.resourceId,
    resourceType: localized(type),
    operationId: facts.operationId ?? facts.correlationId,
    operationName: localized(facts.operation),
    ...(facts.properties === undefined ? {} : { properties: facts.properties }),
    status: localized(STATUS[facts.status]),
    subStatus: isStart
      ? { value: "" }
      : {
          value: facts.httpStatusText ?? statusText(facts.httpStatus),
          localizedValue: `${statusText(facts.httpStatus)} (HTTP Status Code: ${facts.httpStatus})`,
        },
    eventTimestamp: at,
    submissionTimestamp: at,
    subscriptionId,
    tenantId,
  };
}

export const activityLogRoutes: readonly Route[] = [
  {
    method: "GET",
    template: inSubscription("Microsoft.Insights/eventtypes/management/values"),
    handle: list,
  },
];
