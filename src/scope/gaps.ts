import type { AzureFailure } from "../azure/failure.ts";
import type { Limitation } from "../case/scope.ts";

/** Collects what could not be read, so that an unread part is never taken for an empty one. */
export interface Gaps {
  note(about: string, code: string, detail: string): void;
  failed(about: string, failure: AzureFailure): void;
  /** All of them once each, sorted, so that equal gaps give equal bytes. */
  all(): readonly Limitation[];
}

export function openGaps(): Gaps {
  const found = new Map<string, Limitation>();
  const note = (about: string, code: string, detail: string) => {
    found.set(`${about}\u0000${code}\u0000${detail}`, { about, code, detail });
  };
  return {
    note,
    failed(about, failure) {
      const status = failure.status === null ? "no answer" : `status ${failure.status}`;
      note(about, failure.code, failure.azureCode === null ? status : `${status}, ${failure.azureCode}`);
    },
    all: () => [...found].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, gap]) => gap),
  };
}

/** What any read gives: a value, or why there is none. */
export type Read<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "failed"; readonly failure: AzureFailure };

/** The value read; or, the failure noted as a gap about `about`, what to go on with instead. */
export function readOr<T>(gaps: Gaps, about: string, read: Read<T>, otherwise: T): T {
  if (read.kind === "ok") return read.value;
  gaps.failed(about, read.failure);
  return otherwise;
}

/** As `readOr`, where not being there is an answer and no gap. */
export function readOrAbsent<T, N>(gaps: Gaps, about: string, read: Read<T>, absent: N): T | N {
  if (read.kind === "failed" && read.failure.code === "NOT_FOUND") return absent;
  return readOr<T | N>(gaps, about, read, absent);
}
