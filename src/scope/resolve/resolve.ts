import type { Azure } from "../../azure/azure.ts";
import type { TimeWindow } from "../../case/case.ts";
import type { Subject } from "../../case/subject.ts";
import { type DirectoryReader, directoryReader } from "../directory-reader.ts";
import { type Gaps, openGaps } from "../gaps.ts";
import { whoActedOn } from "./callers.ts";
import { type DirectoryIndex, directoryIndex, withLinkedObjects } from "./directory-index.ts";
import { type Finding, refusal } from "./finding.ts";
import { findLeakedCredential } from "./leaked-credential.ts";
import { findGuid, findName, findUserPrincipalName } from "./named.ts";
import { findFederated, findServiceAccount } from "./outside.ts";
import type { Resolution } from "./resolution.ts";
import { findResources } from "./resource.ts";
import { ranked, settle } from "./settle.ts";

export interface ResolveContext {
  /** Object ids and app ids that are never touched: break-glass accounts, the responder's own. Lower case. */
  readonly protectedIds: ReadonlySet<string>;
  readonly window: TimeWindow;
  /** Log Analytics workspaces, for alerts that name no principal. */
  readonly workspaceIds: readonly string[];
}

/**
 * Resolves only what stands in the alert as an id of its own (GUIDs, user principal names, leaked credentials with an
 * app id): one dependent request deep (a `$batch`; two with more than one claim only where an application object's id
 * was named, whose service principal has to be looked up). For the quick cut: other claims are left for
 * `resolveSubjects`, so what it refuses is not final. An application's own object may be missing from the principals.
 */
export async function identifySubjects(
  azure: Azure,
  subjects: readonly Subject[],
  protectedIds: ReadonlySet<string>,
  directory: DirectoryReader = directoryReader(azure.graph),
): Promise<Resolution> {
  const index = directoryIndex(directory);
  const gaps = openGaps();
  const direct = subjects.filter(
    ({ kind, role }) =>
      role !== "bystander" && (kind === "guid" || kind === "upn" || kind === "leaked-credential"),
  );
  const findings = await Promise.all(
    direct.map(async (subject): Promise<Finding> => {
      switch (subject.kind) {
        case "guid":
          return findGuid(index, subject);
        case "upn":
          return findUserPrincipalName(index, subject);
        case "leaked-credential":
          return subject.appId === null
            ? refusal(subject, "NO_PRINCIPAL", "the finding has no app id")
            : findLeakedCredential(directory, index, gaps, subject);
        default:
          return refusal(subject, "NO_PRINCIPAL", "not an id of a principal");
      }
    }),
  );
  const found = await linkedWhereNeeded(directory, findings, gaps, ({ objectId }) => objectId === null);
  const settled = settle(found, protectedIds);
  return { ...settled, limitations: [...settled.limitations, ...gaps.all()] };
}

/**
 * Turns the claims of a case into principals, or says for each why not. At most two dependent requests deep for ids (the
 * second only for an object that the first did not show), three for resources and tokens from outside, and two more for
 * an alert that names no principal at all. Reads only; never throws for what Azure answers.
 */
export async function resolveSubjects(
  azure: Azure,
  subjects: readonly Subject[],
  context: ResolveContext,
  directory: DirectoryReader = directoryReader(azure.graph),
): Promise<Resolution> {
  const index = directoryIndex(directory);
  const gaps = openGaps();
  const asked = subjects.filter(({ role }) => role !== "bystander");
  const spared = subjects
    .filter(({ role }) => role === "bystander")
    .map((subject) => refusal(subject, "BYSTANDER", "the alert says it was there, not that it did it"));

  const [ofResources, others] = await Promise.all([
    findResources(
      azure,
      index,
      gaps,
      asked.filter((subject) => subject.kind === "resource"),
    ),
    Promise.all(
      asked
        .filter((subject) => subject.kind !== "resource")
        .map((subject) => findOne(azure, directory, index, gaps, subject)),
    ),
  ]);
  const findings = await linkedWhereNeeded(
    directory,
    [...spared, ...others, ...ofResources],
    gaps,
    ({ objectId, applicationObjectId, home }) =>
      objectId === null || (applicationObjectId === null && home !== "microsoft"),
  );
  const settled = settle(findings, context.protectedIds);
  const candidates =
    settled.principals.length > 0
      ? settled.candidates
      : ranked(
          [
            ...settled.candidates,
            ...(await whoActedOn(azure, index, gaps, { ...context, resourceIds: resourcesIn(asked) })),
          ],
          [],
        );
  return { ...settled, candidates, limitations: [...settled.limitations, ...gaps.all()] };
}

async function findOne(
  azure: Azure,
  directory: DirectoryReader,
  index: DirectoryIndex,
  gaps: Gaps,
  subject: Exclude<Subject, { readonly kind: "resource" }>,
): Promise<Finding> {
  switch (subject.kind) {
    case "guid":
      return findGuid(index, subject);
    case "upn":
      return findUserPrincipalName(index, subject);
    case "leaked-credential":
      return findLeakedCredential(directory, index, gaps, subject);
    case "federated":
      return findFederated(azure, directory, index, gaps, subject);
    case "service-account":
      return findServiceAccount(azure, directory, index, gaps, subject);
    case "name":
      return findName(index, subject);
    case "vault-secret":
      return refusal(subject, "NO_PRINCIPAL", "a vault's secret is no principal: it is for rotation");
    default:
      return subject satisfies never;
  }
}

function resourcesIn(subjects: readonly Subject[]): readonly string[] {
  return subjects.flatMap((subject) =>
    subject.kind === "resource"
      ? [subject.resourceId]
      : subject.kind === "service-account"
        ? [subject.clusterId]
        : [],
  );
}

async function linkedWhereNeeded(
  directory: DirectoryReader,
  findings: readonly Finding[],
  gaps: Gaps,
  needed: (principal: Extract<Finding, { readonly kind: "found" }>["principal"]) => boolean,
): Promise<readonly Finding[]> {
  const missing = findings.flatMap((finding) =>
    finding.kind === "found" && finding.principal.kind === "application" && needed(finding.principal)
      ? [finding.principal]
      : [],
  );
  if (missing.length === 0) return findings;
  const linked = await withLinkedObjects(directory, missing);
  for (const failure of linked.failures) gaps.failed("the objects that belong to a principal", failure);
  const byMissing = new Map(missing.map((principal, index) => [principal, linked.principals[index]]));
  return findings.map((finding): Finding => {
    if (finding.kind !== "found") return finding;
    const principal = byMissing.get(finding.principal);
    return principal === undefined ? finding : { ...finding, principal };
  });
}
