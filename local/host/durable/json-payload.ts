/**
 * What .NET's JSON classes do to payloads on their way through the real host. Payloads are kept as JSON text; `null`
 * is the absence of a payload, which is not the same as the text `null`.
 */

/** JSON text of a value that came out of parsed JSON; absent and null both become no payload at all. */
export function serializePayload(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}

/** A stored payload as a person or client sees it: parsed, or the raw text where it is no JSON (common for reasons given to terminate). */
export function payloadForDisplay(payload: string | null): unknown {
  if (payload === null) return null;
  const trimmed = payload.trim();
  if (trimmed === "") return "";
  try {
    return JSON.parse(trimmed);
  } catch {
    return trimmed;
  }
}

/**
 * The text under which an activity receives its input. The real host converts the value to a .NET string: objects and
 * numbers stay JSON, text is handed over bare, booleans become "True" and "False", and null becomes no data at all.
 */
export function activityInputText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "True" : "False";
  return JSON.stringify(value);
}

const BYTES_PER_UTF16_UNIT = 2;
const CUSTOM_STATUS_LIMIT_IN_KB = 16;

/** Says what is wrong with a custom status, in the words of the real host, or nothing when it fits. */
export function customStatusTooBig(json: string): string | undefined {
  const sizeInKb = Math.trunc((json.length * BYTES_PER_UTF16_UNIT) / 1024);
  if (sizeInKb <= CUSTOM_STATUS_LIMIT_IN_KB) return undefined;
  return `The UTF-16 size of the JSON-serialized payload must not exceed ${CUSTOM_STATUS_LIMIT_IN_KB} KB. The current payload size is ${sizeInKb.toLocaleString("en-US")} KB.`;
}
