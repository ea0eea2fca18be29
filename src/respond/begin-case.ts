import type { Azure } from "../azure/azure.ts";
import { type Mode, lowerMode } from "../case/case.ts";
import type { StepOutcome } from "../case/outcome.ts";
import type { PlannedStep } from "../case/plan.ts";
import { type Principal, principalKey } from "../case/principal.ts";
import type { Intake } from "../intake/intake.ts";
import { stepId } from "../plan/proposals.ts";
import { guardPrincipal, type Protection } from "../plan/guardrails.ts";
import { carriesTag, type Ruling } from "../plan/policy.ts";
import type { NewEntry } from "../record/entry.ts";
import { directoryReader, rememberingReader } from "../scope/directory-reader.ts";
import type { Refusal, Resolution, ResolvedPrincipal } from "../scope/resolve/resolution.ts";
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
 * dependent requests to Azure up to the cut: a token, who it is (beside who must be spared), the cut itself; between the
 * last two the intent goes on record.
 */
export async function beginCase(app: Tourniquet, { caseId, last }: LookInput): Promise<Begun> {
  const record = app.record(caseId);
  const [summary] = await Promise.all([
    existing(app, caseId),
    record.head(),
    // Tokens of both identities at once, or the cut's own would be one more request to wait for.
    tokensAtHand(app.reader, ["https://graph.microsoft.com"]),
    tokensAtHand(app.actor, ["https://graph.microsoft.com"]),
  ]);
  const intake = await app.documents.getJson<Intake>(caseId, summary.intake);
  // What the cut was decided on is what is resolved: one moment, read once.
  const directory = rememberingReader(directoryReader(app.reader.graph));
  const [protection, named, before, cutLately] = await Promise.all([
    currentProtection(app),
    identifySubjects(app.reader, intake.subjects, new Set(app.policy.breakGlass), directory),
    enabledBefore(directory, intake.subjects),
    principalsCutByOthers(app, summary),
  ]);
  const [resolution, immutability] = await Promise.all([
    // What stood in the alert less plainly takes its time beside the cut, which waits for none of it.
    resolveSubjects(app.reader, intake.subjects, resolvingWith(app, intake, protection), directory),
    app.immutability(),
    // What comes next needs these, and must not wait for them one after another.
    tokensAtHand(app.reader, ["https://management.azure.com", "https://api.loganalytics.io", VAULTS]),
    tokensAtHand(app.actor, ["https://management.azure.com", VAULTS]),
    cutQuickly(app, { summary, intake }, { protection, named, before, cutLately }),
  ]);
  const isUnread = resolution.refused.some(({ code }) => code === "UNREADABLE");
  if (isUnread && !last) return { next: "again" };
  const document = await app.documents.putJson(caseId, "resolution.json", resolution);
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

interface Known {
  readonly protection: Protection;
  readonly named: Resolution;
  readonly before: ReadonlyMap<string, boolean>;
  readonly cutLately: number;
}

/**
 * The record's first entries, the cuts' intents among them; then the cuts, then what came of them. It is signed while the
 * scope is read, which is what comes next.
 */
async function cutQuickly(
  app: Tourniquet,
  { summary, intake }: { readonly summary: CaseSummary; readonly intake: Intake },
  { protection, named, before, cutLately }: Known,
): Promise<void> {
  const record = app.record(summary.caseId);
  const suspects = named.principals.filter(({ certainty }) => certainty === "named");
  // An alert storm is not a verdict: over the limit, a person decides.
  const isStorm = cutLately + suspects.length > app.policy.limits.principalsPerHour;
  const cut = isStorm
    ? []
    : quickCuts(app, summary, { suspects, refused: named.refused, before }, protection);
  await record.append([openedEntry(summary, intake), ...cut.flatMap(({ entries }) => entries)]);
  const outcomes = await Promise.all(cut.map(({ perform }) => perform()));
  if (cut.length === 0) return;
  await record.append(
    cut.map(({ step }, index) => outcomeEntry(QUICK_CUT, step, 1, required(outcomes[index]))),
  );
}

function resolvingWith({ policy, settings }: Tourniquet, { window }: Intake, { ownIds }: Protection) {
  return {
    protectedIds: new Set([...ownIds, ...policy.breakGlass].map((id) => id.toLowerCase())),
    window,
    workspaceIds: settings.workspaceIds,
  };
}

const VAULTS = "https://vault.azure.net";

/** Fetches tokens ahead. The SDK keeps them, so this costs nothing in a process that has them. */
async function tokensAtHand({ credential }: Azure, services: readonly string[]): Promise<void> {
  // Failing here changes nothing: whoever needs a token asks again and reports.
  await Promise.all(services.map((it) => credential.getToken(`${it}/.default`).catch(() => null)));
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
