/** The conditions of role assignments that Azure documents (version 2.0), as a tree. */
export type Condition =
  | { readonly kind: "and" | "or"; readonly parts: readonly Condition[] }
  | { readonly kind: "not"; readonly part: Condition }
  | { readonly kind: "action"; readonly pattern: string }
  | { readonly kind: "sub-operation"; readonly name: string }
  | { readonly kind: "exists"; readonly attribute: Operand; readonly negated: boolean }
  | {
      readonly kind: "compare";
      readonly left: Operand;
      readonly operator: ComparisonName;
      readonly quantifier: Quantifier | undefined;
      readonly right: Operand;
    };

export type Operand =
  | { readonly kind: "literal"; readonly values: readonly string[] }
  | { readonly kind: "attribute"; readonly source: string; readonly name: string };

const QUANTIFIERS = [
  "ForAnyOfAnyValues",
  "ForAllOfAnyValues",
  "ForAnyOfAllValues",
  "ForAllOfAllValues",
] as const;
type Quantifier = (typeof QUANTIFIERS)[number];

const OPERATORS = [
  "StringEquals",
  "StringNotEquals",
  "StringEqualsIgnoreCase",
  "StringNotEqualsIgnoreCase",
  "StringLike",
  "StringNotLike",
  "StringStartsWith",
  "StringNotStartsWith",
  "GuidEquals",
  "GuidNotEquals",
  "BoolEquals",
  "BoolNotEquals",
  "NumericEquals",
  "NumericNotEquals",
  "NumericLessThan",
  "NumericLessThanEquals",
  "NumericGreaterThan",
  "NumericGreaterThanEquals",
] as const;
export type ComparisonName = (typeof OPERATORS)[number];

/** A condition that does not parse, or uses what the stand-in does not model. */
export class ConditionSyntaxError extends Error {
  readonly code = "CONDITION_SYNTAX";
  constructor(message: string) {
    super(message);
    this.name = "ConditionSyntaxError";
  }
}

const TOKEN =
  /\s*(&&|\|\||@[A-Za-z]+\[[^\]]+\]|'(?:[^']|'')*'|[A-Za-z][A-Za-z0-9:]*|-?\d+(?:\.\d+)?|[0-9a-fA-F-]{36}|[(){},!])/y;

/** Parses the text of a condition. Throws `ConditionSyntaxError`; never answers a tree that means less than the text. */
export function parseCondition(text: string): Condition {
  const tokens = tokenise(text);
  let at = 0;
  const peek = () => tokens[at];
  const take = (expected?: string): string => {
    const token = tokens[at];
    if (token === undefined || (expected !== undefined && token !== expected)) {
      throw new ConditionSyntaxError(`expected ${expected ?? "more"} at token ${at + 1} of the condition`);
    }
    at += 1;
    return token;
  };
  const isWord = (word: string) => peek()?.toLowerCase() === word;

  const any = (): Condition => joined("or", both, () => peek() === "||" || isWord("or"));
  const both = (): Condition => joined("and", one, () => peek() === "&&" || isWord("and"));
  const joined = (kind: "and" | "or", part: () => Condition, more: () => boolean): Condition => {
    const first = part();
    const parts = [first];
    while (more()) {
      take();
      parts.push(part());
    }
    return parts.length === 1 ? first : { kind, parts };
  };
  const one = (): Condition => {
    if (peek() === "!" || isWord("not")) {
      take();
      return { kind: "not", part: one() };
    }
    if (peek() === "(") {
      take("(");
      const inner = any();
      take(")");
      return inner;
    }
    if (peek() === "ActionMatches" || peek() === "SubOperationMatches") {
      const word = take();
      take("{");
      const pattern = unquoted(take());
      take("}");
      return word === "ActionMatches"
        ? { kind: "action", pattern }
        : { kind: "sub-operation", name: pattern };
    }
    if (peek() === "Exists" || peek() === "NotExists") {
      const negated = take() === "NotExists";
      return { kind: "exists", attribute: operand(), negated };
    }
    return comparison();
  };
  const comparison = (): Condition => {
    const left = operand();
    const word = take();
    const colon = word.indexOf(":");
    const quantifier = colon === -1 ? undefined : quantifierNamed(word.slice(0, colon));
    const operator = operatorNamed(colon === -1 ? word : word.slice(colon + 1));
    return { kind: "compare", left, operator, quantifier, right: operand() };
  };
  const operand = (): Operand => {
    const token = take();
    const attribute = /^@([A-Za-z]+)\[([^\]]+)\]$/.exec(token);
    if (attribute) {
      const [, source = "", name = ""] = attribute;
      if (source !== "Resource" && source !== "Request") {
        throw new ConditionSyntaxError(`attributes of @${source} are not modelled by the stand-in tenant`);
      }
      return { kind: "attribute", source, name };
    }
    if (token !== "{") return { kind: "literal", values: [unquoted(token)] };
    const values: string[] = [];
    while (peek() !== "}") {
      values.push(unquoted(take()));
      if (peek() === ",") take();
    }
    take("}");
    return { kind: "literal", values };
  };

  const condition = any();
  if (at !== tokens.length) throw new ConditionSyntaxError(`unexpected ${tokens[at]} in the condition`);
  return condition;
}

function tokenise(text: string): string[] {
  const tokens: string[] = [];
  let at = 0;
  const trimmed = text.trimEnd();
  while (at < trimmed.length) {
    // A GUID starts like a number or a word, so it is looked for first.
    const guid = /\s*([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})/y;
    const expression = [guid, TOKEN].find((candidate) => {
      candidate.lastIndex = at;
      return candidate.test(trimmed);
    });
    if (!expression) throw new ConditionSyntaxError(`cannot read the condition from character ${at + 1}`);
    tokens.push(trimmed.slice(at, expression.lastIndex).trim());
    at = expression.lastIndex;
  }
  return tokens;
}

function unquoted(token: string): string {
  return token.startsWith("'") ? token.slice(1, -1).replaceAll("''", "'") : token;
}

function quantifierNamed(word: string): Quantifier {
  const found = QUANTIFIERS.find((name) => name.toLowerCase() === word.toLowerCase());
  if (!found) throw new ConditionSyntaxError(`the quantifier ${word} is not modelled by the stand-in tenant`);
  return found;
}

function operatorNamed(word: string): ComparisonName {
  const found = OPERATORS.find((name) => name.toLowerCase() === word.toLowerCase());
  if (!found) throw new ConditionSyntaxError(`the operator ${word} is not modelled by the stand-in tenant`);
  return found;
}
