import { isRestError } from "@azure/core-rest-pipeline";
import { type AzureFailure, classify, noAnswer, retryAfterOf } from "./failure.ts";
import { codesOf } from "./rest.ts";

export type Attempted<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "failed"; readonly failure: AzureFailure };

/** Turns what an SDK throws into the same failures the REST client answers. What is not a service's answer is thrown on. */
export async function attempt<T>(call: () => Promise<T>): Promise<Attempted<T>> {
  try {
    return { kind: "ok", value: await call() };
  } catch (error) {
    return { kind: "failed", failure: failureOfSdk(error) };
  }
}

export function failureOfSdk(error: unknown): AzureFailure {
  if (isRestError(error)) {
    if (error.statusCode === undefined) return noAnswer(error.code === "ETIMEDOUT");
    const headers = error.response?.headers.toJSON() ?? {};
    const codes = bodyCodes(error.response?.bodyAsText ?? "", error.details);
    return classify({
      status: error.statusCode,
      codes: codes.length > 0 ? codes : error.code === undefined ? [] : [error.code],
      retryAfterInMs: retryAfterOf(headers["retry-after"], new Date()),
      requestId: headers["x-ms-request-id"] ?? null,
    });
  }
  const name = error instanceof Error ? error.name : "";
  if (name === "AbortError" || name === "TimeoutError") return noAnswer(true);
  if (name.includes("Authentication") || name.includes("Credential")) {
    return { ...noAnswer(false), code: "UNAUTHENTICATED" };
  }
  throw error;
}

function bodyCodes(text: string, details: unknown): string[] {
  try {
    const codes = codesOf(JSON.parse(text));
    return codes.length > 0 ? codes : codesOf(details);
  } catch {
    return codesOf(details);
  }
}
