import { notModelled } from "./errors.ts";
import { compileScalar } from "./expressions.ts";
import type { Scalar, Scope } from "./scope.ts";
import { listOf, nameOf, partOf, type SyntaxNode } from "./syntax.ts";
import { compare, isBag, keyOf, toNumber, type Row, type Value } from "./values.ts";

/** Takes the rows of one group, then says what they come to. */
export interface Accumulator {
  add(row: Row): void;
  result(): Value;
}

/** `arg_max(x, *)` and `take_any(*)` give a whole row: the one chosen. */
export interface RowAccumulator extends Accumulator {
  chosen(): Row | undefined;
}

export interface Aggregate {
  readonly name: string;
  readonly args: readonly SyntaxNode[];
  start(): Accumulator | RowAccumulator;
}

const MAKES_LIST = new Set(["make_list", "make_list_if", "make_set", "make_set_if", "makelist", "makeset"]);
const LIST_LIMIT = 1_048_576;

/** The aggregate a call is, or nothing if its function is a scalar one. */
export function aggregateOf(call: SyntaxNode, scope: Scope): Aggregate | undefined {
  const name = nameOf(partOf(call, 0));
  const args = listOf(partOf(call, 1));
  const start = accumulatorOf(name, args, scope);
  return start === undefined ? undefined : { name, args, start };
}

function accumulatorOf(
  name: string,
  args: readonly SyntaxNode[],
  scope: Scope,
): (() => Accumulator | RowAccumulator) | undefined {
  // An aggregate's own arguments are plain expressions over rows: no aggregate stands inside an aggregate.
  const { aggregate: _, ...plain } = scope;
  const scalar = (index: number): Scalar => {
    const node = args[index];
    if (node === undefined) throw notModelled(`${name}() with ${args.length} arguments`);
    return compileScalar(node, plain);
  };
  switch (name) {
    case "count":
      return () => counting(() => true);
    case "countif": {
      const holds = scalar(0);
      return () => counting((row) => holds(row) === true);
    }
    case "dcount":
    case "count_distinct": {
      const of = scalar(0);
      return () => distinct(of, () => true);
    }
    case "dcountif":
    case "count_distinctif": {
      const [of, holds] = [scalar(0), scalar(1)];
      return () => distinct(of, (row) => holds(row) === true);
    }
    case "sum":
    case "sumif":
    case "avg":
    case "avgif": {
      const of = scalar(0);
      const holds = name.endsWith("if") ? scalar(1) : () => true;
      return () => adding(of, (row) => holds(row) === true, name.startsWith("avg"));
    }
    case "min":
    case "max":
    case "minif":
    case "maxif": {
      const of = scalar(0);
      const holds = name.endsWith("if") ? scalar(1) : () => true;
      return () => extreme(of, (row) => holds(row) === true, name.startsWith("min") ? -1 : 1);
    }
    case "arg_max":
    case "arg_min": {
      const of = scalar(0);
      return () => extremeRow(of, name === "arg_min" ? -1 : 1);
    }
    case "take_any":
    case "any": {
      const of = args[0]?.kind === "StarExpression" ? () => null : scalar(0);
      return () => anyRow(of);
    }
    case "make_bag": {
      const of = scalar(0);
      return () => bagging(of);
    }
    default: {
      if (!MAKES_LIST.has(name)) return undefined;
      const of = scalar(0);
      const holds = name.endsWith("_if") ? scalar(1) : () => true;
      const limitAt = name.endsWith("_if") ? 2 : 1;
      const limit = args[limitAt] === undefined ? LIST_LIMIT : (toNumber(scalar(limitAt)({})) ?? LIST_LIMIT);
      return () => listing(of, (row) => holds(row) === true, name.includes("set"), limit);
    }
  }
}

function counting(holds: (row: Row) => boolean): Accumulator {
  let count = 0;
  return {
    add: (row) => {
      if (holds(row)) count += 1;
    },
    result: () => count,
  };
}

/** Exact, where Kusto estimates. */
function distinct(of: Scalar, holds: (row: Row) => boolean): Accumulator {
  const seen = new Set<string>();
  return {
    add: (row) => {
      if (holds(row)) seen.add(keyOf(of(row)));
    },
    result: () => seen.size,
  };
}

function adding(of: Scalar, holds: (row: Row) => boolean, average: boolean): Accumulator {
  let [sum, count] = [0, 0];
  return {
    add: (row) => {
      const value = holds(row) ? toNumber(of(row)) : null;
      if (value !== null) [sum, count] = [sum + value, count + 1];
    },
    result: () => (average ? (count === 0 ? null : sum / count) : sum),
  };
}

function extreme(of: Scalar, holds: (row: Row) => boolean, wanted: -1 | 1): Accumulator {
  let best: Value = null;
  return {
    add: (row) => {
      const value = holds(row) ? of(row) : null;
      if (value !== null && (best === null || Math.sign(compare(value, best) ?? 0) === wanted)) best = value;
    },
    result: () => best,
  };
}

function extremeRow(of: Scalar, wanted: -1 | 1): RowAccumulator {
  let best: { readonly value: Value; readonly row: Row } | undefined;
  return {
    add: (row) => {
      const value = of(row);
      if (best === undefined || best.value === null || Math.sign(compare(value, best.value) ?? 0) === wanted)
        best = { value, row };
    },
    result: () => best?.value ?? null,
    chosen: () => best?.row,
  };
}

function anyRow(of: Scalar): RowAccumulator {
  let first: Row | undefined;
  return {
    add: (row) => {
      first ??= row;
    },
    result: () => (first === undefined ? null : of(first)),
    chosen: () => first,
  };
}

function bagging(of: Scalar): Accumulator {
  let bag: Record<string, Value> = {};
  return {
    add: (row) => {
      const value = of(row);
      if (isBag(value)) bag = { ...value, ...bag };
    },
    result: () => bag,
  };
}

function listing(of: Scalar, holds: (row: Row) => boolean, isSet: boolean, limit: number): Accumulator {
  const items: Value[] = [];
  const seen = new Set<string>();
  return {
    add: (row) => {
      if (items.length >= limit || !holds(row)) return;
      const value = of(row);
      if (value === null) return;
      const key = isSet ? keyOf(value) : "";
      if (isSet && seen.has(key)) return;
      seen.add(key);
      // Dynamic lists hold times as text.
      items.push(value instanceof Date ? value.toISOString() : value);
    },
    result: () => items,
  };
}
