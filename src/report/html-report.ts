import type { CaseReport } from "./case-report.ts";
import { verdictHeader } from "./html-header.ts";
import { happenedSection, reachSection, suspectsSection } from "./html-attack.ts";
import {
  decisionsSection,
  limitationsSection,
  restoreSection,
  verifySection,
  wordsSection,
} from "./html-after.ts";
import { costSection, exposureSection, stepsSection, todoSection } from "./html-steps.ts";
import { STYLE } from "./html-style.ts";
import { html } from "./markup.ts";
import type { Section } from "./section.ts";

/**
 * The report as one page that needs nothing else: no script, no font, no request. Everything that was read from anywhere
 * is escaped. The same report gives the same bytes. Limits: made for people; programs read the JSON form.
 */
export function htmlReport(report: CaseReport): string {
  const sections = [
    todoSection,
    happenedSection,
    reachSection,
    exposureSection,
    costSection,
    decisionsSection,
    stepsSection,
    restoreSection,
    suspectsSection,
    limitationsSection,
    wordsSection,
    verifySection,
  ].flatMap((section): readonly Section[] => {
    const made = section(report);
    return made === null ? [] : [made];
  });
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
        />
        <title>${report.verdict.headline}: ${report.title} (${report.caseId})</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <a class="skip" href="#report">To the report</a>
        ${verdictHeader(report)}
        <nav aria-label="Contents">
          <div class="wide">
            <ul>
              ${sections.map(({ id, heading }) => html`<li><a href="#${id}">${heading}</a></li>`)}
            </ul>
          </div>
        </nav>
        <main id="report" class="wide">
          ${sections.map(
            ({ id, heading, body }) =>
              html`<section id="${id}" aria-labelledby="${id}-heading">
                <h2 id="${id}-heading">${heading}</h2>
                ${body}
              </section> `,
          )}
        </main>
        <footer>
          <div class="wide">
            Written by Tourniquet from entries 1 to ${report.record.entries} of the record of ${report.caseId}
            and the documents they vouch for. The same entries give this page again, byte for byte.
          </div>
        </footer>
      </body>
    </html> `;
  return page.text;
}
