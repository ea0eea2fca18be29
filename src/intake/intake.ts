import type { IncidentReference, Severity, TimeWindow } from "../case/case.ts";
import type { Subject } from "../case/subject.ts";

/** What an alert or a request said, in one shape whoever sent it. Claims, not facts; no secret value is in it. */
export interface Intake {
  /** The kind's own name, which policy rules match: `sentinel-incident`, `responder`. */
  readonly trigger: string;
  /** The same alert again gives the same key, and so the same case. */
  readonly deliveredAs: string;
  readonly title: string;
  readonly severity: Severity;
  readonly subjects: readonly Subject[];
  /** ARM ids the alert is about, victims among them. Those that may say who it was are subjects, too. */
  readonly resourceIds: readonly string[];
  /** Keys of credentials that the sender names as suspicious. */
  readonly keyIds: readonly string[];
  /** Addresses the sender saw the attacker at. */
  readonly addresses: readonly string[];
  /** When it happened, as far as the sender knows; scope looks further around it. */
  readonly window: TimeWindow;
  readonly incident: IncidentReference | null;
  /** What was in the body and not understood, by path: said, never skipped in silence. */
  readonly unread: readonly string[];
}

/** What reading a body came to. A refusal is about this body for good; an unknown one says what was looked for. */
export type IntakeResult =
  | { readonly kind: "cases"; readonly intakes: readonly [Intake, ...Intake[]] }
  | { readonly kind: "refused"; readonly code: RefusalCode; readonly reason: string }
  | {
      readonly kind: "unrecognised";
      readonly lookedFor: readonly string[];
      readonly found: readonly string[];
    };

export type RefusalCode =
  | "SAMPLE_ALERT"
  | "RESOLVED_ALERT"
  | "NO_SUBJECT"
  | "TEST_NOTIFICATION"
  | "NOT_AN_ALERT"
  | "HOSTILE_BODY"
  | "TOO_MANY_CASES"
  | "MALFORMED";
