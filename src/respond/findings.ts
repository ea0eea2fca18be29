import type { PlannedStep } from "../case/plan.ts";
import type { NewEntry } from "../record/entry.ts";
import type { Deed, Doer } from "../scope/changes/who-did-it.ts";
import { BY_SYSTEM, entryIdOf } from "./journal.ts";
import type { RevokedUse } from "./revoked-credentials.ts";

/** What the watch found, by name. `docs/watch.md` says what each means. */
export type FindingKind =
  | "re-enabled"
  | "new-password"
  | "new-certificate"
  | "new-federated-credential"
  | "new-owner"
  | "new-group-membership"
  | "new-app-role"
  | "new-consent"
  | "new-directory-role"
  | "new-directory-role-eligibility"
  | "new-role-assignment"
  | "new-role-eligibility"
  | "new-vault-policy"
  | "old-secret-enabled"
  | "restored"
  | "recreated"
  | "revoked-credential-used"
  /** A cut of another kind does not hold any more. */
  | "came-back"
  /** Something else to cut that no plan named before. */
  | "new";

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

interface Naming {
  readonly kind: Exclude<FindingKind, "revoked-credential-used" | "restored">;
  readonly headline: string;
  /** How the logs call the doing of it. */
  readonly operation: RegExp;
  /** Worth saying even where policy has the cut off. */
  readonly always: boolean;
}

const naming = (kind: Naming["kind"], headline: string, operation: RegExp, always = true): Naming => ({
  kind,
  headline,
  operation,
  always,
});

const ENABLED = naming(
  "re-enabled",
  "Sign-in was enabled again",
  /^(?:update service principal|update application|enable account|update user)\b/i,
);
const SECRET = naming(
  "new-password",
  "A secret was added",
  /certificates and secrets management|^add service principal credentials/i,
);
const CERTIFICATE = { ...SECRET, kind: "new-certificate", headline: "A certificate was added" } as const;
const FEDERATED = naming(
  "new-federated-credential",
  "A federated credential was added",
  /^update application$|federatedidentitycredentials\/write$/i,
);
const OLD_SECRET = naming("old-secret-enabled", "An old version of a secret was enabled again", /^$/, false);
const RECREATED = naming(
  "recreated",
  "The application has a new service principal",
  /^add service principal$/i,
);
const CAME_BACK = naming("came-back", "A cut does not hold any more", /^$/);
const NEW = naming("new", "There is something more to cut", /^$/, false);

const BY_STEP: Readonly<Record<string, Naming>> = {
  "disable-service-principal": ENABLED,
  "disable-user": ENABLED,
  "deactivate-application": ENABLED,
  "remove-application-password": SECRET,
  "remove-service-principal-password": SECRET,
  "remove-application-certificate": CERTIFICATE,
  "remove-service-principal-certificate": CERTIFICATE,
  "delete-application-federated-credential": FEDERATED,
  "delete-identity-federated-credential": FEDERATED,
  "remove-owner": naming("new-owner", "An owner was added", /^add owner to/i),
  "remove-group-membership": naming(
    "new-group-membership",
    "A group has a new member",
    /^add member to group/i,
  ),
  "remove-app-role-assignment": naming(
    "new-app-role",
    "An app role was assigned",
    /^add app role assignment/i,
  ),
  "remove-delegated-grant": naming(
    "new-consent",
    "Consent was given",
    /^(?:consent to application|add delegated permission grant)/i,
  ),
  "remove-directory-role": naming(
    "new-directory-role",
    "A directory role was assigned",
    /^add (?:scoped )?member to role/i,
  ),
  "remove-directory-role-eligibility": naming(
    "new-directory-role-eligibility",
    "Somebody was made eligible for a directory role",
    /^add eligible member to role/i,
  ),
  "remove-role-assignment": naming(
    "new-role-assignment",
    "An Azure role was assigned",
    /\/roleassignments\/write$/i,
  ),
  "remove-role-eligibility": naming(
    "new-role-eligibility",
    "Somebody was made eligible for an Azure role",
    /\/roleeligibilityschedulerequests\/write$/i,
  ),
  "remove-vault-access-policy": naming(
    "new-vault-policy",
    "A vault's access policy names it",
    /\/vaults\/(?:accesspolicies\/)?write$/i,
  ),
};

/** What is new only by its coming back: where no plan named it, there is merely more to do of the kind. */
const ONLY_COMING_BACK: Readonly<Record<string, Naming>> = {
  "rotate-secret": OLD_SECRET,
  "disable-secret-version": OLD_SECRET,
};

function namingOf(step: PlannedStep, cameBack: boolean, recreatedIds: ReadonlySet<string>): Naming {
  const named = BY_STEP[step.kind];
  if (cameBack) return named ?? ONLY_COMING_BACK[step.kind] ?? CAME_BACK;
  if (named !== ENABLED) return named ?? NEW;
  const target = step.target["servicePrincipalId"];
  return typeof target === "string" && recreatedIds.has(target.toLowerCase()) ? RECREATED : NEW;
}

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

function headlineOf(finding: Finding): string {
  switch (finding.kind) {
    case "restored":
      return "A deleted object was restored";
    case "revoked-credential-used":
      return finding.use.succeeded
        ? "A sign-in with a removed credential succeeded"
        : "A sign-in of a contained principal was refused";
    default:
      return finding.kind === "came-back"
        ? CAME_BACK.headline
        : ([...Object.values(BY_STEP), OLD_SECRET, RECREATED, NEW].find(({ kind }) => kind === finding.kind)
            ?.headline ?? NEW.headline);
  }
}

/** Texts of a target: what it was done to, and what only it would name. */
function textsOf(target: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.values(target).filter((it): it is string => typeof it === "string");
}

const GUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;
/** The members of targets that only one deed names. */
const TELLING = ["keyId", "credentialId", "assignmentId", "ownerId", "groupId"];

/** What to ask the logs, to learn who did it; null where nobody did anything, or no log would say. */
export function deedOf(finding: Finding): Deed | null {
  const key = keyOf(finding);
  switch (finding.kind) {
    case "revoked-credential-used":
    case "old-secret-enabled":
    case "came-back":
    case "new":
      return null;
    case "restored":
      return { key, ids: [finding.objectId], terms: [], operation: /^restore\b/i };
    default: {
      const { operation } = [...Object.values(BY_STEP), RECREATED].find(
        ({ kind }) => kind === finding.kind,
      ) ?? { operation: /^$/ };
      const { target } = finding.step;
      const guids = (texts: readonly string[]) => texts.flatMap((it) => it.match(GUID) ?? []);
      return {
        key,
        ids: guids(textsOf(target)),
        terms: guids(TELLING.flatMap((member) => textsOf({ member: target[member] }))),
        operation,
      };
    }
  }
}

/** What makes a finding the same finding, within one plan of the case. */
export function keyOf(finding: Finding): string {
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
 * A finding for the record. Its id is of the fact, not of the look: the same is recorded once, however often it is seen.
 * What comes back after it was cut again is a new fact, so a step's finding is told apart by the case's plans.
 */
export function findingEntry(
  caseId: string,
  plans: number,
  finding: Finding,
  doer: Doer | null,
  seenAt: string,
): NewEntry {
  const id =
    "step" in finding && finding.step !== null
      ? entryIdOf(caseId, plans, finding.kind, finding.step.id)
      : entryIdOf(caseId, keyOf(finding));
  return {
    id,
    type: "watch-finding",
    actor: { ...BY_SYSTEM("watch"), identity: { name: "reader" } },
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

function aboutOf(finding: Finding) {
  const headline = headlineOf(finding);
  switch (finding.kind) {
    case "restored": {
      const { objectId, absentSince, step } = finding;
      return {
        title: `${headline}: ${objectId}`,
        target: { objectId, absentSince },
        ...(step === null ? {} : { stepId: step.id }),
      };
    }
    case "revoked-credential-used": {
      const { principalId, credentialId, ...seen } = finding.use;
      return {
        title: `${headline}: ${principalId}`,
        target: { principalId, credentialId },
        seen: { ...seen },
      };
    }
    default: {
      const { step, cameBack } = finding;
      return {
        title: `${headline}. To cut: ${step.title}`,
        target: step.target,
        ...(cameBack ? { stepId: step.id } : {}),
      };
    }
  }
}
