import type { CaseReport } from "./case-report.ts";
import type { Section } from "./section.ts";
import { html } from "./markup.ts";
import { kindName } from "./reach-graph.ts";
import { reachSvg } from "./reach-svg.ts";
import { counted, shortened, shortId, shownTime } from "./shown-text.ts";
import { timelineSvg } from "./timeline-svg.ts";

const MOST_MOMENTS = 60;

export function happenedSection(report: CaseReport): Section | null {
  const picture = timelineSvg(report);
  if (picture === null) return null;
  const moments = report.happenings.filter(({ key }) => key);
  // What was decided is never left out; of a long attack the beginning tells the story.
  const tellable = new Set(moments.filter(({ lane }) => lane !== "milestone").slice(0, MOST_MOMENTS));
  const shownMoments = moments.filter((it) => it.lane === "milestone" || tellable.has(it));
  return {
    id: "happened",
    heading: "What happened",
    body: html`<div class="scroll" role="region" aria-label="Timeline, scrolls sideways" tabindex="0">
        ${picture}
      </div>
      <ul class="legend">
        <li>
          <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 1L15 8L8 15L1 8Z" class="bad" /></svg
          >suspicious
        </li>
        <li>
          <svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6" class="usual" /></svg>other
          activity
        </li>
        <li>
          <svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6" class="ours" /></svg
          >Tourniquet
        </li>
        <li>
          <svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6" class="proven" /></svg
          >confirmed by a fresh read
        </li>
      </ul>
      <h3>Key moments</h3>
      <ol class="moments">
        ${shownMoments.map(
          (it) =>
            html`<li class="${it.suspicious ? "theirs" : "ours-moment"}">
              <time datetime="${it.at}">${shownTime(it.at)}</time
              ><span
                ><bdi>${shortened(it.what, 400)}</bdi> <span class="soft">· <bdi>${it.who}</bdi></span></span
              >
            </li> `,
        )}
      </ol>
      ${moments.length > shownMoments.length ? html`<p class="soft">${moments.length - shownMoments.length} more are in the JSON form of this report.</p>` : null}`,
  };
}

export function reachSection(report: CaseReport): Section | null {
  if (report.reach.length === 0) return null;
  const picture = reachSvg(report);
  const names = new Map(report.principals.map(({ id, name }) => [id, name]));
  const sorted = report.reach.toSorted((a, b) =>
    a.evidence === b.evidence ? 0 : a.evidence === "read" ? -1 : 1,
  );
  return {
    id: "reach",
    heading: "What the suspects could reach",
    body: html`${
        picture === null
          ? null
          : html`<div class="scroll graph" role="region" aria-label="Reach, scrolls sideways" tabindex="0">
                ${picture}
              </div>
              <ul class="legend">
                <li>
                  <svg viewBox="0 0 16 16" aria-hidden="true">
                    <rect
                      x="1"
                      y="3"
                      width="14"
                      height="10"
                      rx="2"
                      fill="#feeceb"
                      stroke="#b42318"
                      stroke-width="1.6"
                    /></svg
                  >the logs show it was touched
                </li>
                <li>
                  <svg viewBox="0 0 16 16" aria-hidden="true">
                    <rect x="1" y="3" width="14" height="10" rx="2" fill="#fff" stroke="#667085" /></svg
                  >could be touched
                </li>
              </ul>`
      }
      <h3>Each of the ${report.reach.length}</h3>
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">Thing</th>
            <th scope="col">Kind</th>
            <th scope="col">Touched</th>
            <th scope="col">Power</th>
            <th scope="col">Suspect</th>
          </tr>
        </thead>
        <tbody>
          ${sorted.map(
            (it) =>
              html`<tr>
                <td>
                  <strong><bdi>${it.name}</bdi></strong
                  ><br /><span class="soft small">${shortId(it.targetId)}</span>
                </td>
                <td data-head="Kind">${kindName(it.kind, 1)}</td>
                <td data-head="Touched">
                  ${it.evidence === "read" ? (it.lastTouched === null ? "yes" : shownTime(it.lastTouched)) : "not shown"}
                </td>
                <td data-head="Power">${it.can.join(", ").replaceAll("-", " ")}</td>
                <td data-head="Suspect"><bdi>${names.get(it.principalKey) ?? it.principalKey}</bdi></td>
              </tr> `,
          )}
        </tbody>
      </table>`,
  };
}

export function suspectsSection(report: CaseReport): Section | null {
  if (report.principals.length === 0) return null;
  return {
    id: "suspects",
    heading: "Who the suspects are",
    body: html`<p>Names are chosen by whoever made the object; ids are what was acted on.</p>
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Kind</th>
            <th scope="col">Object id</th>
            <th scope="col">Holds</th>
            <th scope="col">Why it is here</th>
          </tr>
        </thead>
        <tbody>
          ${report.principals.map(
            (it) =>
              html`<tr>
                <td>
                  <strong><bdi>${it.name}</bdi></strong>
                </td>
                <td data-head="Kind">${it.kind.replaceAll("-", " ")}</td>
                <td data-head="Object id"><code>${it.id}</code></td>
                <td data-head="Holds">
                  ${counted(it.credentials, "credential")},
                  ${counted(it.roles, "role or grant", "roles and grants")}
                </td>
                <td data-head="Why">${it.because} (${it.certainty})</td>
              </tr> `,
          )}
        </tbody>
      </table>`,
  };
}
