import { hasTerm, pattern } from "./text-operators.ts";
import {
  compare,
  equal,
  isBag,
  isList,
  jsonValue,
  keyOf,
  parseTimespan,
  Timespan,
  toBoolean,
  toMoment,
  toNumber,
  toText,
  type Value,
} from "./values.ts";

interface FunctionContext {
  readonly now: Date;
}

type ScalarFunction = (args: readonly Value[], context: FunctionContext) => Value;

const arg = (args: readonly Value[], index: number): Value => args[index] ?? null;
const text = (args: readonly Value[], index: number): string => toText(arg(args, index));
const whole = (value: Value): Value => {
  const number = toNumber(value);
  return number === null ? null : Math.trunc(number);
};
const parseJson = (value: Value): Value => {
  if (typeof value !== "string") return value;
  try {
    return jsonValue(JSON.parse(value));
  } catch {
    // Kusto keeps what is no JSON as a dynamic string.
    return value === "" ? null : value;
  }
};
const moment = (value: Value): Value =>
  value instanceof Date
    ? value
    : typeof value === "string" || typeof value === "number"
      ? toMoment(value)
      : null;
const isEmptyValue = (value: Value): boolean => value === null || value === "";
const floorTo = (value: Value, step: Value): Value => {
  if (value instanceof Date && step instanceof Timespan) {
    return new Date(Math.floor(value.getTime() / step.inMs) * step.inMs);
  }
  if (value instanceof Timespan && step instanceof Timespan) {
    return new Timespan(Math.floor(value.inMs / step.inMs) * step.inMs);
  }
  const [number, by] = [toNumber(value), toNumber(step)];
  return number === null || by === null ? null : Math.floor(number / by) * by;
};
const extremeOf =
  (wanted: -1 | 1): ScalarFunction =>
  (args) =>
    args.reduce<Value>(
      (best, next) => (best === null || Math.sign(compare(next, best) ?? 0) === wanted ? next : best),
      null,
    );
const periodStart =
  (cut: (at: Date) => number): ScalarFunction =>
  (args) => {
    const value = arg(args, 0);
    return value instanceof Date ? new Date(cut(value)) : null;
  };
const extractWith: ScalarFunction = (args) => {
  const found = pattern(text(args, 0)).exec(text(args, 2));
  return found?.[toNumber(arg(args, 1)) ?? 0] ?? "";
};

/** Scalar functions by name. What is not here is not modelled, and a query with it is refused. */
export const FUNCTIONS: ReadonlyMap<string, ScalarFunction> = new Map<string, ScalarFunction>([
  ["tostring", (args) => text(args, 0)],
  ["tolower", (args) => text(args, 0).toLowerCase()],
  ["toupper", (args) => text(args, 0).toUpperCase()],
  ["toint", (args) => whole(arg(args, 0))],
  ["tolong", (args) => whole(arg(args, 0))],
  ["toreal", (args) => toNumber(arg(args, 0))],
  ["todouble", (args) => toNumber(arg(args, 0))],
  ["tobool", (args) => toBoolean(arg(args, 0))],
  ["toboolean", (args) => toBoolean(arg(args, 0))],
  ["todatetime", (args) => moment(arg(args, 0))],
  [
    "totimespan",
    (args) => {
      const value = arg(args, 0);
      return value instanceof Timespan ? value : parseTimespan(toText(value));
    },
  ],
  ["parse_json", (args) => parseJson(arg(args, 0))],
  ["todynamic", (args) => parseJson(arg(args, 0))],
  ["parsejson", (args) => parseJson(arg(args, 0))],
  ["toguid", (args) => text(args, 0).toLowerCase()],
  [
    "now",
    (args, { now }) => {
      const offset = arg(args, 0);
      return offset instanceof Timespan ? new Date(now.getTime() + offset.inMs) : now;
    },
  ],
  [
    "ago",
    (args, { now }) => {
      const span = arg(args, 0);
      return span instanceof Timespan ? new Date(now.getTime() - span.inMs) : null;
    },
  ],
  ["bin", (args) => floorTo(arg(args, 0), arg(args, 1))],
  ["floor", (args) => floorTo(arg(args, 0), arg(args, 1) ?? 1)],
  ["startofday", periodStart((at) => Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()))],
  ["startofmonth", periodStart((at) => Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1))],
  ["coalesce", (args) => args.find((value) => !isEmptyValue(value)) ?? args.at(-1) ?? null],
  ["isempty", (args) => isEmptyValue(arg(args, 0))],
  ["isnotempty", (args) => !isEmptyValue(arg(args, 0))],
  ["isnull", (args) => arg(args, 0) === null],
  ["isnotnull", (args) => arg(args, 0) !== null],
  ["notempty", (args) => !isEmptyValue(arg(args, 0))],
  ["notnull", (args) => arg(args, 0) !== null],
  [
    "not",
    (args) => {
      const value = toBoolean(arg(args, 0));
      return value === null ? null : !value;
    },
  ],
  ["strcat", (args) => args.map(toText).join("")],
  ["strcat_delim", (args) => args.slice(1).map(toText).join(text(args, 0))],
  [
    "strcat_array",
    (args) => {
      const list = arg(args, 0);
      return isList(list) ? list.map(toText).join(text(args, 1)) : "";
    },
  ],
  ["strlen", (args) => text(args, 0).length],
  [
    "substring",
    (args) => {
      const start = toNumber(arg(args, 1)) ?? 0;
      const length = toNumber(arg(args, 2));
      return length === null ? text(args, 0).slice(start) : text(args, 0).slice(start, start + length);
    },
  ],
  ["indexof", (args) => text(args, 0).indexOf(text(args, 1))],
  [
    "split",
    (args) => {
      const parts = text(args, 0).split(text(args, 1));
      const wanted = toNumber(arg(args, 2));
      return wanted === null ? parts : parts.slice(wanted, wanted + 1);
    },
  ],
  ["replace_string", (args) => text(args, 0).replaceAll(text(args, 1), text(args, 2))],
  [
    "trim",
    (args) =>
      text(args, 1)
        .replace(pattern(`^(?:${text(args, 0)})`), "")
        .replace(pattern(`(?:${text(args, 0)})$`), ""),
  ],
  ["extract", extractWith],
  [
    "url_decode",
    (args) => {
      try {
        return decodeURIComponent(text(args, 0));
      } catch {
        return text(args, 0);
      }
    },
  ],
  [
    "has_any_index",
    (args) => {
      const list = arg(args, 1);
      return isList(list) ? list.findIndex((needle) => hasTerm(text(args, 0), toText(needle))) : -1;
    },
  ],
  [
    "array_length",
    (args) => {
      const list = arg(args, 0);
      return isList(list) ? list.length : null;
    },
  ],
  ["array_concat", (args) => args.flatMap((list) => (isList(list) ? list : []))],
  [
    "array_index_of",
    (args) => {
      const list = arg(args, 0);
      return isList(list) ? list.findIndex((item) => equal(item, arg(args, 1)) === true) : null;
    },
  ],
  [
    "set_has_element",
    (args) => {
      const list = arg(args, 0);
      return isList(list) && list.some((item) => equal(item, arg(args, 1)) === true);
    },
  ],
  [
    "set_union",
    (args) => [
      ...new Map(
        args.flatMap((list) => (isList(list) ? list : [])).map((item) => [keyOf(item), item]),
      ).values(),
    ],
  ],
  [
    "bag_keys",
    (args) => {
      const bag = arg(args, 0);
      return isBag(bag) ? Object.keys(bag) : null;
    },
  ],
  [
    "bag_has_key",
    (args) => {
      const bag = arg(args, 0);
      return isBag(bag) && Object.hasOwn(bag, text(args, 1));
    },
  ],
  ["bag_pack", (args) => packed(args)],
  ["pack", (args) => packed(args)],
  ["pack_array", (args) => [...args]],
  ["min_of", extremeOf(-1)],
  ["max_of", extremeOf(1)],
  [
    "abs",
    (args) => {
      const number = toNumber(arg(args, 0));
      return number === null ? null : Math.abs(number);
    },
  ],
  ["gettype", (args) => typeName(arg(args, 0))],
]);

function packed(args: readonly Value[]): Value {
  const bag: Record<string, Value> = {};
  for (let index = 0; index + 1 < args.length; index += 2) {
    const value = arg(args, index + 1);
    bag[text(args, index)] = value instanceof Date || value instanceof Timespan ? toText(value) : value;
  }
  return bag;
}

function typeName(value: Value): string {
  if (value === null) return "null";
  if (value instanceof Date) return "datetime";
  if (value instanceof Timespan) return "timespan";
  if (isList(value)) return "array";
  if (isBag(value)) return "dictionary";
  return typeof value === "boolean"
    ? "bool"
    : typeof value === "number"
      ? Number.isInteger(value)
        ? "long"
        : "double"
      : "string";
}
