import type { Answer } from "../azure/failure.ts";

/** The same answer with another reading of its value. */
export function mapAnswer<T, R>(answer: Answer<T>, read: (value: T) => R): Answer<R> {
  return answer.kind === "ok" ? { ...answer, value: read(answer.value) } : answer;
}

/** Where a long-running operation is to be asked about, or null when the answer was the end of it. */
export function operationOf(answer: Extract<Answer<unknown>, { readonly kind: "ok" }>): string | null {
  if (answer.status !== 202 && answer.headers["azure-asyncoperation"] === undefined) return null;
  return answer.headers["azure-asyncoperation"] ?? answer.headers["location"] ?? null;
}
