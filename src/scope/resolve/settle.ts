import { type Principal, principalKey } from "../../case/principal.ts";
import type { Limitation } from "../../case/scope.ts";
import { byText } from "../identifiers.ts";
import type { Finding } from "./finding.ts";
import type { Candidate, LeakedCredential, Refusal, ResolvedPrincipal } from "./resolution.ts";

type Found = Extract<Finding, { readonly kind: "found" }>;

export interface Settled {
  readonly principals: readonly ResolvedPrincipal[];
  readonly refused: readonly Refusal[];
  readonly candidates: readonly Candidate[];
  readonly limitations: readonly Limitation[];
}

/**
 * Weighs all findings of a case against each other. Pure. The rules:
 * - Several claims on one principal are one principal, named if any of them named it.
 * - Microsoft's own and protected ones are refused, whatever named them.
 * - Where the sender marks suspects, ids it left unmarked are only candidates: bystanders are named in alerts too.
 * - What a resource has counts only when nothing was named: a single identity is derived, several are ambiguous.
 */
export function settle(findings: readonly Finding[], protectedIds: ReadonlySet<string>): Settled {
  const refused: Refusal[] = [];
  const candidates: Candidate[] = [];
  const byKey = new Map<string, Found[]>();

  for (const finding of findings) {
    if (finding.kind === "refused") {
      const { subject, code, reason } = finding;
      refused.push({ subject, code, reason, candidates: finding.candidates });
      candidates.push(...finding.candidates);
    }
    if (finding.kind === "found") addFound(byKey, refused, finding, protectedIds);
  }
  const named = [...byKey.values()];
  const marked = named.filter((found) => found.some(({ subject }) => subject.role === "suspect"));
  const principals = (marked.length > 0 ? marked : named).map(merged);
  if (marked.length > 0) {
    for (const unmarked of named.filter((found) => !marked.includes(found))) {
      const { principal, because } = merged(unmarked);
      candidates.push({ principal, rank: 3, because: `${because}; the alert marks others as suspects` });
    }
  }
  settleNearby(findings, protectedIds, principals, { refused, candidates });
  return {
    principals: principals.toSorted((a, b) => byText(keyOf(a.principal), keyOf(b.principal))),
    refused,
    candidates: ranked(candidates, principals),
    limitations: principals.filter(({ principal }) => principal.home === "foreign").map(foreign),
  };
}

/** Best first; who is a principal of the case already is no candidate, and nobody is one twice. */
export function ranked(
  candidates: readonly Candidate[],
  principals: readonly ResolvedPrincipal[],
): readonly Candidate[] {
  const taken = new Set(principals.map(({ principal }) => keyOf(principal)));
  const best = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const key = keyOf(candidate.principal);
    if (taken.has(key) || candidate.principal.home === "microsoft") continue;
    const before = best.get(key);
    if (before === undefined) best.set(key, candidate);
    else {
      const top = candidate.rank > before.rank ? candidate : before;
      const reasons = new Set([before.because, candidate.because].toSorted(byText));
      best.set(key, { ...top, rank: before.rank + candidate.rank, because: [...reasons].join("; ") });
    }
  }
  return [...best.values()].toSorted(
    (a, b) => b.rank - a.rank || byText(keyOf(a.principal), keyOf(b.principal)),
  );
}

export function keyOf(principal: Principal): string {
  return principalKey(principal).toLowerCase();
}

function addFound(
  byKey: Map<string, Found[]>,
  refused: Refusal[],
  finding: Found,
  protectedIds: ReadonlySet<string>,
): void {
  const { subject, principal } = finding;
  const ban = banOf(principal, protectedIds);
  if (ban !== null) {
    refused.push({ subject, ...ban, candidates: [] });
    return;
  }
  const known = byKey.get(keyOf(principal));
  if (known === undefined) byKey.set(keyOf(principal), [finding]);
  else known.push(finding);
}

function banOf(
  principal: Principal,
  protectedIds: ReadonlySet<string>,
): Pick<Refusal, "code" | "reason"> | null {
  if (principal.home === "microsoft") {
    return {
      code: "FIRST_PARTY",
      reason: "it is one of Microsoft's own applications: nothing is cut on those",
    };
  }
  const ids = [principal.objectId, principal.appId, principal.applicationObjectId];
  return ids.some((id) => id !== null && protectedIds.has(id.toLowerCase()))
    ? { code: "PROTECTED", reason: "it is on the list of principals that are never touched" }
    : null;
}

function merged(found: readonly Found[]): ResolvedPrincipal {
  const [first] = found;
  if (first === undefined) throw new TypeError("no finding to merge");
  // The one that knows the application object knows most.
  const principal =
    found.find((it) => it.principal.applicationObjectId !== null)?.principal ?? first.principal;
  const leaked = new Map<string, LeakedCredential>();
  for (const { leaked: leak } of found) {
    if (leak !== null) leaked.set(JSON.stringify([leak.keyId, leak.hint, leak.foundIn]), leak);
  }
  return {
    principal,
    because: [...new Set(found.map(({ because }) => because))].join("; "),
    certainty: found.some(({ certainty }) => certainty === "named") ? "named" : "derived",
    leaked: [...leaked].toSorted(([a], [b]) => byText(a, b)).map(([, leak]) => leak),
  };
}

function settleNearby(
  findings: readonly Finding[],
  protectedIds: ReadonlySet<string>,
  principals: ResolvedPrincipal[],
  into: { readonly refused: Refusal[]; readonly candidates: Candidate[] },
): void {
  const nearby = findings.filter((finding) => finding.kind === "nearby");
  const all = nearby.flatMap(({ candidates }) => candidates);
  const someoneNamed = principals.length > 0;
  const distinct = new Map(
    all
      .filter(({ principal }) => banOf(principal, protectedIds) === null)
      .map((candidate) => [keyOf(candidate.principal), candidate]),
  );
  const [only] = distinct.values();
  if (!someoneNamed && distinct.size === 1 && only !== undefined && nearby.every((it) => it.conclusive)) {
    principals.push({
      principal: only.principal,
      because: `the only identity of what the alert names: ${only.because}`,
      certainty: "derived",
      leaked: [],
    });
    return;
  }
  into.candidates.push(...all);
  if (someoneNamed) return;
  for (const { subject, about, candidates } of nearby) {
    into.refused.push({
      subject,
      code: "AMBIGUOUS",
      reason: `${about} has ${candidates.length} ${candidates.length === 1 ? "identity" : "identities"}; the alert does not say which of them, or who else, it was`,
      candidates,
    });
  }
}

function foreign({ principal }: ResolvedPrincipal): Limitation {
  return {
    about: `application ${principal.appId ?? ""}`,
    code: "FOREIGN",
    detail:
      "its home is another tenant: its application object and the credentials there can be neither read nor cut from here",
  };
}
