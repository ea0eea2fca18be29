import type { Principal } from "../../case/principal.ts";
import type { Subject } from "../../case/subject.ts";
import type { IdKind, Lookup } from "./directory-index.ts";
import type { Candidate, LeakedCredential, RefusalCode } from "./resolution.ts";

/** What looking into one claim gave. All findings of a case are weighed together afterwards. */
export type Finding =
  | {
      readonly kind: "found";
      readonly subject: Subject;
      readonly principal: Principal;
      readonly because: string;
      readonly certainty: "named" | "derived";
      readonly leaked: LeakedCredential | null;
    }
  /** Identities of something that was named: any of them may be the one, or none. */
  | {
      readonly kind: "nearby";
      readonly subject: Subject;
      readonly candidates: readonly Candidate[];
      /** Whether a single one may stand for the thing named; for a cluster it may not. */
      readonly conclusive: boolean;
      readonly about: string;
    }
  | {
      readonly kind: "refused";
      readonly subject: Subject;
      readonly code: RefusalCode;
      readonly reason: string;
      readonly candidates: readonly Candidate[];
    };

export function refusal(
  subject: Subject,
  code: RefusalCode,
  reason: string,
  candidates: readonly Candidate[] = [],
): Finding {
  return { kind: "refused", subject, code, reason, candidates };
}

/** The finding a look-up of one id makes: exactly one principal, or a refusal that says why not. */
export function findingOf(
  subject: Subject,
  lookup: Lookup,
  found: {
    readonly certainty: "named" | "derived";
    readonly leaked?: LeakedCredential;
    readonly say: (as: IdKind) => string;
  },
): Finding {
  const [first, ...others] = lookup.matches;
  if (first === undefined) {
    return lookup.failures.length === 0
      ? refusal(subject, "UNKNOWN", "no application, service principal, identity or user here has this id")
      : refusal(
          subject,
          "UNREADABLE",
          `the directory could not be asked: ${[...new Set(lookup.failures.map(({ code }) => code))].join(", ")}`,
        );
  }
  if (others.length > 0) {
    return refusal(
      subject,
      "AMBIGUOUS",
      `the id fits ${lookup.matches.length} principals: as ${lookup.matches.map(({ as }) => as).join(" and as ")}`,
      lookup.matches.flatMap((match) =>
        match.kind === "principal"
          ? [{ principal: match.principal, rank: 1, because: `its ${match.as}` }]
          : [],
      ),
    );
  }
  if (first.kind === "unsupported") {
    return refusal(
      subject,
      "UNSUPPORTED",
      `service principal ${first.objectId} is of type ${first.type}, which cannot be contained yet`,
    );
  }
  return {
    kind: "found",
    subject,
    principal: first.principal,
    because: found.say(first.as),
    certainty: found.certainty,
    leaked: found.leaked ?? null,
  };
}
