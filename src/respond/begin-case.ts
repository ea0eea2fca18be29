import { type Mode, lowerMode } from "../case/case.ts";
import type { StepOutcome } from "../case/outcome.ts";
import type { PlannedStep } from "../case/plan.ts";
import { type Principal, principalKey } from "../case/principal.ts";
import type { Intake } from "../intake/intake.ts";
import { stepId } from "../plan/assemble-plan.ts";
import { guardPrincipal, type Protection } from "../plan/guardrails.ts";
import { carriesTag, type Ruling } from "../plan/policy.ts";
import type { NewEntry } from "../record/entry.ts";
import type { Refusal, ResolvedPrincipal } from "../scope/resolve/resolution.ts";
import { identifySubjects, resolveSubjects } from "../scope/resolve/resolve.ts";
import { disableServicePrincipal } from "../steps/disable-service-principal.ts";
import { disableUser } from "../steps/disable-user.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { Begun, LookInput } from "./activities.ts";
import { enabledBefore } from "./enabled-before.ts";
import { BY_SYSTEM, callerActor, entryIdOf, intentEntry, outcomeEntry } from "./journal.ts";
import { principalsCutByOthers } from "./make-plan.ts";
import { currentProtection } from "./protection.ts";
import { secretsNamedIn } from "./rotation-scope.ts";
import { existing, rulingFor } from "./stored-case.ts";

/** In place of a plan's digest: the quick cut comes before any plan, by policy alone. */
const QUICK_CUT = "quick-cut";

/**
 * Opens the record, finds out who is meant and, where policy says so, disables an unambiguous suspect at once. Three
 * dependent requests to the cut: who it is (beside who must be spared), the intent on record, the cut itself.
 */
export async function beginCase(app: Tourniquet, { caseId, last }: LookInput): Promise<Begun> {
  const summary = await existing(app, caseId);
  const intake = await app.documents.getJson<Intake>(caseId, summary.intake);
  const record = app.record(caseId);
  const [protection, named, before, cutLately] = await Promise.all([
    currentProtection(app),
    identifySubjects(app.reader, intake.subjects, new Set(app.policy.breakGlass)),
    enabledBefore(app.reader, intake.subjects),
    principalsCutByOthers(app, summary),
    tokenAtHand(app),
  ]);
  const opening = openedEntry(summary, intake);
  const suspects = named.principals.filter(({ certainty }) => certainty === "named");
  // An alert storm is not a verdict: over the limit, a person decides.
  const isStorm = cutLately + suspects.length > app.policy.limits.principalsPerHour;
  const cut = isStorm
    ? []
    : quickCuts(app, summary, { suspects, refused: named.refused, before }, protection);
  await record.append([opening, ...cut.flatMap(({ entries }) => entries)]);
  const outcomes = await Promise.all(cut.map(({ perform }) => perform()));
  if (cut.length > 0) {
    await record.append(
      cut.map(({ step }, index) => outcomeEntry(QUICK_CUT, step, 1, required(outcomes[index]))),
      { withCheckpoint: true },
    );
  }

  // The cut is made; now take the time to resolve what stood in the alert less plainly.
  const resolution = await resolveSubjects(app.reader, intake.subjects, {
    protectedIds: new Set([...protection.ownIds, ...app.policy.breakGlass].map((id) => id.toLowerCase())),
    window: intake.window,
    workspaceIds: app.settings.workspaceIds,
  });
  const isUnread = resolution.refused.some(({ code }) => code === "UNREADABLE");
  if (isUnread && !last) return { next: "again" };
  const document = await app.documents.putJson(caseId, "resolution.json", resolution);
  const immutability = await app.immutability();
  await record.append([
    {
      id: entryIdOf(caseId, "worm-status"),
      type: "worm-status",
      actor: BY_SYSTEM("record"),
      data: { ...immutability },
    },
    ...resolution.principals.map(({ principal, because }) => resolvedEntry(caseId, principal, because)),
    ...resolution.refused.map((it) => refusedEntry(caseId, it)),
  ]);
  // A secret that is to be rotated is enough to go on with.
  const isAboutSecrets = secretsNamedIn(intake).length > 0;
  const next = resolution.principals.length > 0 || isAboutSecrets ? "scope" : "stop";
  await app.cases.update(caseId, (it) => ({
    ...it,
    resolution: document,
    status: next === "scope" ? "scoping" : it.status,
    reason: next === "scope" ? it.reason : whyNobody(resolution.refused, resolution.candidates.length),
    principals: resolution.principals.map(({ principal }) => ({
      id: principalKey(principal),
      name: principal.displayName,
      kind: principal.kind,
    })),
  }));
  return { next };
}

/** The cut's own token is fetched beside the reads, or it would be one more request to wait for. */
async function tokenAtHand({ actor }: Tourniquet): Promise<void> {
  // Failing here changes nothing: whoever needs the token asks again and reports.
  await actor.credential.getToken("https://graph.microsoft.com/.default").catch(() => null);
}

interface QuickCut {
  readonly step: PlannedStep;
  readonly entries: readonly NewEntry[];
  readonly perform: () => Promise<StepOutcome>;
}

function quickCuts(
  app: Tourniquet,
  summary: CaseSummary,
  named: {
    readonly suspects: readonly ResolvedPrincipal[];
    readonly refused: readonly Refusal[];
    readonly before: ReadonlyMap<string, boolean>;
  },
  protection: Protection,
): readonly QuickCut[] {
  const { suspects, refused, before } = named;
  // Anything unclear among the named ones and nobody is cut in a hurry.
  if (refused.some(({ code }) => code === "AMBIGUOUS" || code === "PROTECTED")) return [];
  return suspects.flatMap(({ principal, because }) => {
    const { objectId } = principal;
    const ruling = rulingFor(app, summary, [principal]);
    if (objectId === null || !ruling.quickCut || !mayCut(ruling, summary.mode)) return [];
    if (guardPrincipal(principal, app.policy, protection) !== null) return [];
    const tags = Object.fromEntries(principal.tags.map((tag) => [tag, tag]));
    if (carriesTag(tags, app.policy.production.tags)) return [];
    const kind = principal.kind === "user" ? disableUser : disableServicePrincipal;
    if (ruling.steps.kinds[kind.kind] === "off") return [];
    // Who is alerted about signed in, so what could not be read was enabled.
    const enabled = before.get(objectId.toLowerCase()) ?? true;
    const target = principal.kind === "user" ? { userId: objectId } : { servicePrincipalId: objectId };
    const step: PlannedStep = {
      id: stepId(summary.caseId, kind.kind, target),
      kind: kind.kind,
      target,
      title: `Disable sign-in of ${principal.displayName}`,
      because: [because],
      permission: "automatic",
      reversible: true,
      irreversibleBecause: null,
      cost: [],
      needs: [],
      guardrails: [],
      touches: [objectId],
      before: { accountEnabled: enabled },
    };
    return [
      {
        step,
        entries: [
          {
            id: entryIdOf(QUICK_CUT, step.id, "quick-cut"),
            type: "quick-cut",
            actor: { kind: "policy", rule: ruling.rule, identity: { name: "actor" } },
            data: {
              principal: { ...principal },
              rule: ruling.rule,
              stepIds: [step.id],
              enabledBefore: enabled,
            },
          },
          intentEntry(QUICK_CUT, step, 0, 1),
        ],
        perform: () => kind.bind(target, step.before).apply({ azure: app.actor, stepId: step.id }),
      },
    ];
  });
}

function mayCut(ruling: Ruling, mode: Mode): boolean {
  const allowed = lowerMode(ruling.mode, mode);
  return allowed === "contain" || allowed === "evict";
}

function openedEntry(summary: CaseSummary, intake: Intake): NewEntry {
  return {
    id: entryIdOf(summary.caseId, "opened"),
    type: "opened",
    actor: callerActor(summary.openedBy),
    data: {
      format: 1,
      mode: summary.mode,
      intake: intake.trigger,
      deliveredAs: intake.deliveredAs,
      title: intake.title,
      subjects: intake.subjects,
      intakeDocument: summary.intake,
    },
  };
}

function resolvedEntry(caseId: string, principal: Principal, because: string): NewEntry {
  return {
    id: entryIdOf(caseId, "resolved", principalKey(principal)),
    type: "resolved",
    actor: BY_SYSTEM("resolve"),
    data: { subject: { because }, principal: { ...principal } },
  };
}

function refusedEntry(caseId: string, refusal: Refusal): NewEntry {
  return {
    id: entryIdOf(caseId, "refused", JSON.stringify(refusal.subject), refusal.code),
    type: "refused",
    actor: BY_SYSTEM("resolve"),
    data: {
      code: refusal.code,
      reason: refusal.reason,
      subject: refusal.subject,
      candidates: refusal.candidates.map(({ principal, because }) => ({
        id: principalKey(principal),
        because,
      })),
    },
  };
}

function whyNobody(refused: readonly Refusal[], candidates: number): string {
  const reasons = [...new Set(refused.map(({ code }) => code))].join(", ");
  const more = candidates > 0 ? ` ${candidates} candidates are listed for a person to choose from.` : "";
  return `No principal could be resolved${reasons === "" ? "" : ` (${reasons})`}.${more}`;
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError("a cut has no outcome");
  return value;
}
