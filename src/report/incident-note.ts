import type { CaseReport } from "./case-report.ts";
import { inMarkdown as md } from "./markdown-text.ts";
import { STANDINGS, standingOf } from "./reported-step.ts";
import { shortened, shownTime, withShortIds } from "./shown-text.ts";

/** Sentinel refuses more (sentinel-service-limits). */
const MOST_COMMENT_CHARACTERS = 30_000;
const MOST_TASK_CHARACTERS = 3_000;
const MOST_TITLE_CHARACTERS = 150;
/** Of an incident's 40, some are left to people. */
const MOST_TASKS = 20;

/** Who reads it is in Sentinel: what is known, in a screen, and the record's head as an anchor there. */
export function incidentComment(report: CaseReport, reportUrl: string | null): string {
  const { verdict, steps, record, personActions } = report;
  const lines = [
    `**Tourniquet: ${md(verdict.headline)}** (${report.caseId}, as of ${shownTime(report.asOf ?? "")})`,
    "",
    ...verdict.sentences.map((it) => `- ${md(it)}`),
    ...(reportUrl === null ? [] : [`- Report: ${reportUrl}`]),
    "",
    `Record: ${record.entries} entries, head \`${record.head}\``,
    ...section(
      "Suspects",
      report.principals.map((it) => `${md(it.name)} (${it.kind}, ${it.id})`),
    ),
    ...section(
      "For a person",
      personActions.map((it) => `${md(it.title)}: ${md(it.because)}`),
    ),
    ...section(
      "Steps",
      steps.map((it) => `${STANDINGS[standingOf(it)]}: ${md(withShortIds(it.title))}`),
    ),
  ];
  return fitting(lines, MOST_COMMENT_CHARACTERS);
}

function section(heading: string, items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : ["", `**${heading}**`, ...items.map((it) => `- ${it}`)];
}

/** Whole lines, for as long as they fit with the word that more was left out. */
function fitting(lines: readonly string[], most: number): string {
  const kept: string[] = [];
  let length = 0;
  for (const [index, line] of lines.entries()) {
    const more = `… ${lines.length - index} more lines: see the report.`;
    if (length + line.length + 1 + more.length + 1 > most) return [...kept, more].join("\n");
    kept.push(line);
    length += line.length + 1;
  }
  return kept.join("\n");
}

export interface IncidentTask {
  /** The same work is the same task, however often it is written. */
  readonly key: string;
  readonly title: string;
  readonly description: string;
}

/** What a person must do, as the incident's tasks. Limits: the first twenty; the comment and the report have all. */
export function incidentTasks({ personActions, caseId }: CaseReport): readonly IncidentTask[] {
  return personActions.slice(0, MOST_TASKS).map(({ title, because }) => ({
    key: title,
    title: shortened(md(withShortIds(title)), MOST_TITLE_CHARACTERS),
    description: shortened(`${md(title)}: ${md(because)} (${caseId})`, MOST_TASK_CHARACTERS),
  }));
}
