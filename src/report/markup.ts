import { shown } from "./shown-text.ts";

/** HTML that is safe as it stands: made by the `html` tag only. */
export class Markup {
  readonly text: string;
  private constructor(text: string) {
    this.text = text;
  }
  /** Template text is ours and goes in as it is; every value is data and is escaped, unless it is markup itself. */
  static from(strings: TemplateStringsArray, values: readonly Part[]): Markup {
    let text = "";
    for (const [index, literal] of strings.entries()) text += literal + written(values[index] ?? null);
    return new Markup(text);
  }
  /** A style sheet or the like of our own. Never for anything that was read. */
  static own(text: string): Markup {
    return new Markup(text);
  }
}

export type Part = Markup | string | number | null | readonly Part[];

export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Markup {
  return Markup.from(strings, values);
}

function written(part: Part): string {
  if (part === null) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "number") return String(part);
  if (typeof part === "string") return escaped(part);
  // Added up, not joined: a page of megabytes is then copied once and not at every level of it.
  let text = "";
  for (const inner of part) text += written(inner);
  return text;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

function escaped(text: string): string {
  return shown(text).replaceAll(/[&<>"'`]/g, (it) => ENTITIES[it] ?? "");
}
