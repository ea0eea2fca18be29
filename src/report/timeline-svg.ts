import { scaleUtc } from "d3-scale";
import type { CaseReport } from "./case-report.ts";
import type { Happening, Lane } from "./happenings.ts";
import { html, type Markup } from "./markup.ts";
import { counted, shortened, shownSpan, shownTime } from "./shown-text.ts";
import { lastUntil } from "./verdict.ts";

const WIDTH = 1000;
const GUTTER = 132;
const LANE_HEIGHT = 34;
const HEAD = 46;
const GAP = 14;
/** Points closer than this are one, with their number. */
const BIN = 15;

const ATTACK_LANES: readonly { readonly lane: Lane; readonly name: string }[] = [
  { lane: "sign-in", name: "Sign-ins" },
  { lane: "change", name: "Changes, calls" },
  { lane: "data", name: "Data touched" },
  { lane: "planted", name: "Planted" },
];
const RESPONSE_LANES: readonly { readonly lane: Lane; readonly name: string }[] = [
  { lane: "milestone", name: "Case" },
  { lane: "made", name: "Steps made" },
  { lane: "confirmed", name: "Confirmed" },
  { lane: "found", name: "Watch found" },
];

interface Panel {
  readonly title: string;
  readonly from: number;
  readonly to: number;
  readonly left: number;
  readonly right: number;
}

/**
 * The case as a picture: hours of attack and seconds of response side by side, each on a scale of its own that is written
 * above it. Limits: points that would lie on each other are drawn as one with their number; the list below has the story.
 */
export function timelineSvg(report: CaseReport): Markup | null {
  const attack = report.happenings.filter((it) => ATTACK_LANES.some(({ lane }) => lane === it.lane));
  const response = report.happenings.filter((it) => RESPONSE_LANES.some(({ lane }) => lane === it.lane));
  const suspicious = attack.filter((it) => it.suspicious);
  const shownAttack = suspicious.length === 0 ? attack : since(attack, suspicious[0]?.at ?? "");
  if (response.length === 0 && shownAttack.length === 0) return null;
  const lanes = [...ATTACK_LANES, ...RESPONSE_LANES].filter(({ lane }) =>
    [...shownAttack, ...response].some((it) => it.lane === lane),
  );
  const panels = panelsOf(shownAttack, response);
  const height = HEAD + lanes.length * LANE_HEIGHT + 8;
  const responseTop = HEAD + lanes.filter((it) => ATTACK_LANES.includes(it)).length * LANE_HEIGHT;
  return html`<svg
    class="picture"
    viewBox="0 0 ${WIDTH} ${height}"
    role="img"
    aria-labelledby="timeline-title timeline-text"
  >
    <title id="timeline-title">Timeline of the attack and the response</title>
    <desc id="timeline-text">${description(report, shownAttack, response)}</desc>
    ${lanes.map(({ name }, index) => {
      const y = HEAD + index * LANE_HEIGHT;
      return html`<rect
          x="0"
          y="${y}"
          width="${WIDTH}"
          height="${LANE_HEIGHT}"
          class="${index % 2 === 0 ? "lane" : "lane-plain"}"
        /><text x="10" y="${y + 22}" class="lane-name">${name}</text>`;
    })}
    ${panels.map((panel) => panelSvg(panel, height))}
    ${responseTop > HEAD && responseTop < height - 8 ? html`<line x1="0" x2="${WIDTH}" y1="${responseTop}" y2="${responseTop}" class="divide" />` : null}
    ${lanes.flatMap(({ lane }, index) =>
      panels.map((panel) =>
        points([...shownAttack, ...response], lane, panel, HEAD + index * LANE_HEIGHT + LANE_HEIGHT / 2),
      ),
    )}
  </svg>`;
}

function since(all: readonly Happening[], from: string): readonly Happening[] {
  return all.filter(({ at }) => at >= from);
}

function panelsOf(attack: readonly Happening[], response: readonly Happening[]): readonly Panel[] {
  const before = response[0]?.at ?? "9999";
  const early = attack.filter(({ at }) => at < before);
  const late = [...attack.filter(({ at }) => at >= before), ...response];
  const both = early.length > 0 && late.length > 0;
  const middle = both ? GUTTER + (WIDTH - GUTTER) * 0.52 : early.length > 0 ? WIDTH : GUTTER;
  return [
    ...(early.length > 0 ? [panelOf("Attack", early, GUTTER, middle - (both ? GAP / 2 : 0))] : []),
    ...(late.length > 0 ? [panelOf("Response", late, middle + (both ? GAP / 2 : 0), WIDTH)] : []),
  ];
}

function panelOf(title: string, held: readonly Happening[], left: number, right: number): Panel {
  const times = held.map(({ at }) => Date.parse(at)).filter((it) => Number.isFinite(it));
  const from = times.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const to = times.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return { title, from, to: Math.max(to, from + 1_000), left: left + 14, right: right - 14 };
}

function scaleOf({ from, to, left, right }: Panel) {
  return scaleUtc([new Date(from), new Date(to)], [left, right]);
}

function panelSvg(panel: Panel, height: number): Markup {
  const scale = scaleOf(panel);
  const [from, to] = [new Date(panel.from).toISOString(), new Date(panel.to).toISOString()];
  const ticks = scale.ticks(Math.max(2, Math.floor((panel.right - panel.left) / 130)));
  return html`<text x="${panel.left - 8}" y="14" class="panel-name"
      >${panel.title}: ${shownSpan(from, to)} from ${shownTime(from)}</text
    >
    ${ticks.map((tick) => {
      const x = scale(tick).toFixed(1);
      return html`<line x1="${x}" x2="${x}" y1="${HEAD - 8}" y2="${height - 8}" class="tick" /><text
          x="${x}"
          y="${HEAD - 13}"
          class="tick-name"
          >${tickName(tick, panel)}</text
        >`;
    })}
    <rect
      x="${panel.left - 12}"
      y="${HEAD - 6}"
      width="${panel.right - panel.left + 24}"
      height="${height - HEAD}"
      class="panel"
    />`;
}

const TWO_MINUTES = 120_000;
const TWO_DAYS = 172_800_000;

function tickName(tick: Date, { from, to }: Panel): string {
  const iso = tick.toISOString();
  if (to - from < TWO_MINUTES) return iso.slice(11, 19);
  if (to - from < TWO_DAYS) return iso.slice(11, 16);
  return iso.slice(11, 16) === "00:00" ? iso.slice(5, 10) : `${iso.slice(5, 10)} ${iso.slice(11, 16)}`;
}

function points(all: readonly Happening[], lane: Lane, panel: Panel, y: number): readonly Markup[] {
  const scale = scaleOf(panel);
  const bins = new Map<number, Happening[]>();
  for (const it of all) {
    const at = Date.parse(it.at);
    if (it.lane !== lane || !(at >= panel.from && at <= panel.to) || panelIsOther(it, panel)) continue;
    const bin = Math.round(scale(new Date(at)) / BIN);
    const held = bins.get(bin);
    if (held === undefined) bins.set(bin, [it]);
    else held.push(it);
  }
  return [...bins].map(([bin, held]) => {
    const bad = held.some((it) => it.suspicious);
    const x = bin * BIN;
    const size = held.length === 1 ? 5 : held.length < 10 ? 8.5 : 11;
    const said = held.slice(0, 6).map((it) => `${shownTime(it.at)} ${shortened(it.what, 120)}`);
    const more = held.length > 6 ? [`and ${held.length - 6} more`] : [];
    const shape = bad
      ? html`<path
          d="M${x} ${y - size - 1}L${x + size + 1} ${y}L${x} ${y + size + 1}L${x - size - 1} ${y}Z"
          class="bad"
        />`
      : html`<circle
          cx="${x}"
          cy="${y}"
          r="${size}"
          class="${lane === "confirmed" ? "proven" : isAttack(lane) ? "usual" : "ours"}"
        />`;
    return html`<g
      >${shape}<title>${[...said, ...more].join("; ")}</title>${held.length === 1 ? null : html`<text x="${x}" y="${y + 3.5}" class="count">${held.length > 99 ? "99+" : held.length}</text>`}</g
    >`;
  });
}

/** Panels may touch at one moment: what the suspect did before the case stays on its own side. */
function panelIsOther(it: Happening, panel: Panel): boolean {
  return !isAttack(it.lane) && panel.title !== "Response";
}

function isAttack(lane: Lane): boolean {
  return ATTACK_LANES.some((it) => it.lane === lane);
}

function description(
  report: CaseReport,
  attack: readonly Happening[],
  response: readonly Happening[],
): string {
  const bad = attack.filter((it) => it.suspicious);
  const made = response.filter(({ lane }) => lane === "made").length;
  const confirmed = response.filter(({ lane }) => lane === "confirmed").length;
  const until = lastUntil(report.residualExposure);
  return [
    bad.length === 0
      ? "No suspicious activity is shown."
      : `${counted(bad.length, "suspicious event")} from ${shownTime(bad[0]?.at ?? "")} to ${shownTime(bad.at(-1)?.at ?? "")}.`,
    `The response made ${counted(made, "step")} and confirmed ${confirmed}.`,
    ...(until === null ? [] : [`Issued tokens may work until ${shownTime(until)}.`]),
    "The key moments follow as a list.",
  ].join(" ");
}
