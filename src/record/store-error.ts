import { RestError } from "@azure/core-rest-pipeline";
import { RecordError, type RecordErrorCode } from "./record-error.ts";

/** What a failed storage request means to the appender. */
export type StoreAnswer =
  /** The blob is longer than we thought: someone else wrote, or our own request did and its answer was lost. */
  | { readonly kind: "moved" }
  | { readonly kind: "absent" }
  /** A range was asked for that starts at the blob's end. */
  | { readonly kind: "no-more" }
  | { readonly kind: "error"; readonly error: RecordError };

/** Classifies a storage SDK error by status and code. Limits: what is no storage error is thrown on as it is. */
export function storeAnswerOf(error: unknown, doing: string): StoreAnswer {
  if (!(error instanceof RestError)) throw error;
  const { statusCode: status, code } = error;
  if (status === 412 || code === "BlobAlreadyExists") return { kind: "moved" };
  if (status === 404 && code !== "ContainerNotFound") return { kind: "absent" };
  if (status === 416) return { kind: "no-more" };
  return { kind: "error", error: storeError(error, doing) };
}

function storeError(error: RestError, doing: string): RecordError {
  const requestId = error.response?.headers.get("x-ms-request-id");
  const { statusCode: status, code } = error;
  return new RecordError({
    code: codeOf(status, code),
    message: `${doing}: the store answered ${status ?? "nothing"} ${code ?? ""}`.trimEnd(),
    cause: error,
    azure: {
      ...(status === undefined ? {} : { status }),
      ...(code === undefined ? {} : { code }),
      ...(requestId === undefined ? {} : { requestId }),
    },
  });
}

function codeOf(status: number | undefined, code: string | undefined): RecordErrorCode {
  if (code === "ContainerNotFound") return "STORE_MISSING";
  if (code === "BlockCountExceedsLimit" || status === 413 || status === 507) return "STORE_FULL";
  // No permission, a disabled account, an immutability policy, a lease, a sealed blob: all are a refusal to write.
  if (status === 401 || status === 403 || status === 409) return "STORE_READ_ONLY";
  return "STORE_UNREACHABLE";
}
