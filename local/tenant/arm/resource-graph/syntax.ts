/** The part of KQL that Resource Graph queries here may use, as a tree. */
export interface Query {
  readonly table: string;
  readonly operators: readonly Operator[];
}

export type Operator =
  | { readonly kind: "where"; readonly condition: Expression }
  | { readonly kind: "project"; readonly columns: readonly Column[] }
  | { readonly kind: "project-away"; readonly names: readonly string[] }
  | { readonly kind: "extend"; readonly columns: readonly Column[] }
  | { readonly kind: "mv-expand"; readonly name: string; readonly from: Expression; readonly limit?: number }
  | {
      readonly kind: "order";
      readonly by: readonly { readonly expression: Expression; readonly descending: boolean }[];
    }
  | { readonly kind: "limit"; readonly count: number }
  | { readonly kind: "count" }
  | {
      readonly kind: "summarize";
      readonly counts: readonly string[];
      readonly by: readonly Column[];
    }
  | { readonly kind: "distinct"; readonly columns: readonly Column[] };

export interface Column {
  readonly name: string;
  readonly expression: Expression;
}

export type Expression =
  | { readonly kind: "literal"; readonly value: string | number | boolean | null }
  | { readonly kind: "column"; readonly name: string }
  | { readonly kind: "member"; readonly of: Expression; readonly key: string }
  | { readonly kind: "element"; readonly of: Expression; readonly index: Expression }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: "not"; readonly of: Expression }
  | { readonly kind: "and" | "or"; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: "compare";
      readonly operator: string;
      readonly left: Expression;
      readonly right: readonly Expression[];
    };

/** A query that is not KQL. */
export class QuerySyntaxError extends Error {
  readonly code = "QUERY_SYNTAX";
  readonly position: number;
  readonly token: string;
  constructor(position: number, token: string) {
    super(`the query cannot be read at ${token === "" ? "its end" : token}`);
    this.position = position;
    this.token = token;
  }
}

/** A query that is KQL, but uses what the stand-in does not model. */
export class QueryNotModelledError extends Error {
  readonly code = "QUERY_NOT_MODELLED";
  readonly what: string;
  constructor(what: string) {
    super(`the stand-in tenant does not model ${what}`);
    this.what = what;
  }
}
