import { z } from "zod";
import type { PlannedStep, Plan } from "../case/plan.ts";
import type { IssuerUnknown } from "../case/scope.ts";
import type { CaseRecord } from "../record/case-record.ts";
import type { Tourniquet } from "../tourniquet.ts";
import { loadPlan } from "./stored-case.ts";

/** Where one step stands over all plans of its case. */
export interface StepStanding {
  readonly result: string | null;
  /** How often it failed for good, over all plans, and the last one's code. */
  readonly failures: number;
  readonly code: string | null;
  /** The cut was made, by whichever plan, or stood already. */
  readonly performed: boolean;
  /** The first plan it was performed under; null when only the quick cut did. */
  readonly performedUnder: string | null;
  /** When it was first recorded as performed. */
  readonly performedAt: string | null;
  /** `lost`: it held, and the watch saw that it does not any more. */
  readonly confirmed: "confirmed" | "not-confirmed" | "lost" | null;
  /** Put back on request, so no longer a cut and none to make again. */
  readonly restored: boolean;
}

/** A whole case as its record says, however many plans it had. */
export interface CaseStanding {
  /** Digests in the order the plans were made. */
  readonly planDigests: readonly string[];
  /** Until when the watch lasts that began last; null before the first. */
  readonly watchUntil: string | null;
  readonly of: (stepId: string) => StepStanding;
  /** Whether a principal could sign in before the quick cut, by lower-case object id. */
  readonly enabledBefore: ReadonlyMap<string, boolean>;
  /** Secrets whose issuer the last rotation looked for in vain. */
  readonly issuerUnknown: readonly IssuerUnknown[];
  readonly performedSteps: number;
  /** Titles of what looks found to cut since the latest plan was made. */
  readonly foundSincePlan: readonly string[];
}

const UNTOUCHED: StepStanding = {
  result: null,
  failures: 0,
  code: null,
  performed: false,
  performedUnder: null,
  performedAt: null,
  confirmed: null,
  restored: false,
};
const TOOK: readonly unknown[] = ["applied", "already-so"];

/** Reads the record once and says where everything of the case stands. */
export async function caseStanding(record: CaseRecord): Promise<CaseStanding> {
  const steps = new Map<string, StepStanding>();
  const planDigests: string[] = [];
  const enabledBefore = new Map<string, boolean>();
  const issuerUnknown = new Map<string, IssuerUnknown>();
  let watchUntil: string | null = null;
  let foundSincePlan: string[] = [];
  for await (const { type, data, at } of record.read()) {
    const planDigest = textOf(data["planDigest"]);
    if (type === "planned" && planDigest !== null && !planDigests.includes(planDigest))
      planDigests.push(planDigest);
    if (type === "planned") foundSincePlan = [];
    const found = type === "watch-finding" ? textOf(data["cut"]) : null;
    if (found !== null) foundSincePlan.push(found);
    if (type === "watch-started") watchUntil = textOf(data["until"]);
    if (type === "quick-cut") {
      const { objectId, enabled } = cutOf(data);
      if (objectId !== null && enabled !== null) enabledBefore.set(objectId.toLowerCase(), enabled);
    }
    const sought = type === "rotation-stage" ? soughtIn(data, at) : null;
    if (sought !== null) {
      const key = `${sought.vaultName}/${sought.secretName}`;
      if (sought.found) issuerUnknown.delete(key);
      else issuerUnknown.set(key, sought.secret);
    }
    const stepId = textOf(data["stepId"]);
    if (stepId === null) continue;
    const known = steps.get(stepId) ?? UNTOUCHED;
    const took = TOOK.includes(data["result"]);
    switch (type) {
      case "outcome":
        steps.set(stepId, {
          ...known,
          result: textOf(data["result"]),
          failures: known.failures + (data["result"] === "failed" && data["retryable"] !== true ? 1 : 0),
          code: textOf(data["code"]),
          performed: known.performed || took,
          performedUnder:
            known.performedUnder ?? (took && planDigest !== null && isDigest(planDigest) ? planDigest : null),
          performedAt: known.performedAt ?? (took ? at : null),
          confirmed: null,
          restored: took ? false : known.restored,
        });
        break;
      case "confirmed":
      case "not-confirmed":
        // Reads after putting something back prove the putting back.
        if (textOf(data["requestId"]) === null) steps.set(stepId, { ...known, confirmed: type });
        break;
      case "watch-finding":
        steps.set(stepId, {
          ...known,
          confirmed: known.confirmed === "confirmed" ? "lost" : known.confirmed,
        });
        break;
      case "restore":
        if (took) steps.set(stepId, { ...known, restored: true });
        break;
      default:
        break;
    }
  }
  return {
    planDigests,
    watchUntil,
    of: (stepId) => steps.get(stepId) ?? UNTOUCHED,
    enabledBefore,
    issuerUnknown: [...issuerUnknown.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, it]) => it),
    performedSteps: [...steps.values()].filter(({ performed, restored }) => performed && !restored).length,
    foundSincePlan,
  };
}

/** A step, the plan it is taken from, and its place in the case: earlier ones were performed earlier. */
export interface CaseStep {
  readonly step: PlannedStep;
  readonly wave: string;
  readonly planDigest: string;
}

export interface StepsOfCase {
  readonly steps: readonly CaseStep[];
  readonly latest: Plan | null;
  readonly planOf: (digest: string) => Plan | null;
}

/**
 * Every step that any plan of the case named, once, in the order of plans and waves. What was performed is taken from the
 * plan it was first performed under: only that one knows the object as it was before us.
 */
export async function stepsOfCase(
  app: Tourniquet,
  caseId: string,
  standing: CaseStanding,
): Promise<StepsOfCase> {
  const plans: { readonly digest: string; readonly plan: Plan }[] = [];
  for (const digest of standing.planDigests)
    plans.push({ digest, plan: await loadPlan(app, caseId, digest) });
  const byId = new Map<string, CaseStep>();
  for (const { digest, plan } of plans) {
    for (const wave of plan.waves) {
      for (const step of wave.steps) {
        const known = byId.get(step.id);
        const isOrigin = standing.of(step.id).performedUnder === digest;
        if (known !== undefined && !isOrigin) continue;
        byId.set(step.id, {
          step,
          wave: wave.name,
          planDigest: digest,
        });
      }
    }
  }
  return {
    steps: [...byId.values()],
    latest: plans.at(-1)?.plan ?? null,
    planOf: (digest) => plans.find((it) => it.digest === digest)?.plan ?? null,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

const Sought = z.object({
  effect: z.enum(["identified", "issuer-unknown"]),
  secret: z.object({ vault: z.string(), name: z.string() }),
  details: z.object({ tried: z.string().optional() }),
});

/** Whether an entry of a rotation says that the issuer was found, or was not. */
function soughtIn(data: Readonly<Record<string, unknown>>, at: string) {
  const { data: sought } = Sought.safeParse(data);
  if (sought === undefined) return null;
  const names = {
    vaultName: sought.secret.vault.toLowerCase(),
    secretName: sought.secret.name.toLowerCase(),
  };
  return {
    ...names,
    found: sought.effect === "identified",
    secret: { ...names, tried: sought.details.tried ?? "", at },
  };
}

function isDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

function cutOf(data: Readonly<Record<string, unknown>>): {
  readonly objectId: string | null;
  readonly enabled: boolean | null;
} {
  const { principal, enabledBefore } = data;
  const objectId =
    typeof principal === "object" && principal !== null && "objectId" in principal
      ? textOf(principal.objectId)
      : null;
  return { objectId, enabled: typeof enabledBefore === "boolean" ? enabledBefore : null };
}
