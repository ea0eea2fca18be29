import type { Principal } from "../../case/principal.ts";
import type { Limitation } from "../../case/scope.ts";
import type { Subject } from "../../case/subject.ts";

/** What the subjects of a case turned out to be. */
export interface Resolution {
  readonly principals: readonly ResolvedPrincipal[];
  readonly refused: readonly Refusal[];
  /** Who it may have been, likeliest first: for a person to choose from, never acted on. */
  readonly candidates: readonly Candidate[];
  /** What holds for a principal without stopping the case (homed elsewhere), and what could not be asked. */
  readonly limitations: readonly Limitation[];
}

export interface ResolvedPrincipal {
  readonly principal: Principal;
  /** Which claim led here and how, in a sentence. */
  readonly because: string;
  /** `named`: an id of its own stood in the alert. `derived`: found through something else (its resource, whom it trusts). */
  readonly certainty: "named" | "derived";
  /** The credential that was found lying about, as far as the finding tells. */
  readonly leaked: readonly LeakedCredential[];
}

export interface LeakedCredential {
  readonly keyId: string | null;
  readonly hint: string | null;
  readonly foundIn: string;
}

export type RefusalCode =
  /** The claim fits several principals. */
  | "AMBIGUOUS"
  /** It fits none that can be seen. */
  | "UNKNOWN"
  /** A display name only: attackers choose theirs. */
  | "NAME_ONLY"
  /** Microsoft's own: nothing is ever cut on it. */
  | "FIRST_PARTY"
  /** On the list of those never to be touched. */
  | "PROTECTED"
  /** The sender says it was there, not that it did it. */
  | "BYSTANDER"
  /** A kind of principal there is no way to contain yet. */
  | "UNSUPPORTED"
  /** It says something about a principal but names none. */
  | "NO_PRINCIPAL"
  /** Not the form of the thing it claims to be. */
  | "MALFORMED"
  /** The directory could not be asked. */
  | "UNREADABLE";

export interface Refusal {
  readonly code: RefusalCode;
  readonly subject: Subject;
  readonly reason: string;
  readonly candidates: readonly Candidate[];
}

export interface Candidate {
  readonly principal: Principal;
  /** Larger is likelier; only the order means anything. */
  readonly rank: number;
  readonly because: string;
}
