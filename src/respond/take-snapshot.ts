import type { Limitation, Scope } from "../case/scope.ts";
import type { Intake } from "../intake/intake.ts";
import { digestOf } from "../plan/digest.ts";
import { directoryReader } from "../scope/directory-reader.ts";
import { withRecreated } from "../scope/resolve/recreated.ts";
import type { Resolution, ResolvedPrincipal } from "../scope/resolve/resolution.ts";
import { readKeyDoors } from "../scope/key-doors.ts";
import { takeScope } from "../scope/take-scope.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { LookInput, Snapshotted } from "./activities.ts";
import { type CaseStanding, caseStanding } from "./case-standing.ts";
import { BY_SYSTEM, entryIdOf } from "./journal.ts";
import {
  scopeWithoutPrincipals,
  withIssuersUnknown,
  withNamedSecrets,
  withReachedBefore,
} from "./rotation-scope.ts";
import { existing } from "./stored-case.ts";

const FIRST_SCOPE = "scope.json";

/** What may be readable in a moment: a part that could not be read for these reasons is asked for again. */
const PASSING: readonly string[] = ["UNAVAILABLE", "TIMED_OUT", "THROTTLED", "UNAUTHENTICATED"];

/**
 * Reads everything about the case's principals, stores it, and records its hash; says `again` while parts are away.
 * Meanwhile what the record says so far is signed, the quick cut above all: the reads need not wait for that.
 */
export async function takeSnapshot(app: Tourniquet, { caseId, last }: LookInput): Promise<Snapshotted> {
  const summary = await existing(app, caseId);
  const [scope] = await Promise.all([
    storedBefore(app, summary).then((stored) => stored ?? freshScope(app, summary)),
    // A vault that cannot sign stops nothing: the next wave asks it again.
    app
      .record(caseId)
      .checkpoint()
      .catch(() => null),
  ]);
  if (!last && isPartial(scope)) return { again: true, principals: scope.principals.length };
  await storeScope(app, summary, scope);
  return { again: false, principals: scope.principals.length };
}

/**
 * The first snapshot, if a crash left it stored and perhaps on record, but not in the index: it stands. Another in its
 * place would make the hash on record that of a document nobody has any more.
 */
async function storedBefore(app: Tourniquet, { caseId, scope }: CaseSummary): Promise<Scope | null> {
  if (scope !== null) return null;
  const bytes = await app.documents.get(caseId, FIRST_SCOPE);
  // Our own bytes: nobody else writes there.
  return bytes === null ? null : JSON.parse(Buffer.from(bytes).toString("utf8"));
}

/** Whether parts could not be read that may be readable in a moment. */
export function isPartial({ limitations }: Scope): boolean {
  return limitations.some((it) => isPassing(it));
}

export function isPassing({ code }: Limitation): boolean {
  return PASSING.includes(code);
}

/**
 * The scope as it is now, but with sign-in as it was before our own quick cut. Reads only. Principals that turn out to be
 * in the same hands (they signed in from where the suspects' suspicious calls came from) are read too, as derived ones:
 * nothing is done to them without a person.
 */
export async function freshScope(app: Tourniquet, summary: CaseSummary): Promise<Scope> {
  const { caseId } = summary;
  const standing = await caseStanding(app.record(caseId));
  const [scope, intake, earlier] = await Promise.all([
    readScope(app, summary, standing),
    app.documents.getJson<Intake>(caseId, summary.intake),
    summary.scope === null ? null : app.documents.getJson<Scope>(caseId, summary.scope),
  ]);
  const whole = withIssuersUnknown(withReachedBefore(scope, earlier), standing.issuerUnknown, intake);
  const named = await withNamedSecrets(app.reader, whole, intake);
  return { ...named, ...(await readKeyDoors(app.reader, named, earlier?.keyDoors ?? [])) };
}

async function readScope(app: Tourniquet, summary: CaseSummary, standing: CaseStanding): Promise<Scope> {
  const { caseId } = summary;
  if (summary.resolution === null) throw new TypeError(`${caseId} has not been resolved`);
  const [intake, resolved] = await Promise.all([
    app.documents.getJson<Intake>(caseId, summary.intake),
    app.documents.getJson<Resolution>(caseId, summary.resolution),
  ]);
  const current =
    // Nobody made anything anew before the first cut.
    summary.plans === 0 ? resolved : await withRecreated(directoryReader(app.reader.graph), resolved);
  const resolution = withAlertsOwn(current, intake);
  // The attacker went on after the alert was written.
  const window = { from: intake.window.from, to: laterOf(intake.window.to, app.now().toISOString()) };
  const { addresses } = intake;
  const request = { caseId, window, workspaceIds: app.settings.workspaceIds, addresses };
  if (resolution.principals.length === 0) return scopeWithoutPrincipals(caseId, window, app.now());
  const { scope } = await takeScope(app.reader, { ...request, resolution });
  const related = scope.related ?? [];
  if (related.length === 0) return asBeforeQuickCut(scope, standing.enabledBefore);
  const derived = related.map(({ principal, because }): ResolvedPrincipal => ({
    principal,
    because,
    certainty: "derived",
    leaked: [],
  }));
  const widened = { ...resolution, principals: [...resolution.principals, ...derived] };
  const wide = await takeScope(app.reader, { ...request, resolution: widened });
  return asBeforeQuickCut(wide.scope, standing.enabledBefore);
}

/** The credentials that the alert itself accuses, and what of the alert was not understood. */
function withAlertsOwn(resolution: Resolution, intake: Intake): Resolution {
  const accused = intake.keyIds.map((keyId) => ({ keyId, hint: null, foundIn: intake.title }));
  return {
    ...resolution,
    principals: resolution.principals.map((it) =>
      it.certainty === "named" ? { ...it, leaked: [...it.leaked, ...accused] } : it,
    ),
    limitations: [
      ...resolution.limitations,
      ...intake.unread.map((detail) => ({ about: "the alert", code: "NOT_UNDERSTOOD", detail })),
    ],
  };
}

function asBeforeQuickCut(scope: Scope, enabledBefore: ReadonlyMap<string, boolean>): Scope {
  return {
    ...scope,
    principals: scope.principals.map((it) => {
      const enabled = enabledBefore.get(it.principal.objectId?.toLowerCase() ?? "");
      return enabled === undefined ? it : { ...it, signIn: { ...it.signIn, enabled } };
    }),
  };
}

function laterOf(a: string, b: string): string {
  return a > b ? a : b;
}

/** Every snapshot is kept: what was planned from must stay readable when the tenant has changed. */
export async function storeScope(app: Tourniquet, summary: CaseSummary, scope: Scope): Promise<void> {
  const { caseId } = summary;
  const scopeDigest = digestOf(scope);
  const name = summary.scope === null ? FIRST_SCOPE : `scope-${scopeDigest.slice(0, 16)}.json`;
  const document = await app.documents.putJson(caseId, name, scope);
  await app.record(caseId).append([
    {
      id: entryIdOf(caseId, "snapshot", scopeDigest),
      type: "snapshot",
      actor: { ...BY_SYSTEM("scope"), identity: { name: "reader" } },
      data: { document, counts: countsOf(scope), gaps: scope.limitations },
    },
  ]);
  await app.cases.update(caseId, (it) => ({ ...it, scope: document }));
}

function countsOf(scope: Scope): Record<string, number> {
  const sum = (count: (it: Scope["principals"][number]) => number) =>
    scope.principals.reduce((total, it) => total + count(it), 0);
  return {
    principals: scope.principals.length,
    credentials: sum((it) => it.passwords.length + it.certificates.length),
    federatedCredentials: sum((it) => it.federated.length),
    roleAssignments: sum((it) => it.roleAssignments.length),
    reach: scope.reach.length,
    activity: scope.activity.length,
    planted: scope.planted.length,
    limitations: scope.limitations.length,
  };
}
