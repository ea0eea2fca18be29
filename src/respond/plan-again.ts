import { sideBySide } from "../azure/side-by-side.ts";
import type { Plan, PlannedStep } from "../case/plan.ts";
import type { Limitation, Scope } from "../case/scope.ts";
import { stepNamed } from "../steps/steps.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { CaseStanding, CaseStep } from "./case-standing.ts";
import { type Finding, findingOf } from "./findings.ts";
import { planFrom } from "./make-plan.ts";
import { ProtectionUnknownError } from "./protection.ts";
import { freshScope, isPassing } from "./take-snapshot.ts";

const READS_AT_ONCE = 12;

export interface PlannedAgain {
  readonly findings: readonly Finding[];
  /** A step is offered in place of one of ours that came to nothing: to be decided, but nobody's return. */
  readonly offers: boolean;
  /** A rotation failed for what passes by itself, and is to be taken up again from where it stopped. */
  readonly unfinished: boolean;
  /** What could not be read, so that this look is no proof of quiet. */
  readonly gaps: readonly Limitation[];
}

/** Reads the whole scope, plans from it by the same rules, and says what of that is new or does not hold any more. */
export async function planAgain(
  app: Tourniquet,
  summary: CaseSummary,
  before: readonly CaseStep[],
  standing: CaseStanding,
): Promise<PlannedAgain> {
  const scope = await freshScope(app, summary);
  const gaps = scope.limitations.filter((it) => isPassing(it));
  let plan: Plan;
  try {
    plan = await planFrom(app, summary, scope);
  } catch (error) {
    if (!(error instanceof ProtectionUnknownError)) throw error;
    return {
      findings: [],
      offers: false,
      unfinished: false,
      gaps: [...gaps, { about: "who must be spared", code: error.code, detail: "not readable" }],
    };
  }
  const known = new Set(before.map(({ step }) => step.id));
  const recreated = recreatedIds(scope, summary);
  const steps = plan.waves.flatMap((wave) => wave.steps);
  const looked = await sideBySide(
    steps,
    READS_AT_ONCE,
    async (step): Promise<{ readonly finding: Finding | null; readonly gap?: Limitation }> => {
      const { confirmed, restored } = standing.of(step.id);
      if (!known.has(step.id))
        return { finding: step.offered === true ? null : findingOf(step, false, recreated) };
      // A gap is reported as a gap; it did not come back. What was declined stays declined.
      if (confirmed !== "confirmed" || restored) return { finding: null };
      const confirmation = await stepNamed(step.kind)
        .bind(step.target, step.before)
        .verify({ azure: app.reader, stepId: step.id });
      switch (confirmation.kind) {
        case "confirmed":
          return { finding: null };
        case "not-yet":
          return { finding: findingOf(step, true, recreated) };
        case "unreadable":
          return {
            finding: null,
            gap: { about: `whether it holds: ${step.kind} ${step.id}`, code: confirmation.code, detail: "" },
          };
        default:
          return confirmation satisfies never;
      }
    },
  );
  return {
    findings: looked.flatMap(({ finding }) => finding ?? []),
    offers: steps.some(
      ({ id, offered, permission }) => offered === true && permission !== "off" && !known.has(id),
    ),
    unfinished: steps.some((step) => isToGoOn(step, standing)),
    gaps: [...gaps, ...looked.flatMap(({ gap }) => gap ?? [])],
  };
}

const MOST_FAILURES = 4;
const PASSING: ReadonlySet<string | null> = new Set([
  "THROTTLED",
  "UNAVAILABLE",
  "TIMED_OUT",
  "PRECONDITION_FAILED",
  // Somebody else's rotation of the same secret, which ends.
  "CONFLICT",
  "UNEXPECTED",
]);

/**
 * Whether a rotation that failed is begun again without anybody asking. Not one that waits for an approver, who would be
 * asked at every look, and not for ever.
 */
function isToGoOn({ id, kind, permission }: PlannedStep, standing: CaseStanding): boolean {
  const { result, code, failures } = standing.of(id);
  return (
    kind === "rotate-secret" &&
    permission === "automatic" &&
    result === "failed" &&
    PASSING.has(code) &&
    failures < MOST_FAILURES
  );
}

/** Service principals that the case did not begin with, of applications that it did. */
function recreatedIds(scope: Scope, { principals }: CaseSummary): ReadonlySet<string> {
  const first = new Set(principals.map(({ id }) => id.toLowerCase()));
  const appIds = new Set(
    scope.principals.flatMap(({ principal: { objectId, appId } }) =>
      objectId !== null && appId !== null && first.has(objectId.toLowerCase()) ? [appId.toLowerCase()] : [],
    ),
  );
  return new Set(
    scope.principals.flatMap(({ principal: { objectId, appId } }) =>
      objectId !== null &&
      appId !== null &&
      appIds.has(appId.toLowerCase()) &&
      !first.has(objectId.toLowerCase())
        ? [objectId.toLowerCase()]
        : [],
    ),
  );
}
