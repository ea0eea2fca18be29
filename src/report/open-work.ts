import type { MissingCut, Plan } from "../case/plan.ts";
import type { Scope } from "../case/scope.ts";
import type { RecordedEntry } from "../record/entry.ts";
import { ofType, textOf } from "./entry-reading.ts";
import { type ReportedStep, standingOf, whyOpen } from "./reported-step.ts";

/** What no step did, and a person must. */
export interface OpenWork {
  readonly title: string;
  readonly because: string;
  /** What does it, for a shell. */
  readonly command?: string;
}

export interface OpenWorkSources {
  readonly plan: Plan | null;
  readonly steps: readonly ReportedStep[];
  readonly scope: Scope | null;
  readonly entries: readonly RecordedEntry[];
  /** Cuts that the plan leaves to people and that nobody has made. */
  readonly left: readonly MissingCut[];
  /** Whether reads show a cut made, by id. */
  readonly isMade: (stepId: string) => boolean;
}

/** Everything left to people, from the plan, from what steps answered, and from what the scope only points at. */
export function openWork({
  plan,
  steps,
  scope,
  entries,
  left,
  isMade,
}: OpenWorkSources): readonly OpenWork[] {
  const isLeft = new Set(left.map(({ id }) => id));
  const work: OpenWork[] = [
    ...(plan?.personActions ?? [])
      .filter(({ missing }) => missing.length === 0 || !missing.every(({ id }) => isMade(id)))
      .map(({ title, because, cost = [], command, missing }) => ({
        title,
        because: [
          ...(missing.some(({ id }) => isLeft.has(id)) ? ["A gap until it is done."] : []),
          because,
          ...cost,
        ].join(" "),
        ...(command === undefined ? {} : { command }),
      })),
    ...steps
      .filter((it) => it.result === "needs-person" && !it.restored)
      .map((it) => ({ title: actionOf(entries, it) ?? it.title, because: it.reason ?? "" })),
    ...steps
      .filter((it) => standingOf(it) === "gap" && it.result !== "needs-person")
      .map((it) => ({ title: `Close the gap: ${it.title}`, because: whyOpen(it) })),
    ...notPutBack(steps, entries),
    ...[...(scope?.related ?? []), ...(scope?.affected ?? [])]
      .filter(({ principal }) => !isScoped(scope, principal.objectId))
      .map(({ principal, because }) => ({
        title: `Look at ${principal.displayName} (${principal.objectId ?? principal.applicationObjectId ?? ""})`,
        because,
      })),
    ...ofType(entries, "refused").map((it) => ({
      title: "Look at a subject that was refused",
      because: `${textOf(it, "code") ?? ""}: ${textOf(it, "reason") ?? ""}`,
    })),
  ];
  const seen = new Set<string>();
  return work.filter(({ title, because }) => {
    const key = JSON.stringify([title, because]);
    return seen.has(key) ? false : seen.add(key);
  });
}

/** What somebody asked to have back and did not get, as its last try ended. */
function notPutBack(steps: readonly ReportedStep[], entries: readonly RecordedEntry[]): readonly OpenWork[] {
  const titles = new Map(steps.map(({ id, title }) => [id, title]));
  const last = new Map(ofType(entries, "restore").map((it) => [textOf(it, "stepId"), it]));
  return [...last.values()].flatMap((it) => {
    const result = textOf(it, "result");
    if (result === "applied" || result === "already-so") return [];
    const title = titles.get(textOf(it, "stepId") ?? "") ?? textOf(it, "kind") ?? "a step";
    return [
      {
        title: textOf(it, "action") ?? `Undo by hand: ${title}`,
        because: `Not put back: ${title}. ${textOf(it, "reason") ?? textOf(it, "code") ?? ""}`,
      },
    ];
  });
}

function actionOf(entries: readonly RecordedEntry[], { id }: ReportedStep): string | null {
  return textOf(
    entries.findLast((it) => it.type === "outcome" && textOf(it, "stepId") === id),
    "action",
  );
}

function isScoped(scope: Scope | null, objectId: string | null): boolean {
  return (scope?.principals ?? []).some(({ principal }) => principal.objectId === objectId);
}
