import { z } from "zod";
import type { NewEntry } from "../record/entry.ts";
import { adaptiveMessage, notificationOf, slackMessage } from "../report/notification.ts";
import type { CaseSummary, WordStanding } from "../storage/case-index.ts";
import type { Tourniquet } from "../tourniquet.ts";
import { BY_SYSTEM, entryIdOf } from "./journal.ts";
import { sendWebhook } from "./notify-webhook.ts";
import { currentReport } from "./publish.ts";
import { existing } from "./stored-case.ts";
import type { Channel, WordTried, WordTry } from "./word.ts";
import { writeBack } from "./write-back.ts";

/** How one try went, before it is put on record. */
type Told =
  | { readonly kind: "nothing-to-tell" }
  | { readonly kind: "told"; readonly entry: NewEntry }
  | {
      readonly kind: "failed";
      readonly code: string;
      readonly status: number | null;
      readonly retryable: boolean;
      readonly retryAfterInMs: number | null;
    };

/**
 * Tells one thing to one place, once. What arrived and what did not stands in the record and in the case's state; the
 * first failure is put there at once, so that nobody waits for a message that is not coming.
 */
export async function tellWord(app: Tourniquet, word: WordTry): Promise<WordTried> {
  const { caseId, channel, occasion, attempt, last } = word;
  const summary = await existing(app, caseId);
  const told = await tell(app, summary, word);
  if (told.kind === "nothing-to-tell") return { kind: "done", retryAfterInMs: 0 };
  const at = app.now().toISOString();
  if (told.kind === "told") {
    await app.record(caseId).append([told.entry]);
    await show(app, caseId, channel, { occasion, at, arrived: true, code: null });
    return { kind: "done", retryAfterInMs: 0 };
  }
  const ends = last || !told.retryable;
  if (attempt === 1 || ends) {
    await app.record(caseId).append([failedEntry(word, told, ends)]);
    await show(app, caseId, channel, { occasion, at, arrived: false, code: told.code });
  }
  return { kind: ends ? "given-up" : "again", retryAfterInMs: told.retryAfterInMs ?? 0 };
}

function tell(app: Tourniquet, summary: CaseSummary, word: WordTry): Promise<Told> {
  const { channel } = word;
  switch (channel) {
    case "sentinel":
      return tellSentinel(app, summary, word);
    case "webhook":
      return tellWebhook(app, summary, word);
    default:
      return channel satisfies never;
  }
}

/** The id came with an alert: it must be an incident's, or our token's rights would write somewhere else. */
const IncidentId = z
  .string()
  .regex(
    /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/(?!\.+\/)[\w.()-]+\/providers\/Microsoft\.OperationalInsights\/workspaces\/[\w-]+\/providers\/Microsoft\.SecurityInsights\/incidents\/[\w-]+$/i,
  );

async function tellSentinel(app: Tourniquet, summary: CaseSummary, word: WordTry): Promise<Told> {
  if (summary.incident === null) return { kind: "nothing-to-tell" };
  const id = entryIdOf(word.caseId, "written-back", word.occasion, word.about);
  if (await app.record(word.caseId).has(id)) return { kind: "nothing-to-tell" };
  const incident = IncidentId.safeParse(summary.incident.incidentId);
  if (!incident.success) {
    return { kind: "failed", code: "NOT_AN_INCIDENT", status: null, retryable: false, retryAfterInMs: null };
  }
  const report = await currentReport(app, summary);
  const { publicUrl } = app.settings;
  const reportUrl =
    publicUrl === null ? null : `${publicUrl.replace(/\/+$/, "")}/api/cases/${summary.caseId}/report.html`;
  const written = await writeBack(app.actor.arm, incident.data, report, app.policy.writeBack, reportUrl);
  if (written.kind === "failed") {
    const { code, status, retryable, retryAfterInMs } = written.failure;
    return { kind: "failed", code: `${written.at}: ${code}`, status, retryable, retryAfterInMs };
  }
  const { head } = report.record;
  return {
    kind: "told",
    entry: {
      id,
      type: "written-back",
      actor: { ...BY_SYSTEM("write-back"), identity: { name: "actor" } },
      data: {
        to: "sentinel",
        reference: incident.data,
        head,
        about: word.occasion,
        evidence: written.requestIds.map((requestId) => ({
          service: "arm",
          operation: "write-back",
          requestId,
        })),
      },
    },
  };
}

async function tellWebhook(app: Tourniquet, summary: CaseSummary, word: WordTry): Promise<Told> {
  const { webhook, publicUrl } = app.settings;
  if (webhook === null) return { kind: "nothing-to-tell" };
  const id = entryIdOf(word.caseId, "notified", word.occasion, word.about);
  if (await app.record(word.caseId).has(id)) return { kind: "nothing-to-tell" };
  const report = await currentReport(app, summary);
  const notification = notificationOf(id, word.occasion, report, publicUrl);
  const message = webhook.format === "slack" ? slackMessage(notification) : adaptiveMessage(notification);
  const sent = await sendWebhook(webhook, { id, body: JSON.stringify(message), at: app.now() });
  if (sent.kind === "failed") return sent;
  return {
    kind: "told",
    entry: {
      id,
      type: "notified",
      actor: BY_SYSTEM("notify"),
      data: {
        channel: "webhook",
        about: word.occasion,
        evidence: [{ service: "webhook", operation: "POST", status: sent.status }],
      },
    },
  };
}

function failedEntry(
  { caseId, channel, occasion, about, attempt }: WordTry,
  { code, status }: Extract<Told, { readonly kind: "failed" }>,
  ends: boolean,
): NewEntry {
  return {
    id: entryIdOf(caseId, "notified", occasion, about, channel, "failed", attempt),
    type: "notified",
    actor: BY_SYSTEM("notify"),
    data: {
      channel,
      about: occasion,
      error: code,
      attempt,
      givenUp: ends,
      evidence: [{ service: channel, operation: "tell", ...(status === null ? {} : { status }) }],
    },
  };
}

async function show(
  app: Tourniquet,
  caseId: string,
  channel: Channel,
  standing: WordStanding,
): Promise<void> {
  await app.cases.update(caseId, (it) => ({ ...it, words: { ...it.words, [channel]: standing } }));
}
