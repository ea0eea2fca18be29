import type { RecordedEntry } from "../record/entry.ts";
import { ofType, textOf } from "./entry-reading.ts";

/** One try to tell others: written to the incident, or sent to the webhook. */
export interface Word {
  readonly at: string;
  readonly to: string;
  readonly about: string;
  readonly arrived: boolean;
  readonly code: string | null;
}

export function wordsOf(entries: readonly RecordedEntry[]): readonly Word[] {
  return ofType(entries, "written-back", "notified").map((entry) => {
    const code = textOf(entry, "error");
    return {
      at: entry.at,
      to: textOf(entry, "to") ?? textOf(entry, "channel") ?? "",
      about: textOf(entry, "about") ?? "",
      arrived: code === null,
      code,
    };
  });
}
