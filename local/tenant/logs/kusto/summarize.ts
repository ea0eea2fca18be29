import { aggregateOf, type Accumulator, type Aggregate, type RowAccumulator } from "./aggregates.ts";
import { notModelled } from "./errors.ts";
import { compileScalar } from "./expressions.ts";
import { withColumns, type Relation, type Scalar, type Scope } from "./scope.ts";
import { itemLists, listOf, nameOf, partsOf, type SyntaxNode } from "./syntax.ts";
import type { Column } from "../tables.ts";
import { keyOf, type Row, type Value } from "./values.ts";

type Output = (
  group: readonly (Accumulator | RowAccumulator)[],
  columns: readonly Column[],
) => Readonly<Record<string, Value>>;

interface OutputPlan {
  /** How many of the result's columns it fills. */
  readonly width: number;
  readonly output: Output;
}

/** `summarize aggregates by keys`. The binder says what the result's columns are called: keys first, then aggregates. */
export function summarize(
  input: Relation,
  node: SyntaxNode,
  columns: readonly Column[],
  scope: Scope,
): Relation {
  const inner = withColumns(scope, input.columns);
  const by = partsOf(node).find(({ kind }) => kind === "SummarizeByClause");
  const keyNodes = by === undefined ? [] : listOf(by);
  const keys = keyNodes.map((key) => compileScalar(key, inner));
  const keyColumns = columns.slice(0, keys.length).map(({ name }) => name);
  const aggregates: Aggregate[] = [];
  const plans = (itemLists(node)[0] ?? []).map((item) =>
    planOutput(item, input, keyColumns, inner, aggregates),
  );
  const start = () => aggregates.map((aggregate) => aggregate.start());

  return {
    columns,
    rows: function* () {
      const groups = new Map<
        string,
        { readonly keys: readonly Value[]; readonly state: readonly Accumulator[] }
      >();
      for (const row of input.rows()) {
        const values = keys.map((key) => key(row));
        const id = values.map(keyOf).join("\u0001");
        let group = groups.get(id);
        if (group === undefined) groups.set(id, (group = { keys: values, state: start() }));
        for (const accumulator of group.state) accumulator.add(row);
      }
      // Without keys there is always one group, even of no rows.
      if (groups.size === 0 && keys.length === 0) groups.set("", { keys: [], state: start() });
      for (const { keys: values, state } of groups.values()) {
        const row: Record<string, Value> = {};
        for (const [index, name] of keyColumns.entries()) row[name] = values[index] ?? null;
        let at = keys.length;
        for (const { width, output } of plans) {
          Object.assign(row, output(state, columns.slice(at, at + width)));
          at += width;
        }
        yield row;
      }
    },
  };
}

function planOutput(
  item: SyntaxNode,
  input: Relation,
  keyColumns: readonly string[],
  scope: Scope,
  aggregates: Aggregate[],
): OutputPlan {
  const expression = item.kind === "SimpleNamedExpression" ? partsOf(item).at(-1) : item;
  if (expression === undefined || item.kind === "CompoundNamedExpression")
    throw notModelled("several names for one aggregate");
  const whole = expression.kind === "FunctionCallExpression" ? aggregateOf(expression, scope) : undefined;
  if (whole !== undefined && ["arg_max", "arg_min", "take_any", "any"].includes(whole.name)) {
    return planRow(whole, input, keyColumns, scope, aggregates);
  }
  // Anything else is one value, with aggregates anywhere inside it: each leaves its result in a column of its own.
  const scalar: Scalar = compileScalar(expression, {
    ...scope,
    aggregate: (name, call) => {
      const aggregate = aggregateOf(call, scope);
      if (aggregate === undefined) return undefined;
      if (["arg_max", "arg_min"].includes(name)) throw notModelled(`${name}() inside an expression`);
      const index = aggregates.push(aggregate) - 1;
      return (row) => row[slotOf(index)] ?? null;
    },
  });
  return {
    width: 1,
    output: (state, [column]) => {
      const slots = Object.fromEntries(
        state.map((accumulator, index) => [slotOf(index), accumulator.result()]),
      );
      return { [column?.name ?? ""]: scalar(slots) };
    },
  };
}

/** `arg_max(time, *)`: the value, then columns of the row it was found in. */
function planRow(
  aggregate: Aggregate,
  input: Relation,
  keyColumns: readonly string[],
  scope: Scope,
  aggregates: Aggregate[],
): OutputPlan {
  const index = aggregates.push(aggregate) - 1;
  const isAny = aggregate.name === "take_any" || aggregate.name === "any";
  const wanted = isAny ? aggregate.args : aggregate.args.slice(1);
  const isStar = wanted.some(({ kind }) => kind === "StarExpression");
  const [first] = aggregate.args;
  const firstName = first?.kind === "NameReference" ? nameOf(first) : undefined;
  const starred = input.columns
    .map(({ name }) => name)
    .filter((name) => !keyColumns.includes(name) && (isAny || name !== firstName));
  const scalars = isStar ? [] : wanted.map((node) => compileScalar(node, scope));
  const width = (isAny ? 0 : 1) + (isStar ? starred.length : scalars.length);
  return {
    width,
    output: (state, columns) => {
      const accumulator = state[index];
      const chosen: Row | undefined =
        accumulator !== undefined && "chosen" in accumulator ? accumulator.chosen() : undefined;
      const row: Record<string, Value> = {};
      const rest = isAny ? columns : columns.slice(1);
      if (!isAny) row[columns[0]?.name ?? ""] = accumulator?.result() ?? null;
      for (const [place, { name }] of rest.entries()) {
        const from = starred[place];
        row[name] =
          chosen === undefined
            ? null
            : isStar
              ? (chosen[name] ?? chosen[from ?? ""] ?? null)
              : (scalars[place]?.(chosen) ?? null);
      }
      return row;
    },
  };
}

function slotOf(index: number): string {
  return `\u0000${index}`;
}
