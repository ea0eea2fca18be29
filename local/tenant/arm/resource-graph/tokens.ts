import { QuerySyntaxError } from "./syntax.ts";

export interface Token {
  readonly kind: "word" | "string" | "number" | "symbol" | "end";
  readonly text: string;
  readonly position: number;
}

const SPACE_OR_COMMENT = /(?:\s+|\/\/[^\n]*)+/y;
const WORD = /(?:project-away|mv-expand|[A-Za-z_$][\w$]*)/y;
const NUMBER = /\d+(?:\.\d+)?/y;
const SYMBOL =
  /(?:==|=~|!=|!~|<=|>=|!in~|!in\b|!has\b|!contains\b|!startswith\b|!endswith\b|[|(),.=<>[\]-])/y;

/** Cuts a query into words, strings, numbers and symbols. Throws `QuerySyntaxError` at what is none of them. */
export function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (expression: RegExp): string | undefined => {
    expression.lastIndex = at;
    return expression.exec(text)?.[0];
  };
  while (at < text.length) {
    const space = match(SPACE_OR_COMMENT);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const quote = text.charAt(at);
    if (quote === "'" || quote === '"') {
      const { value, length } = readString(text, at);
      tokens.push({ kind: "string", text: value, position: at });
      at += length;
      continue;
    }
    const found = read("symbol", match(SYMBOL)) ?? read("word", match(WORD)) ?? read("number", match(NUMBER));
    if (!found) throw new QuerySyntaxError(at, text.charAt(at));
    tokens.push({ ...found, position: at });
    at += found.text.length;
    // `in~` is one operator, but `in` is a word.
    const last = tokens.at(-1);
    if (last?.kind === "word" && last.text.toLowerCase() === "in" && text.charAt(at) === "~") {
      tokens[tokens.length - 1] = { ...last, text: "in~" };
      at += 1;
    }
  }
  tokens.push({ kind: "end", text: "", position: text.length });
  return tokens;
}

function read(kind: Token["kind"], text: string | undefined): Omit<Token, "position"> | undefined {
  return text === undefined ? undefined : { kind, text };
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

function readString(text: string, from: number): { readonly value: string; readonly length: number } {
  const quote = text.charAt(from);
  let value = "";
  let at = from + 1;
  while (at < text.length && text.charAt(at) !== quote) {
    if (text.charAt(at) === "\\") {
      const escaped = text.charAt(at + 1);
      value += ESCAPES[escaped] ?? escaped;
      at += 2;
    } else {
      value += text.charAt(at);
      at += 1;
    }
  }
  if (at >= text.length) throw new QuerySyntaxError(from, quote);
  return { value, length: at - from + 1 };
}
