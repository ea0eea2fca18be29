export type ParsedBody =
  | { readonly kind: "body"; readonly value: unknown }
  | { readonly kind: "refused"; readonly code: "MALFORMED" | "HOSTILE_BODY"; readonly reason: string };

const MOST_CHARACTERS = 4_000_000;
const DEEPEST = 64;
const MOST_VALUES = 100_000;
/** Keys that mean something to JavaScript objects: no sender has an honest use for them. */
const POLLUTING = new Set(["__proto__", "constructor", "prototype"]);

/** Parses a body that anybody may have sent. Refused before it costs much: too long, too deep, too many values, polluting keys. */
export function parseBody(text: string): ParsedBody {
  if (text.length > MOST_CHARACTERS) return hostile(`longer than ${MOST_CHARACTERS} characters`);
  if (depthOf(text) > DEEPEST) return hostile(`nested deeper than ${DEEPEST}`);
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return { kind: "refused", code: "MALFORMED", reason: "The body is not JSON." };
  }
  const wrong = inspect(value);
  return wrong === null ? { kind: "body", value } : hostile(wrong);
}

function hostile(reason: string): ParsedBody {
  return { kind: "refused", code: "HOSTILE_BODY", reason: `The body is refused: ${reason}.` };
}

/** How deep brackets nest outside of strings, without parsing: the parser itself would recurse. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (inString) {
      if (character === BACKSLASH) index += 1;
      else if (character === QUOTE) inString = false;
    } else if (character === QUOTE) {
      inString = true;
    } else if (character === OPEN_BRACE || character === OPEN_BRACKET) {
      depth += 1;
      if (depth > deepest) deepest = depth;
      if (deepest > DEEPEST) return deepest;
    } else if (character === CLOSE_BRACE || character === CLOSE_BRACKET) {
      depth -= 1;
    }
  }
  return deepest;
}

const [QUOTE, BACKSLASH, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [
  0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d,
];

function inspect(root: unknown): string | null {
  const queue: unknown[] = [root];
  let seen = 0;
  for (let value = queue.pop(); value !== undefined; value = queue.pop()) {
    seen += 1;
    if (seen > MOST_VALUES) return `more than ${MOST_VALUES} values`;
    if (typeof value !== "object" || value === null) continue;
    if (Array.isArray(value)) {
      for (const it of value) queue.push(it ?? 0);
      continue;
    }
    for (const [key, it] of Object.entries(value)) {
      if (POLLUTING.has(key)) return `a key called ${key}`;
      queue.push(it ?? 0);
    }
  }
  return null;
}
