import type { CaseReport } from "./case-report.ts";
import { shortened, shown, withShortIds } from "./shown-text.ts";

/** What a notification says, before any service's form. */
export interface Notification {
  readonly id: string;
  readonly occasion: string;
  readonly caseId: string;
  readonly headline: string;
  readonly title: string;
  readonly sentences: readonly string[];
  readonly facts: readonly (readonly [string, string])[];
  readonly recordHead: string;
  readonly link: { readonly label: string; readonly url: string } | null;
}

const MOST_CHARACTERS = 300;

const HEADLINES: Readonly<Record<string, string>> = {
  opened: "Case opened",
  "decision-needed": "A decision is needed",
  "watch-finding": "The watch found something",
};

export function notificationOf(
  id: string,
  occasion: string,
  report: CaseReport,
  publicUrl: string | null,
): Notification {
  const { caseId, verdict, steps, principals, personActions } = report;
  const asked = report.decisions.findLast(({ what }) => what.startsWith("asked"));
  const held = steps.filter(({ confirmed }) => confirmed).length;
  const wanted = occasion === "decision-needed";
  return {
    id,
    occasion,
    caseId,
    headline: HEADLINES[occasion] ?? verdict.headline,
    title: clipped(report.title),
    sentences: (wanted && asked !== undefined
      ? [`${asked.comment ?? ""}; ${asked.what}`]
      : verdict.sentences
    ).map(clipped),
    facts: [
      ["Case", caseId],
      ["State", `${report.status}${report.outcome === null ? "" : `, ${report.outcome}`}`],
      ["Suspects", clipped(principals.map(({ name }) => name).join(", ") || "not known yet")],
      ["Steps confirmed", `${held} of ${steps.filter(({ counts }) => counts).length}`],
      ["For a person", String(personActions.length)],
    ],
    recordHead: report.record.head,
    link:
      publicUrl === null
        ? null
        : {
            label: wanted ? "Read the plan and decide" : "Open the report",
            url: `${publicUrl.replace(/\/+$/, "")}/api/cases/${caseId}/${wanted ? `plan${asked?.planDigest == null ? "" : `?digest=${asked.planDigest}`}` : "report.html"}`,
          },
  };
}

function clipped(text: string): string {
  return shortened(shown(withShortIds(text)), MOST_CHARACTERS);
}

/**
 * As Teams workflows take it: an adaptive card in a message, and the plain members beside it for programs. Text runs are
 * used throughout, because Teams reads Markdown in text blocks and facts, and names are chosen by attackers.
 */
export function adaptiveMessage(notification: Notification): object {
  const { headline, title, sentences, facts, link } = notification;
  const run = (text: string, style: object = {}) => ({
    type: "RichTextBlock",
    inlines: [{ type: "TextRun", text, ...style }],
  });
  return {
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        contentUrl: null,
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          body: [
            run(`Tourniquet: ${headline}`, { size: "large", weight: "bolder" }),
            run(title, { weight: "bolder" }),
            ...sentences.map((it) => run(it)),
            ...facts.map(([name, value]) => ({
              type: "RichTextBlock",
              spacing: "small",
              inlines: [
                { type: "TextRun", text: `${name}: `, isSubtle: true },
                { type: "TextRun", text: value },
              ],
            })),
          ],
          actions: link === null ? [] : [{ type: "Action.OpenUrl", title: link.label, url: link.url }],
        },
      },
    ],
    tourniquet: notification,
  };
}

/** As Slack's incoming webhooks take it: plain text objects only, in which Slack reads no markup but its own entities. */
export function slackMessage(notification: Notification): object {
  const { headline, title, sentences, facts, link } = notification;
  const plain = (text: string) => ({ type: "plain_text", emoji: false, text: shortened(text, 2_900) });
  const lines = [title, ...sentences, ...facts.map(([name, value]) => `${name}: ${value}`)];
  return {
    text: `Tourniquet: ${headline} (${notification.caseId})`,
    blocks: [
      { type: "header", text: plain(shortened(`Tourniquet: ${headline}`, 150)) },
      { type: "section", text: plain(lines.join("\n")) },
      ...(link === null
        ? []
        : [
            {
              type: "actions",
              elements: [{ type: "button", text: plain(link.label), url: link.url }],
            },
          ]),
    ],
  };
}
