import type { Markup } from "./markup.ts";

/** A part of the page under a heading of its own. */
export interface Section {
  readonly id: string;
  readonly heading: string;
  readonly body: Markup;
}
