import { shown } from "./shown-text.ts";

/**
 * Text as Markdown shows it literally: no emphasis, link, image, heading, table cell or HTML comes out of it, and no bare
 * address becomes a link. Limits: for use inside a line.
 */
export function inMarkdown(text: string): string {
  return shown(text)
    .replaceAll(/[\\`*_{}[\]()#+\-.!|~:@/]/g, (it) => `\\${it}`)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

/** As code: backticks are longer than any inside. */
export function codeInMarkdown(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = longest > 0 ? " " : "";
  return `${fence}${pad}${shown(text).replaceAll("|", "\\|")}${pad}${fence}`;
}

/** Plain data as code, without angle brackets: not every reader of Markdown leaves code alone. The JSON means the same. */
export function dataInMarkdown(value: object): string {
  return codeInMarkdown(JSON.stringify(value).replaceAll("<", "\\u003c").replaceAll(">", "\\u003e"));
}
