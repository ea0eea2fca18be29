import type { Column } from "../tables.ts";
import { notModelled } from "./errors.ts";
import { compileScalar } from "./expressions.ts";
import { analyze } from "./language.ts";
import { compileTable, materialized } from "./operators.ts";
import type { LetBinding, Relation, Scope } from "./scope.ts";
import { nameOf, partOf, type SyntaxNode } from "./syntax.ts";
import type { Row } from "./values.ts";

/** Where a query's rows come from. `open` and `admit` may throw a QueryRefusal, which refuses the query. */
export interface QuerySource {
  readonly now: Date;
  readonly tables: ReadonlyMap<string, readonly Column[]>;
  /** Told of every table the query names, before any row is read. */
  open?(table: string): void;
  rows(table: string, columns: readonly Column[]): Iterable<Row>;
  /** Told of every operator before it is compiled, by its keyword. */
  admit?(operator: string): void;
}

export interface QueryAnswer {
  readonly columns: readonly Column[];
  rows(): Iterable<Row>;
}

/** Answers a query, or throws a QueryRefusal that says what is wrong with it or what of it is not modelled. */
export function evaluate(query: string, source: QuerySource): QueryAnswer {
  const { root, columns } = analyze(query, source.tables);
  if (source.admit !== undefined) admitAll(root, source.admit.bind(source));
  for (const table of tablesNamed(root, source.tables)) source.open?.(table);
  const wanted = columnsWanted(root, columns);
  const lets = new Map<string, LetBinding>();
  const scope: Scope = {
    now: source.now,
    lets,
    columns: new Set(),
    table: (name) => tableOf(source, name, wanted),
    compileTable: (node) => compileTable(node, scope),
  };
  const statements = root.children.flatMap((child) => (child.kind === "List" ? child.children : []));
  let answer: Relation | undefined;
  for (const statement of statements) {
    switch (statement.kind) {
      case "LetStatement": {
        const name = nameOf(partOf(statement, 0));
        lets.set(name, bind(partOf(statement, 1), scope));
        break;
      }
      case "ExpressionStatement":
        if (answer !== undefined) throw notModelled("several queries in one request");
        answer = compileTable(partOf(statement, 0), scope);
        break;
      case "Token":
        break;
      default:
        throw notModelled(statement.kind);
    }
  }
  if (answer === undefined) throw notModelled("a query without a result");
  const relation = answer;
  return { columns: columns.length > 0 ? columns : relation.columns, rows: () => relation.rows() };
}

function bind(node: SyntaxNode, scope: Scope): LetBinding {
  if (node.kind === "FunctionDeclaration") throw notModelled("functions of one's own (let with parameters)");
  return node.columns === undefined
    ? { kind: "scalar", value: compileScalar(node, scope)({}) }
    : { kind: "table", relation: materialized(compileTable(node, scope)) };
}

function tableOf(
  source: QuerySource,
  name: string,
  wanted: ReadonlySet<string> | undefined,
): Relation | undefined {
  const columns = source.tables.get(name);
  if (columns === undefined) return undefined;
  const read = wanted === undefined ? columns : columns.filter((column) => wanted.has(column.name));
  return { columns, rows: () => source.rows(name, read) };
}

/** In these a column may come out under another name, or without ever being named. */
const TAKES_ALL: ReadonlySet<string> = new Set(["JoinOperator", "UnionOperator", "StarExpression"]);

/** The columns a query can touch: those it names anywhere and those it answers with. Reading forty for three is most of the work. */
function columnsWanted(root: SyntaxNode, answered: readonly Column[]): ReadonlySet<string> | undefined {
  const wanted = new Set(answered.map(({ name }) => name));
  let takesAll = false;
  const visit = (node: SyntaxNode): void => {
    takesAll ||= TAKES_ALL.has(node.kind);
    if (node.kind === "Token") wanted.add(node.text.replaceAll(/^@?['"]|['"]$/g, ""));
    for (const child of node.children) visit(child);
  };
  visit(root);
  return takesAll ? undefined : wanted;
}

const OPERATOR_WORDS: Readonly<Record<string, string>> = { UnionOperator: "union", PrintOperator: "print" };

function admitAll(node: SyntaxNode, admit: (operator: string) => void): void {
  if (node.kind.endsWith("Operator")) {
    admit(OPERATOR_WORDS[node.kind] ?? node.children.find(({ kind }) => kind === "Token")?.text ?? node.kind);
  }
  for (const child of node.children) admitAll(child, admit);
}

/** The tables a bound query names that are there. */
function tablesNamed(root: SyntaxNode, tables: ReadonlyMap<string, unknown>): ReadonlySet<string> {
  const named = new Set<string>();
  const visit = (node: SyntaxNode): void => {
    const { kind, columns, symbol } = node;
    if (kind === "NameReference" && columns !== undefined && symbol !== undefined && tables.has(symbol))
      named.add(symbol);
    for (const child of node.children) visit(child);
  };
  visit(root);
  return named;
}
