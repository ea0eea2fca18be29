import type { PlannedStep } from "../case/plan.ts";
import type { Actor, NewEntry } from "../record/entry.ts";
import type { Doer } from "../scope/changes/who-did-it.ts";
import { type FindingKind, headlineOf, namingOf, operationOf } from "./finding-names.ts";
import { BY_SYSTEM, entryIdOf } from "./journal.ts";
import type { RevokedUse } from "./revoked-credentials.ts";

/** The attacker is back, or was never gone. */
export type Finding =
  | {
      readonly kind: Exclude<FindingKind, "revoked-credential-used" | "restored">;
      readonly step: PlannedStep;
      /** The cut was confirmed and does not hold any more; otherwise no plan named it before. */
      readonly cameBack: boolean;
    }
  | {
      readonly kind: "restored";
      readonly objectId: string;
      /** Since when it was known not to be there; null when the deletion was ours. */
      readonly absentSince: string | null;
      /** The deletion that does not hold any more, when it was ours. */
      readonly step: PlannedStep | null;
    }
  | { readonly kind: "revoked-credential-used"; readonly use: RevokedUse };

export const WATCHER: Actor = { ...BY_SYSTEM("watch"), identity: { name: "reader" } };

/** The finding that a step stands for, by name; null where there is nothing in it to say or to do. Pure. */
export function findingOf(
  step: PlannedStep,
  cameBack: boolean,
  recreatedIds: ReadonlySet<string>,
): Finding | null {
  const { kind, always } = namingOf(step, cameBack, recreatedIds);
  // What policy has off is not cut again; it is said where it is the attacker's doing and not merely a longer plan.
  if (step.permission === "off" && (cameBack || !always)) return null;
  const deleted = step.kind === "delete-service-principal" ? step.target["servicePrincipalId"] : undefined;
  if (cameBack && typeof deleted === "string")
    return { kind: "restored", objectId: deleted.toLowerCase(), absentSince: null, step };
  return { kind, step, cameBack };
}

/** Texts of a target: what it was done to, and what only it would name. */
function textsOf(target: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.values(target).filter((it): it is string => typeof it === "string");
}

const GUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;
/** The members of targets that only one deed names. */
const TELLING = ["keyId", "assignmentId", "ownerId", "groupId"];

/** What to ask the logs, to learn who did it. `since`: when it was not done yet. */
export function deedOf(finding: Finding, since: string): OpenDeed | null {
  if (finding.kind === "revoked-credential-used" || operationOf(finding.kind) === null) return null;
  const about = { kind: finding.kind, since };
  if (finding.kind === "restored") return { ...about, ids: [finding.objectId], terms: [] };
  const { target } = finding.step;
  const guids = (texts: readonly string[]) => texts.flatMap((it) => it.match(GUID) ?? []);
  return {
    ...about,
    ids: guids(textsOf(target)),
    terms: guids(TELLING.flatMap((member) => textsOf({ member: target[member] }))),
  };
}

/** A deed as it is kept while no log has said yet who did it. */
export interface OpenDeed {
  readonly kind: FindingKind;
  readonly since: string;
  readonly ids: readonly string[];
  readonly terms: readonly string[];
}

function keyOf(finding: Finding): string {
  switch (finding.kind) {
    case "restored":
      return `restored ${finding.objectId} ${finding.absentSince ?? ""}`;
    case "revoked-credential-used":
      return `revoked ${finding.use.key}`;
    default:
      return `${finding.kind} ${finding.step.id}`;
  }
}

/**
 * The id of a finding's entry: of the fact, not of the look, so that the same is recorded once, however often it is seen.
 * What comes back after it was cut again is a new fact, so a step's finding is told apart by the case's plans.
 */
export function findingId(caseId: string, plans: number, finding: Finding): string {
  return "step" in finding && finding.step !== null
    ? entryIdOf(caseId, plans, finding.kind, finding.step.id)
    : entryIdOf(caseId, keyOf(finding));
}

export function findingEntry(id: string, finding: Finding, doer: Doer | null, seenAt: string): NewEntry {
  return {
    id,
    type: "watch-finding",
    actor: WATCHER,
    data: {
      findingId: id,
      kind: finding.kind,
      ...aboutOf(finding),
      seenAt,
      by: doer === null ? null : { ...doer },
      evidence: [{ service: "graph", operation: "watch", at: seenAt }],
    },
  };
}

/** Who did what was found before: logs come later than looks. */
export function attributionEntry(id: string, doer: Doer): NewEntry {
  return {
    id: entryIdOf(id, "by"),
    type: "watch-attributed",
    actor: WATCHER,
    data: { findingId: id, by: { ...doer } },
  };
}

/** By title, what the finding calls for: a gap of the case until a plan has named it. */
function cutOf({ permission, title }: PlannedStep) {
  return permission === "off" ? {} : { cut: title };
}

function aboutOf(finding: Finding) {
  switch (finding.kind) {
    case "restored": {
      const { objectId, absentSince, step } = finding;
      return {
        title: `A deleted object was restored: ${objectId}`,
        target: { objectId, absentSince },
        ...(step === null ? {} : { stepId: step.id, ...cutOf(step) }),
      };
    }
    case "revoked-credential-used": {
      const { principalId, credentialId, ...seen } = finding.use;
      return {
        title: seen.succeeded
          ? `A sign-in with a removed credential succeeded: ${principalId}`
          : `A sign-in of a contained principal was refused: ${principalId}`,
        target: { principalId, credentialId },
        seen: { ...seen },
      };
    }
    default: {
      const { step, cameBack } = finding;
      return {
        title: `${headlineOf(finding.kind)}. To cut: ${step.title}`,
        target: step.target,
        ...(cameBack ? { stepId: step.id } : {}),
        ...cutOf(step),
      };
    }
  }
}
