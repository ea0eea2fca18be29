import type { Column } from "../tables.ts";
import { notModelled } from "./errors.ts";
import type { Relation, Scope } from "./scope.ts";
import { itemLists, nameOf, parametersOf, type SyntaxNode } from "./syntax.ts";
import { absentOf, type Value } from "./values.ts";

/**
 * All rows of all sources, one source after another. A column that two sources have with different types becomes two,
 * named after their types. With `isfuzzy` a source that is not there is left out without a word, as in Kusto.
 */
export function union(
  input: Relation | undefined,
  node: SyntaxNode,
  columns: readonly Column[],
  scope: Scope,
): Relation {
  const parameters = parametersOf(node);
  const isFuzzy = parameters.get("isfuzzy")?.toLowerCase() === "true";
  if (parameters.get("kind") === "inner") throw notModelled("union kind=inner");
  const sourceColumn = parameters.get("withsource") ?? parameters.get("with_source");
  const sources: { readonly name: string; readonly relation: Relation }[] =
    input === undefined ? [] : [{ name: "union_arg0", relation: input }];
  for (const source of itemLists(node)[0] ?? []) {
    const name = source.kind === "NameReference" ? nameOf(source) : `union_arg${sources.length}`;
    const isMissing =
      source.kind === "NameReference" &&
      scope.lets.get(name)?.kind !== "table" &&
      scope.table(name) === undefined;
    if (isMissing && isFuzzy) continue;
    sources.push({ name, relation: scope.compileTable(source) });
  }
  const typeByName = new Map(columns.map(({ name, type }) => [name, type]));
  return {
    columns,
    rows: function* () {
      for (const { name: sourceName, relation } of sources) {
        const targets = relation.columns.map(({ name, type }) => ({
          from: name,
          to:
            typeByName.get(name) === type
              ? name
              : typeByName.has(`${name}_${type}`)
                ? `${name}_${type}`
                : name,
        }));
        const empty = columns.map(({ name, type }) => [name, absentOf(type)] as const);
        for (const row of relation.rows()) {
          const wide: Record<string, Value> = Object.fromEntries(empty);
          for (const { from, to } of targets) wide[to] = row[from] ?? wide[to] ?? null;
          if (sourceColumn !== undefined) wide[sourceColumn] = sourceName;
          yield wide;
        }
      }
    },
  };
}
