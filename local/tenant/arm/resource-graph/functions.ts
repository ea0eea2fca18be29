import { isList, isObject } from "../../state/azure/json.ts";
import type { Json } from "../../state/azure/model.ts";
import { QueryNotModelledError } from "./syntax.ts";

const text = (value: Json | undefined): string =>
  value === null || value === undefined
    ? ""
    : typeof value === "object"
      ? JSON.stringify(value)
      : String(value);

const isEmpty = (value: Json | undefined): boolean => text(value) === "";
const isNull = (value: Json | undefined): boolean => value === null || value === undefined;

const FUNCTIONS: Readonly<Record<string, (args: readonly Json[]) => Json>> = {
  tostring: ([value]) => text(value),
  tolower: ([value]) => text(value).toLowerCase(),
  toupper: ([value]) => text(value).toUpperCase(),
  toint: ([value]) => numberOrNull(value),
  tolong: ([value]) => numberOrNull(value),
  tobool: ([value]) => (typeof value === "boolean" ? value : text(value).toLowerCase() === "true"),
  strcat: (args) => args.map(text).join(""),
  strlen: ([value]) => text(value).length,
  isnull: ([value]) => isNull(value),
  isnotnull: ([value]) => !isNull(value),
  isempty: ([value]) => isEmpty(value),
  isnotempty: ([value]) => !isEmpty(value),
  coalesce: (args) => args.find((value) => !isEmpty(value)) ?? null,
  iff: ([condition, yes, no]) => (condition === true ? (yes ?? null) : (no ?? null)),
  array_length: ([value]) => (isList(value) ? value.length : null),
  bag_keys: ([value]) => (isObject(value) ? Object.keys(value) : null),
  split: ([value, by]) => text(value).split(text(by)),
  pack_array: (args) => args,
  todynamic: ([value]) => value ?? null,
  parse_json: ([value]) => value ?? null,
  todatetime: ([value]) => value ?? null,
};

export function callFunction(name: string, args: readonly Json[]): Json {
  const found = FUNCTIONS[name];
  if (!found) throw new QueryNotModelledError(`the function ${name}`);
  return found(args);
}

function numberOrNull(value: Json | undefined): number | null {
  const number = Number(text(value));
  return text(value) === "" || Number.isNaN(number) ? null : number;
}
