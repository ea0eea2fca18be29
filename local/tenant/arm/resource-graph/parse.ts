import {
  type Column,
  type Expression,
  type Operator,
  type Query,
  QueryNotModelledError,
  QuerySyntaxError,
} from "./syntax.ts";
import { type Token, tokenise } from "./tokens.ts";

const COMPARISONS = new Set([
  "==",
  "=~",
  "!=",
  "!~",
  "<",
  "<=",
  ">",
  ">=",
  "has",
  "!has",
  "contains",
  "!contains",
  "startswith",
  "!startswith",
  "endswith",
  "!endswith",
]);
const LIST_COMPARISONS = new Set(["in", "in~", "!in", "!in~", "has_any"]);
const NOT_MODELLED_COMPARISONS = new Set([
  "has_all",
  "has_cs",
  "hasprefix",
  "hassuffix",
  "contains_cs",
  "startswith_cs",
  "endswith_cs",
  "matches",
  "between",
]);
const NOT_MODELLED_OPERATORS = new Set([
  "join",
  "union",
  "parse",
  "top",
  "sample",
  "make-series",
  "evaluate",
  "lookup",
  "render",
  "mvexpand",
]);

/**
 * Parses a Resource Graph query. Throws `QuerySyntaxError` on what is not KQL and `QueryNotModelledError` on KQL beyond
 * the subset; it never answers a tree that means something else than the text.
 */
export function parseQuery(text: string): Query {
  const parser = new Parser(tokenise(text));
  return parser.query();
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  query(): Query {
    const first = this.#take("word");
    if (first.text.toLowerCase() === "let") throw new QueryNotModelledError("let statements");
    const operators: Operator[] = [];
    while (this.#tryTake("|")) operators.push(this.#operator());
    if (this.#peek().kind !== "end") this.#fail();
    return { table: first.text.toLowerCase(), operators };
  }

  #operator(): Operator {
    const token = this.#take("word");
    switch (token.text.toLowerCase()) {
      case "where":
      case "filter":
        return { kind: "where", condition: this.#expression() };
      case "project":
        return { kind: "project", columns: this.#columns() };
      case "project-away":
        return { kind: "project-away", names: this.#columns().map(({ name }) => name) };
      case "extend":
        return { kind: "extend", columns: this.#columns() };
      case "distinct":
        return { kind: "distinct", columns: this.#columns() };
      case "mv-expand":
        return this.#mvExpand();
      case "order":
      case "sort":
        return this.#order();
      case "limit":
      case "take":
        return { kind: "limit", count: Number(this.#take("number").text) };
      case "count":
        return { kind: "count" };
      case "summarize":
        return this.#summarize();
      default:
        if (NOT_MODELLED_OPERATORS.has(token.text.toLowerCase())) {
          throw new QueryNotModelledError(`the operator ${token.text}`);
        }
        throw new QuerySyntaxError(token.position, token.text);
    }
  }

  #mvExpand(): Operator {
    const [column] = this.#columns();
    if (!column) return this.#fail();
    const isLimited = this.#tryWord("limit");
    const limit = isLimited ? Number(this.#take("number").text) : undefined;
    return {
      kind: "mv-expand",
      name: column.name,
      from: column.expression,
      ...(limit === undefined ? {} : { limit }),
    };
  }

  #order(): Operator {
    if (!this.#tryWord("by")) this.#fail();
    const by: { expression: Expression; descending: boolean }[] = [];
    do {
      const expression = this.#expression();
      const isAscending = this.#tryWord("asc");
      // KQL sorts descending unless told otherwise.
      const descending = !isAscending;
      if (!isAscending) this.#tryWord("desc");
      by.push({ expression, descending });
    } while (this.#tryTake(","));
    return { kind: "order", by };
  }

  #summarize(): Operator {
    const counts: string[] = [];
    do {
      const first = this.#take("word").text;
      const isNamed = this.#tryTake("=");
      const aggregate = isNamed ? this.#take("word").text : first;
      if (aggregate.toLowerCase() !== "count") throw new QueryNotModelledError(`the aggregate ${aggregate}`);
      this.#takeSymbol("(");
      this.#takeSymbol(")");
      counts.push(isNamed ? first : "count_");
    } while (this.#tryTake(","));
    return { kind: "summarize", counts, by: this.#tryWord("by") ? this.#columns() : [] };
  }

  #columns(): Column[] {
    const columns: Column[] = [];
    do {
      const start = this.#at;
      const name = this.#peek();
      if (name.kind === "word" && this.#tokens[this.#at + 1]?.text === "=") {
        this.#at += 2;
        columns.push({ name: name.text, expression: this.#expression() });
      } else {
        const expression = this.#expression();
        columns.push({ name: columnName(expression) ?? `Column${columns.length + 1}`, expression });
      }
      if (this.#at === start) this.#fail();
    } while (this.#tryTake(","));
    return columns;
  }

  #expression(): Expression {
    let left = this.#conjunction();
    while (this.#tryWord("or")) left = { kind: "or", left, right: this.#conjunction() };
    return left;
  }

  #conjunction(): Expression {
    let left = this.#comparison();
    while (this.#tryWord("and")) left = { kind: "and", left, right: this.#comparison() };
    return left;
  }

  #comparison(): Expression {
    const left = this.#primary();
    const operator = this.#peek().text.toLowerCase();
    if (this.#peek().kind === "string") return left;
    if (COMPARISONS.has(operator)) {
      this.#at += 1;
      return { kind: "compare", operator, left, right: [this.#primary()] };
    }
    if (NOT_MODELLED_COMPARISONS.has(operator)) {
      throw new QueryNotModelledError(`the comparison ${operator}`);
    }
    if (LIST_COMPARISONS.has(operator)) {
      this.#at += 1;
      this.#takeSymbol("(");
      const right: Expression[] = [];
      do right.push(this.#expression());
      while (this.#tryTake(","));
      this.#takeSymbol(")");
      return { kind: "compare", operator, left, right };
    }
    return left;
  }

  #primary(): Expression {
    const token = this.#peek();
    let expression: Expression;
    if (token.kind === "string") {
      this.#at += 1;
      expression = { kind: "literal", value: token.text };
    } else if (token.kind === "number") {
      this.#at += 1;
      expression = { kind: "literal", value: Number(token.text) };
    } else if (this.#tryTake("(")) {
      expression = this.#expression();
      this.#takeSymbol(")");
    } else if (token.kind === "word") {
      this.#at += 1;
      expression = this.#named(token);
    } else {
      return this.#fail();
    }
    return this.#suffixes(expression);
  }

  #named(token: Token): Expression {
    const word = token.text.toLowerCase();
    if (word === "true" || word === "false") return { kind: "literal", value: word === "true" };
    if (word === "null") return { kind: "literal", value: null };
    if (!this.#tryTake("(")) return { kind: "column", name: token.text };
    const args: Expression[] = [];
    if (!this.#tryTake(")")) {
      do args.push(this.#expression());
      while (this.#tryTake(","));
      this.#takeSymbol(")");
    }
    return word === "not" && args[0] ? { kind: "not", of: args[0] } : { kind: "call", name: word, args };
  }

  #suffixes(from: Expression): Expression {
    let expression = from;
    for (;;) {
      if (this.#tryTake(".")) {
        expression = { kind: "member", of: expression, key: this.#take("word").text };
      } else if (this.#tryTake("[")) {
        expression = { kind: "element", of: expression, index: this.#expression() };
        this.#takeSymbol("]");
      } else {
        return expression;
      }
    }
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: "end", text: "", position: 0 };
  }

  #take(kind: Token["kind"]): Token {
    const token = this.#peek();
    if (token.kind !== kind) this.#fail();
    this.#at += 1;
    return token;
  }

  #tryTake(symbol: string): boolean {
    const token = this.#peek();
    if (token.kind !== "symbol" || token.text !== symbol) return false;
    this.#at += 1;
    return true;
  }

  #takeSymbol(symbol: string): void {
    if (!this.#tryTake(symbol)) this.#fail();
  }

  #tryWord(word: string): boolean {
    const token = this.#peek();
    if (token.kind !== "word" || token.text.toLowerCase() !== word) return false;
    this.#at += 1;
    return true;
  }

  #fail(): never {
    const token = this.#peek();
    throw new QuerySyntaxError(token.position, token.text === "" ? "<EOF>" : token.text);
  }
}

/** What KQL calls a column that was given no name: `properties.roleDefinitionId` → `properties_roleDefinitionId`. */
function columnName(expression: Expression): string | undefined {
  switch (expression.kind) {
    case "column":
      return expression.name;
    case "member": {
      const of = columnName(expression.of);
      return of === undefined ? undefined : `${of}_${expression.key}`;
    }
    case "call": {
      const [first] = expression.args;
      return first && (expression.name === "tostring" || expression.name === "tolower")
        ? columnName(first)
        : undefined;
    }
    default:
      return undefined;
  }
}
