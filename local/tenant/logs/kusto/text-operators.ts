import { QueryRefusal } from "./errors.ts";

/** Kusto's text comparisons. All of them but those ending in `_cs` ignore case. */

/** `has`: the needle stands as whole terms, that is not within a run of letters and digits. */
export function hasTerm(text: string, needle: string, isCaseSensitive = false): boolean {
  return findTerm(text, needle, isCaseSensitive, true, true);
}

function hasPrefix(text: string, needle: string): boolean {
  return findTerm(text, needle, false, true, false);
}

function hasSuffix(text: string, needle: string): boolean {
  return findTerm(text, needle, false, false, true);
}

function findTerm(
  text: string,
  needle: string,
  isCaseSensitive: boolean,
  atStart: boolean,
  atEnd: boolean,
): boolean {
  if (needle === "") return true;
  const [within, sought] = isCaseSensitive ? [text, needle] : [text.toLowerCase(), needle.toLowerCase()];
  for (let at = within.indexOf(sought); at !== -1; at = within.indexOf(sought, at + 1)) {
    const startsTerm = !atStart || !isTermCharacter(within[at - 1]) || !isTermCharacter(sought[0]);
    const endsTerm =
      !atEnd || !isTermCharacter(within[at + sought.length]) || !isTermCharacter(sought.at(-1));
    if (startsTerm && endsTerm) return true;
  }
  return false;
}

function isTermCharacter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}

type TextTest = (text: string, needle: string) => boolean;

const folded =
  (test: TextTest): TextTest =>
  (text, needle) =>
    test(text.toLowerCase(), needle.toLowerCase());
const contains: TextTest = (text, needle) => text.includes(needle);
const startsWith: TextTest = (text, needle) => text.startsWith(needle);
const endsWith: TextTest = (text, needle) => text.endsWith(needle);

/** By operator; each has its opposite with `!` before it. */
export const TEXT_TESTS: ReadonlyMap<string, TextTest> = new Map([
  ["=~", folded((text, needle) => text === needle)],
  ["has", (text, needle) => hasTerm(text, needle)],
  ["has_cs", (text, needle) => hasTerm(text, needle, true)],
  ["hasprefix", hasPrefix],
  ["hassuffix", hasSuffix],
  ["contains", folded(contains)],
  ["contains_cs", contains],
  ["startswith", folded(startsWith)],
  ["startswith_cs", startsWith],
  ["endswith", folded(endsWith)],
  ["endswith_cs", endsWith],
]);

/** Kusto's expressions are RE2; what queries here need of them JavaScript has too, but for `(?i)` at the start. */
export function pattern(text: string): RegExp {
  const ignoresCase = text.startsWith("(?i)");
  try {
    return new RegExp(ignoresCase ? text.slice(4) : text, ignoresCase ? "iu" : "u");
  } catch {
    throw new QueryRefusal({
      kind: "semantic",
      code: "SEM0001",
      message: `Invalid regular expression: ${text}`,
    });
  }
}
