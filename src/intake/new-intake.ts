import { createHash } from "node:crypto";
import type { Subject } from "../case/subject.ts";
import { type Claims, distinct, distinctIds } from "./claims.ts";
import type { Intake } from "./intake.ts";

export interface IntakeParts extends Omit<
  Intake,
  "subjects" | "resourceIds" | "addresses" | "unread" | "keyIds" | "incident" | "deliveredAs"
> {
  /** What the alert is known by, wherever it comes from and in whatever case. */
  readonly knownAs: readonly (string | null)[];
  readonly claims: Claims;
  readonly keyIds?: readonly string[];
  readonly incident?: Intake["incident"];
}

const LONGEST_TITLE = 300;
const LONGEST_KEY = 400;
/** Each claim costs requests to resolve. No alert of real senders names as many. */
const MOST_CLAIMS = 200;
const MOST_UNREAD = 50;

/** An intake within bounds. What is cut off is said in `unread`, and suspects are the last to be cut off. */
export function newIntake({ knownAs, claims, keyIds = [], incident = null, ...parts }: IntakeParts): Intake {
  const subjects = bySuspicion(distinct(claims.subjects));
  const unread = [...claims.unread];
  if (subjects.length > MOST_CLAIMS) unread.unshift(`${subjects.length - MOST_CLAIMS} more claims`);
  if (unread.length > MOST_UNREAD) {
    unread.splice(MOST_UNREAD, Infinity, `and ${unread.length - MOST_UNREAD} more`);
  }
  return {
    ...parts,
    title: oneLine(parts.title),
    deliveredAs: deliveryKey(knownAs),
    subjects: subjects.slice(0, MOST_CLAIMS),
    resourceIds: distinctIds(claims.resourceIds).slice(0, MOST_CLAIMS),
    keyIds: [...new Set(keyIds)].slice(0, MOST_CLAIMS),
    addresses: [...new Set(claims.addresses)].slice(0, MOST_CLAIMS),
    incident,
    unread,
  };
}

/** One key for one alert: without regard to case, and short however long its parts are. */
function deliveryKey(parts: readonly (string | null)[]): string {
  const key = parts
    .map((it) => (it ?? "").trim().toLowerCase())
    .join(" ")
    .trimEnd();
  if (key.length <= LONGEST_KEY) return key;
  return `${key.slice(0, 80)} ${createHash("sha256").update(key).digest("hex")}`;
}

function bySuspicion(subjects: readonly Subject[]): readonly Subject[] {
  const order = { suspect: 0, unsaid: 1, bystander: 2 };
  return subjects.toSorted((a, b) => order[a.role] - order[b.role]);
}

/** Titles go into lists and notices: one line, no control characters, not too long. */
function oneLine(title: string): string {
  const line = title.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return line.length > LONGEST_TITLE ? `${line.slice(0, LONGEST_TITLE)}…` : line;
}
