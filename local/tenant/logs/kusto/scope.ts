import type { Column } from "../tables.ts";
import type { SyntaxNode } from "./syntax.ts";
import type { Row, Value } from "./values.ts";

/** Rows with the columns they have. Rows are made when asked for, each time anew. */
export interface Relation {
  readonly columns: readonly Column[];
  rows(): Iterable<Row>;
}

export type Scalar = (row: Row) => Value;

export type LetBinding =
  | { readonly kind: "scalar"; readonly value: Value }
  | { readonly kind: "table"; readonly relation: Relation };

/** What a query may refer to. */
export interface Scope {
  readonly now: Date;
  /** Undefined when the workspace has no such table. */
  table(name: string): Relation | undefined;
  /** For tables inside expressions: `in (T | project A)`. */
  compileTable(node: SyntaxNode): Relation;
  readonly lets: ReadonlyMap<string, LetBinding>;
  /** Columns of the rows an expression is for. */
  readonly columns: ReadonlySet<string>;
  /** Inside `summarize`: takes an aggregate call, answers how its result is read from the group's row; nothing for other functions. */
  readonly aggregate?: (name: string, call: SyntaxNode) => Scalar | undefined;
}

export function withColumns(scope: Scope, columns: readonly Column[]): Scope {
  return { ...scope, columns: new Set(columns.map(({ name }) => name)) };
}
