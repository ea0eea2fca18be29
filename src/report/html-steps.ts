import type { CaseReport } from "./case-report.ts";
import type { ReportedEvidence } from "./entry-reading.ts";
import type { Section } from "./section.ts";
import { html, type Markup } from "./markup.ts";
import { lossesOf } from "./losses.ts";
import { type ReportedStep, STANDINGS, standingOf, whyOpen } from "./reported-step.ts";
import { counted, shortened, shownTime, withShortIds } from "./shown-text.ts";

const MOST_VALUE_CHARACTERS = 400;

export function todoSection({ personActions, steps }: CaseReport): Section {
  return {
    id: "todo",
    heading: "What a person must still do",
    body:
      personActions.length === 0
        ? html`<p>
            Nothing:
            ${steps.length === 0 ? "no step was planned" : "every step was made by Tourniquet or is not wanted by policy"},
            and nothing else is known to be left.
          </p>`
        : html`<ol class="todo">
            ${personActions.map(
              ({ title, because, command }) =>
                html`<li>
                  <strong><bdi>${withShortIds(title)}</bdi></strong
                  ><bdi>${withShortIds(because)}</bdi>
                  ${command === undefined ? null : html`<code>${command}</code>`}
                  ${
                    withShortIds(title) === title ? null : html`<span class="full"><bdi>${title}</bdi></span>`
                  }
                </li> `,
            )}
          </ol>`,
  };
}

export function exposureSection({ residualExposure: exposure, exposureKnown }: CaseReport): Section | null {
  if (!exposureKnown) return null;
  return {
    id: "exposure",
    heading: "How long what was issued still works",
    body:
      exposure.length === 0
        ? html`<p>
            No token that the logs show was still good when the last cut was confirmed. A token that the logs
            do not show cannot be counted.
          </p>`
        : html`<table class="cards">
            <thead>
              <tr>
                <th scope="col">Until</th>
                <th scope="col">Where</th>
                <th scope="col">What</th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              ${exposure.map(
                (it) =>
                  html`<tr>
                    <td class="when">
                      <strong>${it.until === null ? "a person acts" : shownTime(it.until)}</strong>
                    </td>
                    <td data-head="Where">${it.where}</td>
                    <td data-head="What"><bdi>${it.what}</bdi></td>
                    <td data-head="Why">${it.because}</td>
                  </tr> `,
              )}
            </tbody>
          </table>`,
  };
}

export function costSection(report: CaseReport): Section | null {
  const { lost, mayLose, failed } = lossesOf(report.steps);
  if (lost.length + mayLose.length + failed.length === 0) return null;
  const list = (items: readonly string[]) =>
    html`<ul class="plain">
      ${items.map((it) => html`<li><bdi>${withShortIds(it)}</bdi></li> `)}
    </ul>`;
  return {
    id: "cost",
    heading: "What broke or may break",
    body: html`${
      lost.length === 0
        ? null
        : html`<h3>Lost with the steps that were made</h3>
            ${list(lost)}`
    }${
      mayLose.length === 0
        ? null
        : html`<h3>Would be lost with the steps that were not made</h3>
            ${list(mayLose)}`
    }${
      failed.length === 0
        ? null
        : html`<h3>Steps that did not work</h3>
            ${list(failed)}`
    }`,
  };
}

export function stepsSection({ steps, waves }: CaseReport): Section | null {
  if (steps.length === 0) return null;
  return {
    id: "steps",
    heading: "What was done, step by step",
    body: html`<table class="cards">
        <thead>
          <tr>
            <th scope="col">Wave</th>
            <th scope="col">Why in this order</th>
            <th scope="col">Steps</th>
            <th scope="col">Confirmed</th>
          </tr>
        </thead>
        <tbody>
          ${waves.map(({ name, reason }) => {
            const held = steps.filter(({ wave }) => wave === name);
            return html`<tr>
              <td><strong>${name.replaceAll("-", " ")}</strong></td>
              <td data-head="Why">${reason}</td>
              <td data-head="Steps">${held.length}</td>
              <td data-head="Confirmed">${held.filter((it) => standingOf(it) === "holds").length}</td>
            </tr> `;
          })}
        </tbody>
      </table>
      ${waves.map(
        ({ name }) =>
          html`<h3>${heading(name)}</h3>
            ${steps.filter(({ wave }) => wave === name).map(stepDetails)}`,
      )}`,
  };
}

function heading(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll("-", " ");
}

function stepDetails(step: ReportedStep): Markup {
  const standing = standingOf(step);
  const rows: readonly (readonly [string, Markup | string | null])[] = [
    ["Step", step.title],
    ["Why", step.because.join(" ")],
    [
      "Permission",
      `${step.permission}${step.guardrails.length === 0 ? "" : `: ${step.guardrails.join("; ")}`}`,
    ],
    ["On", values(step.target)],
    ["Before", step.before === null ? null : values(step.before)],
    [
      "Intended",
      step.intendedAt === null
        ? "never"
        : `${shownTime(step.intendedAt)}, ${counted(step.attempts, "attempt")}`,
    ],
    [
      "Made",
      step.madeAt === null
        ? "not performed"
        : html`${shownTime(step.madeAt)}:
          ${step.result}${step.code === null ? null : ` (${step.code})`}${step.reason === null ? null : html` — <bdi>${step.reason}</bdi>`}`,
    ],
    [
      "After",
      step.confirmed
        ? `${counted(step.reads ?? 0, "fresh read")} in a row agreed at ${shownTime(step.confirmedAt ?? "")}`
        : whyOpen(step),
    ],
    ["Evidence", evidence([...step.made, ...step.proof])],
    [
      "Way back",
      step.restored
        ? "was put back"
        : step.reversible
          ? "can be put back from the snapshot"
          : (step.irreversibleBecause ?? "none"),
    ],
    ["Costs", step.cost.length === 0 ? null : step.cost.join(" ")],
  ];
  return html`<details class="step" id="step-${step.id}">
    <summary>
      <span><span class="badge ${standing}">${STANDINGS[standing]}</span></span
      ><span
        ><bdi>${withShortIds(step.title)}</bdi
        >${standing === "gap" ? html`<br /><span class="soft small"><bdi>${whyOpen(step)}</bdi></span>` : null}</span
      >
    </summary>
    <div>
      <dl class="pairs">
        ${rows
          .filter(([, value]) => value !== null && value !== "")
          .map(
            ([name, value]) =>
              html`<dt>${name}</dt>
                <dd>${typeof value === "string" ? html`<bdi>${value}</bdi>` : value}</dd>`,
          )}
        <dt>Kind and id</dt>
        <dd><code>${step.kind} ${step.id}</code></dd>
      </dl>
    </div>
  </details> `;
}

function values(object: Readonly<Record<string, unknown>>): Markup | null {
  const members = Object.entries(object).filter(([, value]) => value !== null && value !== undefined);
  return members.length === 0
    ? null
    : html`${members.map(([name, value], index) => html`${index === 0 ? null : html`<br />`}<span class="soft">${name}:</span> <code>${shortened(typeof value === "string" ? value : JSON.stringify(value), MOST_VALUE_CHARACTERS)}</code>`)}`;
}

function evidence(found: readonly ReportedEvidence[]): Markup | null {
  if (found.length === 0) return null;
  return html`${found.map(
    (it, index) =>
      html`${index === 0 ? null : html`<br />`}${it.service}${it.status === null ? null : `, ${it.status}`}${it.errorCode === null ? null : ` ${it.errorCode}`}${it.at === null ? null : `, ${shownTime(it.at)}`}${it.requestId === null ? null : html`, request <code>${it.requestId}</code>`}${it.detail === null ? null : html`: <code>${shortened(it.detail, MOST_VALUE_CHARACTERS)}</code>`}`,
  )}`;
}
