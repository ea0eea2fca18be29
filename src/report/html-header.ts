import type { CaseReport } from "./case-report.ts";
import { html, type Markup, type Part } from "./markup.ts";
import { standingOf } from "./reported-step.ts";
import { counted, shownSpan, shownTime } from "./shown-text.ts";
import { lastUntil, type Tone } from "./verdict.ts";

/** Shape beside colour, for those who do not see the colour. */
const MARKS: Readonly<Record<Tone, Markup>> = {
  good: html`<path d="M4 13l5 5L20 6" fill="none" stroke="currentColor" stroke-width="4" />`,
  warning: html`<path d="M12 2L23 22H1Z" fill="none" stroke="currentColor" stroke-width="2.4" /><path
      d="M12 9v6m0 2.5v2"
      stroke="currentColor"
      stroke-width="2.6"
    />`,
  bad: html`<path d="M5 5l14 14M19 5L5 19" stroke="currentColor" stroke-width="4" />`,
  neutral: html`<circle cx="12" cy="12" r="9" fill="none" stroke="currentColor" stroke-width="3" />`,
};

interface Fact {
  readonly name: string;
  readonly value: Part;
  readonly note: Part;
}

/** The first screen: contained or not, in words, and the eight figures that a manager asks for. */
export function verdictHeader(report: CaseReport): Markup {
  const { verdict } = report;
  return html`<header class="${verdict.tone}">
    <div class="wide">
      <p class="eyebrow">
        Tourniquet case report ·
        ${report.caseId}${report.asOf === null ? null : html` · as of ${shownTime(report.asOf)}`}
      </p>
      <h1>
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">${MARKS[verdict.tone]}</svg
        >${verdict.headline}
      </h1>
      <p class="subject"><bdi>${report.title}</bdi></p>
      ${verdict.sentences.map((it) => html`<p class="lead">${it}</p> `)}
      <dl class="facts">
        ${factsOf(report).map(
          ({ name, value, note }) =>
            html`<div>
              <dt>${name}</dt>
              <dd>${value}${note === null ? null : html`<small>${note}</small>`}</dd>
            </div>`,
        )}
      </dl>
    </div>
  </header>`;
}

function factsOf(report: CaseReport): readonly Fact[] {
  const { steps, reach, openedAt, firstCutAt, residualExposure: exposure } = report;
  const meant = steps.filter(({ counts }) => counts);
  const holding = meant.filter((it) => standingOf(it) === "holds").length;
  const things = new Set(reach.map(({ targetId }) => targetId)).size;
  const touched = new Set(
    reach.filter(({ evidence }) => evidence === "read").map(({ targetId }) => targetId),
  );
  const until = lastUntil(exposure);
  const decided = report.decisions.filter(
    ({ what }) => what.startsWith("approved") || what.startsWith("rejected"),
  );
  return [
    {
      name: "Suspects",
      value: report.principals.length,
      note: html`<bdi
          >${report.principals
            .slice(0, 3)
            .map(({ name }) => name)
            .join(", ")}</bdi
        >${report.principals.length > 3 ? ` and ${report.principals.length - 3} more` : null}`,
    },
    {
      name: "Steps confirmed",
      value: `${holding} of ${meant.length}`,
      note: `${meant.length - holding} open`,
    },
    {
      name: "Could be reached",
      value: counted(things, "thing"),
      note: `${touched.size} shown to be touched`,
    },
    {
      name: "First cut",
      value: firstCutAt === null || openedAt === null ? "none" : shownSpan(openedAt, firstCutAt),
      note: firstCutAt === null ? "nothing was cut" : "after the case was opened",
    },
    {
      name: "Issued tokens good until",
      value:
        until ??
        (exposure.length > 0
          ? "a person acts"
          : firstCutAt === null
            ? "not cut"
            : report.exposureKnown
              ? "none known"
              : "not worked out"),
      note: exposure.length === 0 ? null : counted(exposure.length, "place"),
    },
    {
      name: "For a person",
      value: counted(report.personActions.length, "thing"),
      note: report.personActions.length === 0 ? "nothing left" : "listed first below",
    },
    {
      name: "Decided by",
      value: decided.length === 0 ? "policy alone" : counted(decided.length, "decision"),
      note: decided.at(-1)?.who ?? null,
    },
    {
      name: "Watched until",
      value: report.watchUntil === null ? "not watched" : shownTime(report.watchUntil),
      note: `case is ${report.status}`,
    },
  ].map((it) => (typeof it.value === "string" ? { ...it, value: shownTime(it.value) } : it));
}
