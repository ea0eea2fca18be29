import type { Column } from "../tables.ts";
import { notModelled } from "./errors.ts";
import { compilePredicate, compileScalar } from "./expressions.ts";
import { join } from "./join.ts";
import { withColumns, type Relation, type Scope } from "./scope.ts";
import { summarize } from "./summarize.ts";
import {
  itemLists,
  listOf,
  nameOf,
  parametersOf,
  partOf,
  partsOf,
  tokensOf,
  type SyntaxNode,
} from "./syntax.ts";
import { union } from "./union.ts";
import { absentOf, compare, isBag, isList, keyOf, toNumber, toText, type Row, type Value } from "./values.ts";

/** What a tabular expression comes to. */
export function compileTable(node: SyntaxNode, scope: Scope): Relation {
  switch (node.kind) {
    case "PipeExpression":
      return applyOperator(partOf(node, 1), compileTable(partOf(node, 0), scope), node.columns ?? [], scope);
    case "ParenthesizedExpression":
      return compileTable(partOf(node, 0), scope);
    case "NameReference": {
      const name = nameOf(node);
      const bound = scope.lets.get(name);
      if (bound?.kind === "table") return bound.relation;
      const table = scope.table(name);
      if (table === undefined) throw notModelled(`the table ${name}`);
      return table;
    }
    case "UnionOperator":
      return union(undefined, node, node.columns ?? [], scope);
    case "PrintOperator":
      return print(node, scope);
    case "MaterializeExpression":
      return materialized(compileTable(partOf(node, 0), scope));
    case "FunctionCallExpression":
      throw notModelled(`${nameOf(partOf(node, 0))}() as a table`);
    default:
      throw notModelled(`${node.kind} as a table`);
  }
}

/** Computed once, however often it is read. */
export function materialized(relation: Relation): Relation {
  let rows: readonly Row[] | undefined;
  return { columns: relation.columns, rows: () => (rows ??= [...relation.rows()]) };
}

function applyOperator(
  node: SyntaxNode,
  input: Relation,
  columns: readonly Column[],
  outer: Scope,
): Relation {
  const scope = withColumns(outer, input.columns);
  switch (node.kind) {
    case "FilterOperator": {
      const holds = compilePredicate(partOf(node, 0), scope);
      return stream(columns, function* () {
        for (const row of input.rows()) if (holds(row)) yield row;
      });
    }
    case "ExtendOperator":
      return extend(node, input, columns, scope);
    case "ProjectOperator":
      return project(node, input, columns, scope);
    case "ProjectAwayOperator":
    case "ProjectKeepOperator":
    case "ProjectReorderOperator":
      return narrowed(input, columns);
    case "ProjectRenameOperator":
      return renamed(node, input, columns);
    case "TakeOperator": {
      const count = constant(partOf(node, 0), scope);
      return stream(columns, () => taken(input.rows(), count));
    }
    case "TopOperator": {
      const count = constant(partOf(node, 0), scope);
      const inOrder = orderOf(partsOf(node).slice(1), scope);
      return stream(columns, () => taken([...input.rows()].toSorted(inOrder), count));
    }
    case "SortOperator": {
      const inOrder = orderOf(itemLists(node)[0] ?? [], scope);
      return stream(columns, () => [...input.rows()].toSorted(inOrder));
    }
    case "DistinctOperator":
      return distinct(node, input, columns, scope);
    case "CountOperator":
      return stream(columns, function* () {
        let count = 0;
        for (const _ of input.rows()) count += 1;
        yield { [columns[0]?.name ?? "Count"]: count };
      });
    case "SummarizeOperator":
      return summarize(input, node, columns, outer);
    case "MvExpandOperator":
      return expand(node, input, columns, scope);
    case "JoinOperator":
      return join(input, node, columns, outer);
    case "UnionOperator":
      return union(input, node, columns, outer);
    default:
      throw notModelled(`the operator ${tokensOf(node)[0] ?? node.kind}`);
  }
}

function stream(columns: readonly Column[], rows: () => Iterable<Row>): Relation {
  return { columns, rows };
}

function constant(node: SyntaxNode, scope: Scope): number {
  const count = toNumber(compileScalar(node, { ...scope, columns: new Set() })({}));
  if (count === null) throw notModelled("a row count that is no number");
  return count;
}

function* taken(rows: Iterable<Row>, count: number): Generator<Row> {
  let left = count;
  if (left <= 0) return;
  for (const row of rows) {
    yield row;
    left -= 1;
    if (left <= 0) return;
  }
}

/** The name a column gets that is given as an expression: its own, or the one the binder made up for it. */
function nameFor(item: SyntaxNode, madeUp: () => string): string {
  if (item.kind === "SimpleNamedExpression") return nameOf(partOf(item, 0));
  return item.kind === "NameReference" ? nameOf(item) : madeUp();
}

function extend(node: SyntaxNode, input: Relation, columns: readonly Column[], scope: Scope): Relation {
  const items = itemLists(node)[0] ?? [];
  const explicit = new Set(
    items.filter(({ kind }) => kind === "SimpleNamedExpression").map((item) => nameOf(partOf(item, 0))),
  );
  const madeUp = columns
    .map(({ name }) => name)
    .filter((name) => !scope.columns.has(name) && !explicit.has(name));
  const added = items.map((item) => ({
    name: nameFor(item, () => madeUp.shift() ?? ""),
    value: compileScalar(item, scope),
  }));
  return stream(columns, function* () {
    for (const row of input.rows()) {
      const wider: Record<string, Value> = { ...row };
      // All are computed from the row as it came: one does not see another.
      for (const { name, value } of added) wider[name] = value(row);
      yield wider;
    }
  });
}

function project(node: SyntaxNode, input: Relation, columns: readonly Column[], scope: Scope): Relation {
  const items = itemLists(node)[0] ?? [];
  const values = items.map((item) => compileScalar(item, scope));
  return stream(columns, function* () {
    for (const row of input.rows()) {
      const narrow: Record<string, Value> = {};
      for (const [index, { name }] of columns.entries()) narrow[name] = values[index]?.(row) ?? null;
      yield narrow;
    }
  });
}

function narrowed(input: Relation, columns: readonly Column[]): Relation {
  return stream(columns, function* () {
    for (const row of input.rows()) {
      const narrow: Record<string, Value> = {};
      for (const { name } of columns) narrow[name] = row[name] ?? null;
      yield narrow;
    }
  });
}

function renamed(node: SyntaxNode, input: Relation, columns: readonly Column[]): Relation {
  const oldNames = new Map(
    (itemLists(node)[0] ?? []).map((item) => [nameOf(partOf(item, 0)), nameOf(partOf(item, 1))]),
  );
  return stream(columns, function* () {
    for (const row of input.rows()) {
      const wider: Record<string, Value> = {};
      for (const { name } of columns) wider[name] = row[oldNames.get(name) ?? name] ?? null;
      yield wider;
    }
  });
}

/** Descending unless said otherwise; nulls come first going up and last going down, unless said otherwise. */
function orderOf(items: readonly SyntaxNode[], scope: Scope): (a: Row, b: Row) => number {
  const orders = items.map((item) => {
    const isOrdered = item.kind === "OrderedExpression";
    const clause = isOrdered ? partsOf(item).find(({ kind }) => kind === "OrderingClause") : undefined;
    const words = clause === undefined ? [] : wordsOf(clause);
    const isAscending = words.includes("asc");
    const nullsFirst = words.includes("nulls") ? words.includes("first") : isAscending;
    return {
      value: compileScalar(isOrdered ? partOf(item, 0) : item, scope),
      direction: isAscending ? 1 : -1,
      nullsFirst,
    };
  });
  return (a, b) => {
    for (const { value, direction, nullsFirst } of orders) {
      const [left, right] = [value(a), value(b)];
      if (left === null || right === null) {
        if (left === right) continue;
        return (left === null) === nullsFirst ? -1 : 1;
      }
      const order = compare(left, right) ?? 0;
      if (order !== 0) return order * direction;
    }
    return 0;
  };
}

function wordsOf(node: SyntaxNode): readonly string[] {
  return node.kind === "Token" ? [node.text] : node.children.flatMap(wordsOf);
}

function distinct(node: SyntaxNode, input: Relation, columns: readonly Column[], scope: Scope): Relation {
  const items = itemLists(node)[0] ?? [];
  const narrow = items.some(({ kind }) => kind === "StarExpression")
    ? narrowed(input, columns)
    : project(node, input, columns, scope);
  return stream(columns, function* () {
    const seen = new Set<string>();
    for (const row of narrow.rows()) {
      const key = columns.map(({ name }) => keyOf(row[name] ?? null)).join("\u0001");
      if (!seen.has(key)) {
        seen.add(key);
        yield row;
      }
    }
  });
}

/** One row per item of a list, or per member of a bag. A row whose list is empty is gone; one whose value is null stays. */
function expand(node: SyntaxNode, input: Relation, columns: readonly Column[], scope: Scope): Relation {
  if (parametersOf(node).size > 0) throw notModelled("options of mv-expand");
  const items = (itemLists(node)[0] ?? []).map((item) => {
    const [expression, ...clauses] = partsOf(item);
    if (expression === undefined) throw notModelled("mv-expand without an expression");
    const type = clauses.find(({ kind }) => kind === "ToTypeOfClause");
    return {
      name: nameFor(expression, () => {
        throw notModelled("mv-expand of an unnamed expression");
      }),
      value: compileScalar(expression, scope),
      isText: type !== undefined && wordsOf(type).includes("string"),
      isNumber:
        type !== undefined && wordsOf(type).some((word) => ["int", "long", "real", "double"].includes(word)),
    };
  });
  const itemsOf = (value: Value): readonly Value[] =>
    isList(value)
      ? value
      : isBag(value)
        ? Object.entries(value).map(([key, member]) => ({ [key]: member }))
        : [value];
  return stream(columns, function* () {
    for (const row of input.rows()) {
      const lists = items.map(({ value }) => itemsOf(value(row)));
      const length = Math.max(...lists.map((list) => list.length));
      for (let index = 0; index < length; index += 1) {
        const expanded: Record<string, Value> = { ...row };
        for (const [place, { name, isText, isNumber }] of items.entries()) {
          const value = lists[place]?.[index] ?? null;
          expanded[name] = isText ? toText(value) : isNumber ? toNumber(value) : value;
        }
        yield expanded;
      }
    }
  });
}

function print(node: SyntaxNode, scope: Scope): Relation {
  const columns = node.columns ?? [];
  const values = listOf(node).map((item) => compileScalar(item, { ...scope, columns: new Set() }));
  return stream(columns, () => [
    Object.fromEntries(columns.map(({ name, type }, index) => [name, values[index]?.({}) ?? absentOf(type)])),
  ]);
}
