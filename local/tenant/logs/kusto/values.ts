import type { ColumnType } from "../tables.ts";

/** A span of time, in milliseconds. A class, because JSON objects are values too. */
export class Timespan {
  readonly inMs: number;
  constructor(inMs: number) {
    this.inMs = inMs;
  }
}

/** A dynamic value is what JSON has; a null of any type is null. Strings are never null, they are empty. */
export type Value =
  | string
  | number
  | boolean
  | null
  | Date
  | Timespan
  | readonly Value[]
  | { readonly [key: string]: Value };
export type Row = Readonly<Record<string, Value>>;

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isBag(value: Value): value is { readonly [key: string]: Value } {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Timespan)
  );
}

/** What a column of a type holds when nothing was written to it. */
export function absentOf(type: string | undefined): Value {
  return type === "string" ? "" : null;
}

/** A stored value as a column of its type has it. */
export function columnValue(stored: unknown, type: ColumnType): Value {
  if (stored === undefined || stored === null) return absentOf(type);
  switch (type) {
    case "string":
    case "guid":
      return typeof stored === "string" ? stored : toText(jsonValue(stored));
    case "datetime":
      return typeof stored === "string" || typeof stored === "number" ? toMoment(stored) : null;
    case "int":
    case "long":
    case "real":
      return toNumber(jsonValue(stored));
    case "bool":
      return toBoolean(jsonValue(stored));
    case "dynamic":
      return jsonValue(stored);
    case "timespan":
      return typeof stored === "string" ? parseTimespan(stored) : null;
    default:
      return type satisfies never;
  }
}

/** Rows are plain JSON by contract; anything else in one is null. */
export function jsonValue(stored: unknown): Value {
  if (typeof stored === "string" || typeof stored === "number" || typeof stored === "boolean") return stored;
  if (Array.isArray(stored)) return stored.map(jsonValue);
  if (typeof stored === "object" && stored !== null) {
    return Object.fromEntries(Object.entries(stored).map(([key, value]) => [key, jsonValue(value)]));
  }
  return null;
}

export function toText(value: Value): string {
  if (value === null) return "";
  if (typeof value === "string") return value;
  if (value instanceof Date) return `${value.toISOString().slice(0, -1)}0000Z`;
  if (value instanceof Timespan) return formatTimespan(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function toNumber(value: Value): number | null {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "string" && value.trim() !== "") {
    const number = Number(value);
    return Number.isNaN(number) ? null : number;
  }
  return null;
}

export function toBoolean(value: Value): boolean | null {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return value !== 0;
  if (typeof value === "string") {
    const text = value.toLowerCase();
    return text === "true" || text === "1" ? true : text === "false" || text === "0" ? false : null;
  }
  return null;
}

/** A time without a zone is UTC in Kusto, local in JavaScript. */
export function toMoment(value: string | number): Date | null {
  if (typeof value === "number") return new Date(value);
  const text = value.trim().replace(/^(\d{4}-\d{2}-\d{2}) (\d)/, "$1T$2");
  const zoned = /T[\d:.]+$/.test(text) ? `${text}Z` : text;
  const parsed = new Date(zoned.replace(/(\.\d{3})\d+/, "$1"));
  return Number.isNaN(parsed.getTime()) ? null : parsed;
}

const UNITS: Readonly<Record<string, number>> = {
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  h: 3_600_000,
  hr: 3_600_000,
  hrs: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  s: 1000,
  sec: 1000,
  second: 1000,
  seconds: 1000,
  ms: 1,
  milli: 1,
  millis: 1,
  millisecond: 1,
  milliseconds: 1,
  microsecond: 0.001,
  microseconds: 0.001,
  tick: 0.0001,
  ticks: 0.0001,
};

/** `1.5h`, `7d`, `1.02:03:04.5`; null for anything else. */
export function parseTimespan(text: string): Timespan | null {
  const simple = /^(-?\d+(?:\.\d+)?)([a-z]+)$/i.exec(text.trim());
  if (simple !== null) {
    const unit = UNITS[(simple[2] ?? "").toLowerCase()];
    return unit === undefined ? null : new Timespan(Number(simple[1]) * unit);
  }
  const clock = /^(-)?(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$/.exec(text.trim());
  if (clock !== null) {
    const [, sign, days = "0", hours = "0", minutes = "0", seconds = "0"] = clock;
    const inMs =
      Number(days) * 86_400_000 +
      Number(hours) * 3_600_000 +
      Number(minutes) * 60_000 +
      Number(seconds) * 1000;
    return new Timespan(sign === "-" ? -inMs : inMs);
  }
  return null;
}

function formatTimespan({ inMs }: Timespan): string {
  const total = Math.abs(inMs);
  const two = (number: number) => String(Math.floor(number)).padStart(2, "0");
  const days = Math.floor(total / 86_400_000);
  const clock = `${two((total / 3_600_000) % 24)}:${two((total / 60_000) % 60)}:${two((total / 1000) % 60)}`;
  const fraction =
    total % 1000 === 0 ? "" : `.${String(Math.round((total % 1000) * 10_000)).padStart(7, "0")}`;
  return `${inMs < 0 ? "-" : ""}${days === 0 ? "" : `${days}.`}${clock}${fraction}`;
}

/** A text that is the same for equal values only: what rows are grouped and joined by. */
export function keyOf(value: Value): string {
  if (value instanceof Date) return `t${value.getTime()}`;
  if (value instanceof Timespan) return `s${value.inMs}`;
  return `${typeof value}:${typeof value === "object" ? JSON.stringify(value) : String(value)}`;
}

/** Less than, equal or greater than nothing, in order; null when the two cannot be compared. */
export function compare(a: Value, b: Value): number | null {
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime();
  if (a instanceof Timespan && b instanceof Timespan) return a.inMs - b.inMs;
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  return null;
}

/** Two nulls are neither equal nor unequal; a null and a value are unequal. */
export function equal(a: Value, b: Value): boolean | null {
  if (a === null || b === null) return a === b ? null : false;
  return compare(a, b) === 0 || (typeof a === "object" && typeof b === "object" && keyOf(a) === keyOf(b));
}

/** As the query API writes it: times without trailing zeros, dynamic values as JSON in a string. */
export function wireValue(value: Value, type: ColumnType): unknown {
  if (value === null) return null;
  if (value instanceof Date) return value.toISOString().replace(/\.?0*Z$/, "Z");
  if (value instanceof Timespan) return formatTimespan(value);
  return type === "dynamic" ? (typeof value === "string" ? value : JSON.stringify(value)) : value;
}
