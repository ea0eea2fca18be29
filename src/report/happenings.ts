import type { Scope } from "../case/scope.ts";
import type { RecordedEntry } from "../record/entry.ts";
import { actorName, textOf } from "./entry-reading.ts";
import { counted, shortId } from "./shown-text.ts";

export type Lane = "sign-in" | "change" | "data" | "planted" | "milestone" | "made" | "confirmed" | "found";

/** One thing that happened, the suspect's or ours. */
export interface Happening {
  readonly at: string;
  readonly lane: Lane;
  readonly what: string;
  readonly who: string;
  /** Part of the attack, as far as the evidence goes. */
  readonly suspicious: boolean;
  /** Told in the list of key moments; the rest is in the picture and the record. */
  readonly key: boolean;
}

/** What the suspects did and what was done about it, oldest first. */
export function happenings(
  scope: Scope | null,
  entries: readonly RecordedEntry[],
  stepTitle: (stepId: string) => string | null,
): readonly Happening[] {
  return [...attack(scope), ...response(entries, stepTitle)].toSorted((a, b) =>
    a.at === b.at ? 0 : a.at < b.at ? -1 : 1,
  );
}

function attack(scope: Scope | null): readonly Happening[] {
  if (scope === null) return [];
  const names = new Map(
    scope.principals.flatMap(({ principal }) =>
      [principal.objectId, principal.applicationObjectId]
        .filter((it) => it !== null)
        .map((id) => [id, principal.displayName] as const),
    ),
  );
  const nameOf = (id: string) => names.get(id) ?? id;
  const told = new Set<string>();
  const acts = scope.activity.map((it): Happening => {
    // The first of its kind tells the story; the hundredth read of the same secret does not.
    const story = `${it.principalKey} ${it.source} ${it.operation} ${it.target ?? ""} ${it.address ?? ""}`;
    const isNew = it.suspicious && it.outcome !== "failure" && !told.has(story);
    if (isNew) told.add(story);
    return {
      at: it.at,
      lane: laneOf(it.source),
      what: [
        it.operation,
        ...(it.target === null ? [] : [`on ${shortId(it.target)}`]),
        ...(it.address === null
          ? []
          : [`from ${it.address}${it.country === null ? "" : ` (${it.country})`}`]),
        ...(it.outcome === "failure" ? ["(refused)"] : []),
        ...(it.expanded == null ? [] : [`— ${it.expanded}`]),
      ].join(" "),
      who: nameOf(it.principalKey),
      suspicious: it.suspicious,
      key: isNew,
    };
  });
  const planted = scope.planted.map((it): Happening => ({
    at: it.at,
    lane: "planted",
    what: `Planted ${it.kind} on ${it.onName ?? shortId(it.onId)}: ${it.evidence}`,
    who: nameOf(it.by),
    suspicious: true,
    key: true,
  }));
  return [...acts, ...planted];
}

function laneOf(source: Scope["activity"][number]["source"]): Lane {
  switch (source) {
    case "service-principal-sign-in":
    case "managed-identity-sign-in":
    case "user-sign-in":
      return "sign-in";
    case "directory-audit":
    case "graph-activity":
    case "azure-activity":
      return "change";
    case "key-vault":
    case "storage":
    case "cluster-audit":
      return "data";
    default:
      return source satisfies never;
  }
}

function response(
  entries: readonly RecordedEntry[],
  stepTitle: (stepId: string) => string | null,
): readonly Happening[] {
  return entries.flatMap((entry): Happening[] => {
    const lane = laneOfEntry(entry);
    if (lane === null) return [];
    const stepId = textOf(entry, "stepId");
    const title = stepId === null ? null : stepTitle(stepId);
    return [
      {
        at: entry.at,
        lane,
        what: sentenceOf(entry, title),
        who: actorName(entry.actor),
        suspicious: false,
        key: lane === "milestone" || lane === "found",
      },
    ];
  });
}

function laneOfEntry({ type }: RecordedEntry): Lane | null {
  switch (type) {
    case "outcome":
    case "restore":
      return "made";
    case "confirmed":
      return "confirmed";
    case "watch-finding":
      return "found";
    case "opened":
    case "quick-cut":
    case "snapshot":
    case "planned":
    case "decision-asked":
    case "decision-made":
    case "decision-refused":
    case "decision-expired":
    case "status-changed":
    case "watch-look":
    case "watch-attributed":
    case "restore-asked":
    case "closed":
    case "failed":
      return "milestone";
    default:
      return null;
  }
}

/** A milestone in a sentence. */
function sentenceOf(entry: RecordedEntry, stepTitle: string | null): string {
  const text = (member: string) => textOf(entry, member) ?? "";
  switch (entry.type) {
    case "opened":
      return `Case opened by ${text("intake")}`;
    case "quick-cut":
      return "Sign-in of the suspect was disabled at once, by policy";
    case "snapshot":
      return "Scope read and stored as the snapshot";
    case "planned":
      return `Plan ${text("planDigest").slice(0, 12)} made: ${counted(Number(entry.data["steps"] ?? 0), "step")}`;
    case "decision-asked":
      return `Decision asked: ${text("why")}`;
    case "decision-made":
      return `Decision: ${text("decision")}`;
    case "decision-refused":
      return `A decision was refused: ${text("reason")}`;
    case "decision-expired":
      return "Nobody decided before the deadline";
    case "status-changed":
      return `Now ${text("status")}${text("outcome") === "" ? "" : `, ${text("outcome")}`}: ${text("reason")}`;
    case "restore-asked":
      return `Restore asked: ${text("reason")}`;
    case "closed":
      return `Closed: ${text("reason")}`;
    case "failed":
      return `Failed in ${text("where")}: ${text("reason")}`;
    case "watch-attributed":
      return "A log says who did what the watch found";
    case "watch-look":
      return text("kind") === "impaired"
        ? "The watch could not see everything, and reads everything again until it can"
        : "The watch sees everything again";
    case "watch-finding":
      return `Watch found ${text("kind")}: ${text("title")}`;
    case "outcome":
    case "restore":
      return `${stepTitle ?? text("stepId")}: ${text("result")}`;
    default:
      return stepTitle ?? entry.type;
  }
}
