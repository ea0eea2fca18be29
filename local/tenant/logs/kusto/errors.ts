/** Why a query has no answer. Expected: handlers turn it into the service's 400. */
export type QueryProblem =
  | {
      readonly kind: "syntax";
      readonly message: string;
      readonly line: number;
      readonly position: number;
      readonly token: string;
    }
  | { readonly kind: "semantic"; readonly code: string; readonly message: string }
  | { readonly kind: "not-modelled"; readonly what: string }
  | { readonly kind: "basic-table"; readonly table: string }
  | { readonly kind: "table-forbidden"; readonly table: string };

export class QueryRefusal extends Error {
  readonly problem: QueryProblem;
  constructor(problem: QueryProblem) {
    super(problem.kind);
    this.name = "QueryRefusal";
    this.problem = problem;
  }
}

/** What Kusto has and this evaluator has not. Never an empty result. */
export function notModelled(what: string): QueryRefusal {
  return new QueryRefusal({ kind: "not-modelled", what });
}
