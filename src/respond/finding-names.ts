import type { PlannedStep } from "../case/plan.ts";

/** What the watch found, by name. `docs/watch.md` says what each means. */
export const FINDING_KINDS = [
  "re-enabled",
  "new-password",
  "new-certificate",
  "new-federated-credential",
  "new-owner",
  "new-group-membership",
  "new-app-role",
  "new-consent",
  "new-directory-role",
  "new-directory-role-eligibility",
  "new-role-assignment",
  "new-role-eligibility",
  "new-vault-policy",
  "old-secret-enabled",
  "restored",
  "recreated",
  "revoked-credential-used",
  /** A cut of another kind does not hold any more. */
  "came-back",
  /** Something else to cut that no plan named before. */
  "new",
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

export interface Naming {
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

/** Matches no operation. */
const NOBODYS = /^$/;

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
const OLD_SECRET = naming(
  "old-secret-enabled",
  "An old version of a secret was enabled again",
  NOBODYS,
  false,
);
const RECREATED = naming(
  "recreated",
  "The application has a new service principal",
  /^add service principal$/i,
);
const CAME_BACK = naming("came-back", "A cut does not hold any more", NOBODYS);
const NEW = naming("new", "There is something more to cut", NOBODYS, false);

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

const ALL: readonly Naming[] = [...Object.values(BY_STEP), OLD_SECRET, RECREATED, CAME_BACK, NEW];

/** What a step stands for as a finding. Pure. */
export function namingOf(step: PlannedStep, cameBack: boolean, recreatedIds: ReadonlySet<string>): Naming {
  const named = BY_STEP[step.kind];
  if (cameBack) return named ?? ONLY_COMING_BACK[step.kind] ?? CAME_BACK;
  if (named !== ENABLED) return named ?? NEW;
  const target = step.target["servicePrincipalId"];
  return typeof target === "string" && recreatedIds.has(target.toLowerCase()) ? RECREATED : NEW;
}

/** How the logs call the doing of what a kind of finding found; null where no log tells of it, or nobody did anything. */
export function operationOf(kind: FindingKind): RegExp | null {
  if (kind === "restored") return /^restore\b/i;
  const { operation } = ALL.find((it) => it.kind === kind) ?? NEW;
  return operation === NOBODYS ? null : operation;
}

/** The kind in words. */
export function headlineOf(kind: Naming["kind"]): string {
  return (ALL.find((it) => it.kind === kind) ?? NEW).headline;
}
