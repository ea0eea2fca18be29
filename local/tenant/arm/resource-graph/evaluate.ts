import { isList, isObject } from "../../state/azure/json.ts";
import type { Json, JsonObject } from "../../state/azure/model.ts";
import { callFunction } from "./functions.ts";
import { type Column, type Expression, type Operator, QueryNotModelledError } from "./syntax.ts";

/** A column that neither the table nor the query so far has. */
export class QueryNameError extends Error {
  readonly code = "QUERY_NAME";
  readonly column: string;
  constructor(column: string) {
    super(`no column ${column}`);
    this.column = column;
  }
}

/** What ARG takes for a row expanded without a limit of its own. */
const EXPAND_LIMIT = 128;

export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly JsonObject[];
}

/** Runs one operator of the pipeline over all rows. */
export function apply({ columns, rows }: Rows, operator: Operator): Rows {
  const value = (row: JsonObject, expression: Expression) => evaluate(expression, row, columns);
  switch (operator.kind) {
    case "where":
      return { columns, rows: rows.filter((row) => value(row, operator.condition) === true) };
    case "project":
      return project(operator.columns, columns, rows);
    case "distinct": {
      const projected = project(operator.columns, columns, rows);
      const seen = new Map(projected.rows.map((row) => [JSON.stringify(row), row]));
      return { columns: projected.columns, rows: [...seen.values()] };
    }
    case "extend": {
      const names = operator.columns.map(({ name }) => name);
      return {
        columns: [...columns, ...names.filter((name) => !columns.includes(name))],
        rows: rows.map((row) => {
          const extended: Record<string, Json> = { ...row };
          const known = [...columns];
          for (const { name, expression } of operator.columns) {
            extended[name] = evaluate(expression, extended, known);
            known.push(name);
          }
          return extended;
        }),
      };
    }
    case "project-away":
      return {
        columns: columns.filter((name) => !operator.names.includes(name)),
        rows: rows.map((row) =>
          Object.fromEntries(Object.entries(row).filter(([name]) => !operator.names.includes(name))),
        ),
      };
    case "mv-expand": {
      const limit = operator.limit ?? EXPAND_LIMIT;
      return {
        columns: columns.includes(operator.name) ? columns : [...columns, operator.name],
        rows: rows.flatMap((row) =>
          expanded(value(row, operator.from))
            .slice(0, limit)
            .map((item) => ({ ...row, [operator.name]: item })),
        ),
      };
    }
    case "order":
      return {
        columns,
        rows: rows.toSorted((left, right) => {
          for (const { expression, descending } of operator.by) {
            const order = compareValues(value(left, expression), value(right, expression));
            if (order !== 0) return descending ? -order : order;
          }
          return 0;
        }),
      };
    case "limit":
      return { columns, rows: rows.slice(0, operator.count) };
    case "count":
      return { columns: ["Count"], rows: [{ Count: rows.length }] };
    case "summarize": {
      const groups = new Map<string, { key: JsonObject; count: number }>();
      for (const row of project(operator.by, columns, rows).rows) {
        const id = JSON.stringify(row);
        const group = groups.get(id) ?? { key: row, count: 0 };
        group.count += 1;
        groups.set(id, group);
      }
      if (operator.by.length === 0 && groups.size === 0) groups.set("{}", { key: {}, count: 0 });
      return {
        columns: [...operator.by.map(({ name }) => name), ...operator.counts],
        rows: [...groups.values()].map(({ key, count }) => ({
          ...key,
          ...Object.fromEntries(operator.counts.map((name) => [name, count])),
        })),
      };
    }
    default:
      return operator satisfies never;
  }
}

function project(wanted: readonly Column[], columns: readonly string[], rows: readonly JsonObject[]): Rows {
  return {
    columns: wanted.map(({ name }) => name),
    rows: rows.map((row) =>
      Object.fromEntries(wanted.map(({ name, expression }) => [name, evaluate(expression, row, columns)])),
    ),
  };
}

function expanded(value: Json): readonly Json[] {
  if (isList(value)) return value.length === 0 ? [null] : value;
  if (isObject(value)) return Object.entries(value).map(([key, item]) => ({ [key]: item }));
  return [value];
}

function evaluate(expression: Expression, row: JsonObject, columns: readonly string[]): Json {
  const value = (inner: Expression) => evaluate(inner, row, columns);
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "column":
      if (!columns.includes(expression.name)) throw new QueryNameError(expression.name);
      return row[expression.name] ?? null;
    case "member":
      return memberOf(value(expression.of), expression.key);
    case "element": {
      const of = value(expression.of);
      const index = value(expression.index);
      if (isList(of)) return typeof index === "number" ? (of[index] ?? null) : null;
      return typeof index === "string" ? memberOf(of, index) : null;
    }
    case "call":
      return callFunction(expression.name, expression.args.map(value));
    case "not":
      return value(expression.of) !== true;
    case "and":
      return value(expression.left) === true && value(expression.right) === true;
    case "or":
      return value(expression.left) === true || value(expression.right) === true;
    case "compare":
      return compares(expression.operator, value(expression.left), expression.right.map(value));
    default:
      return expression satisfies never;
  }
}

function memberOf(of: Json, key: string): Json {
  return isObject(of) ? (of[key] ?? null) : null;
}

/** A value as text: dynamic values are compared by their JSON. */
function textOf(value: Json): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function compareValues(left: Json, right: Json): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  const [one, other] = [textOf(left), textOf(right)];
  return one < other ? -1 : one > other ? 1 : 0;
}

function compares(operator: string, left: Json, right: readonly Json[]): boolean {
  if (operator.startsWith("!") && operator !== "!=" && operator !== "!~") {
    return !compares(operator.slice(1), left, right);
  }
  const [first = null] = right;
  const text = textOf(left);
  const lower = text.toLowerCase();
  const wanted = textOf(first).toLowerCase();
  switch (operator) {
    case "==":
      return text === textOf(first);
    case "!=":
      return text !== textOf(first);
    case "=~":
      return lower === wanted;
    case "!~":
      return lower !== wanted;
    case "in":
      return right.some((item) => textOf(item) === text);
    case "in~":
      return right.some((item) => textOf(item).toLowerCase() === lower);
    case "has":
      return hasTerm(lower, wanted);
    case "has_any":
      return right.some((item) => hasTerm(lower, textOf(item).toLowerCase()));
    case "contains":
      return lower.includes(wanted);
    case "startswith":
      return lower.startsWith(wanted);
    case "endswith":
      return lower.endsWith(wanted);
    case "<":
      return compareValues(left, first) < 0;
    case "<=":
      return compareValues(left, first) <= 0;
    case ">":
      return compareValues(left, first) > 0;
    case ">=":
      return compareValues(left, first) >= 0;
    default:
      throw new QueryNotModelledError(`the comparison ${operator}`);
  }
}

/** `has` looks for whole terms: what is searched must not begin or end inside a run of letters and digits. */
function hasTerm(text: string, term: string): boolean {
  if (term === "") return true;
  const isWord = (character: string) => /[\p{L}\p{N}]/u.test(character);
  for (let at = text.indexOf(term); at !== -1; at = text.indexOf(term, at + 1)) {
    const before = text.charAt(at - 1);
    const after = text.charAt(at + term.length);
    const opens = before === "" || !isWord(before) || !isWord(term.charAt(0));
    const closes = after === "" || !isWord(after) || !isWord(term.charAt(term.length - 1));
    if (opens && closes) return true;
  }
  return false;
}
