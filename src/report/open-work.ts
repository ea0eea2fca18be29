import type { Plan } from "../case/plan.ts";
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

/** Everything left to people, from the plan, from what steps answered, and from what the scope only points at. */
export function openWork(
  plan: Plan | null,
  steps: readonly ReportedStep[],
  scope: Scope | null,
  entries: readonly RecordedEntry[],
): readonly OpenWork[] {
  const work: OpenWork[] = [
    ...(plan?.personActions ?? []).map(({ title, because, cost = [], command }) => ({
      title,
      because: [because, ...cost].join(" "),
      ...(command === undefined ? {} : { command }),
    })),
    ...steps
      .filter((it) => it.result === "needs-person" && !it.restored)
      .map((it) => ({ title: actionOf(entries, it) ?? it.title, because: it.reason ?? "" })),
    ...steps
      .filter((it) => standingOf(it) === "gap" && it.result !== "needs-person")
      .map((it) => ({ title: `Close the gap: ${it.title}`, because: whyOpen(it) })),
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

function actionOf(entries: readonly RecordedEntry[], { id }: ReportedStep): string | null {
  return textOf(
    entries.findLast((it) => it.type === "outcome" && textOf(it, "stepId") === id),
    "action",
  );
}

function isScoped(scope: Scope | null, objectId: string | null): boolean {
  return (scope?.principals ?? []).some(({ principal }) => principal.objectId === objectId);
}
