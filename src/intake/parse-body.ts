export type ParsedBody =
  | { readonly kind: "body"; readonly value: unknown }
  | { readonly kind: "refused"; readonly code: "MALFORMED" | "HOSTILE_BODY"; readonly reason: string };

const MOST_CHARACTERS = 4_000_000;
const DEEPEST = 64;
const MOST_VALUES = 100_000;
/** Keys that mean something to JavaScript objects: no sender has an honest use for them. */
const POLLUTING = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Parses a body that anybody may have sent: JSON, or one JSON object a line as scanners print them. Refused before it
 * costs much: too long, too deep, too many values, polluting keys.
 */
export function parseBody(text: string): ParsedBody {
  const bare = text.replace(/^\uFEFF/, "");
  const whole = parseJson(bare);
  if (whole.kind === "body" || whole.code === "HOSTILE_BODY") return whole;
  return parseLines(bare) ?? whole;
}

/** Parses one JSON text within the limits. For JSON inside strings too: it is as much the sender's as the rest. */
export function parseJson(text: string): ParsedBody {
  if (text.length > MOST_CHARACTERS) return hostile(`longer than ${MOST_CHARACTERS} characters`);
  if (depthOf(text) > DEEPEST) return hostile(`nested deeper than ${DEEPEST}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return malformed("The body is not JSON.");
  }
  const wrong = inspect(value);
  return wrong === null ? { kind: "body", value } : hostile(wrong);
}

/** Null when it is not lines of objects either. Length and depth have been looked at. */
function parseLines(text: string): ParsedBody | null {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const objects = lines.filter((line) => line !== "");
  if (objects.length < 2 || !objects.every((line) => line.startsWith("{"))) return null;
  if (objects.length > MOST_VALUES) return hostile(`more than ${MOST_VALUES} lines`);
  const values: unknown[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === "") continue;
    try {
      values.push(JSON.parse(line));
    } catch {
      return malformed(`Line ${index + 1} is not JSON.`);
    }
  }
  const wrong = inspect(values);
  return wrong === null ? { kind: "body", value: values } : hostile(wrong);
}

function hostile(reason: string): ParsedBody {
  return { kind: "refused", code: "HOSTILE_BODY", reason: `The body is refused: ${reason}.` };
}

function malformed(reason: string): ParsedBody {
  return { kind: "refused", code: "MALFORMED", reason };
}

/** How deep brackets nest outside of strings, without parsing: what comes after the parser may recurse. */
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
      if (value.length > MOST_VALUES) return `more than ${MOST_VALUES} values`;
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
