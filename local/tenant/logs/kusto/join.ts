import type { Column } from "../tables.ts";
import { notModelled } from "./errors.ts";
import type { Relation, Scope } from "./scope.ts";
import { listOf, nameOf, parametersOf, partOf, partsOf, tokensOf, type SyntaxNode } from "./syntax.ts";
import { absentOf, keyOf, type Row, type Value } from "./values.ts";

const KINDS = ["innerunique", "inner", "leftouter", "leftsemi", "leftanti", "anti"] as const;

/** `join kind=… (right) on key`, on equality of columns. Its default kind keeps one left row per key, which surprises people. */
export function join(left: Relation, node: SyntaxNode, columns: readonly Column[], scope: Scope): Relation {
  const asked = parametersOf(node).get("kind") ?? "innerunique";
  const kind = KINDS.find((known) => known === asked);
  if (kind === undefined) throw notModelled(`join kind=${asked}`);
  const parts = partsOf(node);
  const source = parts.find(({ kind: part }) => part !== "JoinOnClause");
  const on = parts.find(({ kind: part }) => part === "JoinOnClause");
  if (source === undefined || on === undefined) throw notModelled("join without an on clause");
  const right = scope.compileTable(source);
  const pairs = listOf(on).map(keyPair);
  const keyOfLeft = (row: Row) =>
    joinKey(
      row,
      pairs.map(({ left: name }) => name),
    );
  const keyOfRight = (row: Row) =>
    joinKey(
      row,
      pairs.map(({ right: name }) => name),
    );

  return {
    columns,
    rows: function* () {
      const matches = new Map<string, Row[]>();
      for (const row of right.rows()) {
        const key = keyOfRight(row);
        const found = matches.get(key);
        if (found === undefined) matches.set(key, [row]);
        else found.push(row);
      }
      const used = new Set<string>();
      for (const row of left.rows()) {
        const key = keyOfLeft(row);
        const found = matches.get(key);
        switch (kind) {
          case "leftsemi":
            if (found !== undefined) yield row;
            break;
          case "leftanti":
          case "anti":
            if (found === undefined) yield row;
            break;
          case "leftouter":
            if (found === undefined) yield joined(row, undefined, left, right, columns);
            for (const match of found ?? []) yield joined(row, match, left, right, columns);
            break;
          case "innerunique":
            if (used.has(key)) break;
            used.add(key);
            for (const match of found ?? []) yield joined(row, match, left, right, columns);
            break;
          case "inner":
            for (const match of found ?? []) yield joined(row, match, left, right, columns);
            break;
          default:
            kind satisfies never;
        }
      }
    },
  };
}

/** The result has the left columns and then the right ones, renamed where both have the name: `A`, `A1`. */
function joined(
  row: Row,
  match: Row | undefined,
  left: Relation,
  right: Relation,
  columns: readonly Column[],
): Row {
  const wide: Record<string, Value> = {};
  for (const [index, { name, type }] of columns.entries()) {
    const ofLeft = left.columns[index];
    const ofRight = right.columns[index - left.columns.length];
    wide[name] =
      ofLeft === undefined
        ? match === undefined || ofRight === undefined
          ? absentOf(type)
          : (match[ofRight.name] ?? null)
        : (row[ofLeft.name] ?? null);
  }
  return wide;
}

function keyPair(node: SyntaxNode): { readonly left: string; readonly right: string } {
  if (node.kind === "NameReference") return { left: nameOf(node), right: nameOf(node) };
  if (node.kind === "BinaryExpression" && tokensOf(node).join("") === "==") {
    const sides = [partOf(node, 0), partOf(node, 1)].map((side) =>
      side.kind === "PathExpression"
        ? { of: nameOf(partOf(side, 0)), name: nameOf(partOf(side, 1)) }
        : undefined,
    );
    const left = sides.find((side) => side?.of === "$left")?.name;
    const right = sides.find((side) => side?.of === "$right")?.name;
    if (left !== undefined && right !== undefined) return { left, right };
  }
  throw notModelled("a join condition that is no equality of columns");
}

function joinKey(row: Row, names: readonly string[]): string {
  return names.map((name) => keyOf(row[name] ?? null)).join("\u0001");
}
