import { Cron } from "croner";
import { parseTimeSpan } from "./time-span.ts";

/** When a timer function is due. */
export interface Schedule {
  /** The first occurrence after `instant`, in epoch milliseconds; undefined when there is none any more. */
  nextAfter(instant: number): number | undefined;
  /** What the SDK shows as `schedule.adjustForDST`. */
  readonly adjustForDst: boolean;
}

const months = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const days = "sun mon tue wed thu fri sat".split(" ");

interface Field {
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
  /** The number of the first name. */
  readonly base?: number;
}

const fields: readonly Field[] = [
  { least: 0, most: 59 },
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31 },
  { least: 1, most: 12, names: months, base: 1 },
  { least: 0, most: 6, names: days, base: 0 },
];

/**
 * Parses a timer's schedule: NCRONTAB with six fields (or five, seconds being 0), or a time span. Undefined for text
 * that is neither. `timeZone` is an IANA name and applies to NCRONTAB only.
 */
export function parseSchedule(text: string, timeZone: string): Schedule | undefined {
  const interval = parseTimeSpan(text);
  if (interval !== undefined && interval > 0)
    return { adjustForDst: false, nextAfter: (instant) => instant + interval };

  const given = text.trim().split(/\s+/);
  const parts = given.length === 5 ? ["0", ...given] : given;
  if (parts.length !== fields.length) return undefined;
  const numeric = parts.map((part, at) => normaliseField(part, fields[at]));
  if (!numeric.every((it) => it !== undefined)) return undefined;

  // NCRONTAB wants day of month AND day of week to fit; most crons take either.
  const cron = new Cron(numeric.join(" "), { timezone: timeZone, domAndDow: true, paused: true });
  return {
    adjustForDst: true,
    nextAfter: (instant) => cron.nextRun(new Date(instant))?.getTime(),
  };
}

/** One field with names turned into numbers; undefined where NCRONTAB's grammar ends: no `?`, `L`, `W`, `#`, no 7 for Sunday. */
function normaliseField(text: string, field: Field | undefined): string | undefined {
  if (field === undefined) return undefined;
  const items = text.split(",").map((item) => normaliseItem(item, field));
  return items.every((it) => it !== undefined) ? items.join(",") : undefined;
}

function normaliseItem(text: string, field: Field): string | undefined {
  const match = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [, first = "", last, step] = match;
  if (step !== undefined && Number(step) < 1) return undefined;
  const suffix = step === undefined ? "" : `/${step}`;
  if (first === "*") return last === undefined ? `*${suffix}` : undefined;

  const from = numberOf(first, field);
  if (from === undefined) return undefined;
  // `5/10` starts at 5 and goes on to the end of the field.
  if (last === undefined) return step === undefined ? String(from) : `${from}-${field.most}${suffix}`;
  const to = numberOf(last, field);
  return to === undefined || to < from ? undefined : `${from}-${to}${suffix}`;
}

function numberOf(text: string, { least, most, names, base = 0 }: Field): number | undefined {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    return number >= least && number <= most ? number : undefined;
  }
  // NCRONTAB knows names by any beginning of at least three letters: Mon, Monday.
  const name = text.toLowerCase();
  const index = names?.indexOf(name.slice(0, 3)) ?? -1;
  return index >= 0 && name.length >= 3 ? index + base : undefined;
}
