import type { IntakeResult, RefusalCode } from "./intake.ts";
import type { Reading } from "./reading.ts";

/** One kind of alert: how it is known, and what it says. */
export interface AlertKind {
  /** What policy rules call it. */
  readonly name: string;
  /** By which members it is known, for the answer to a body that is none of them. */
  readonly knownBy: string;
  recognises(body: Reading): boolean;
  /** Absent things are absent; never throws for what a body holds. */
  read(body: Reading, now: Date): IntakeResult;
}

export function refuse(code: RefusalCode, reason: string): IntakeResult {
  return { kind: "refused", code, reason };
}
