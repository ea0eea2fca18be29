import { type ComparisonName, type Condition, type Operand, parseCondition } from "./condition-syntax.ts";
import { actionMatches } from "./actions.ts";

export type AttributeValue = string | number | boolean | readonly string[];

export interface ConditionFacts {
  readonly action: string;
  readonly resourceAttributes?: Readonly<Record<string, AttributeValue>>;
  readonly requestAttributes?: Readonly<Record<string, AttributeValue>>;
}

const parsed = new Map<string, Condition>();

/**
 * Whether a role assignment's condition lets this through. An attribute the request does not have makes its comparison
 * false, as in Azure. Throws `ConditionSyntaxError` on what is not modelled: a condition is never guessed at.
 */
export function evaluateCondition(text: string, facts: ConditionFacts): boolean {
  const known = parsed.get(text);
  const condition = known ?? parseCondition(text);
  if (!known) parsed.set(text, condition);
  return holds(condition, facts);
}

function holds(condition: Condition, facts: ConditionFacts): boolean {
  switch (condition.kind) {
    case "and":
      return condition.parts.every((part) => holds(part, facts));
    case "or":
      return condition.parts.some((part) => holds(part, facts));
    case "not":
      return !holds(condition.part, facts);
    case "action":
      return actionMatches([condition.pattern], facts.action);
    case "sub-operation":
      // Suboperations are named by data planes that split one action (List and Get of blobs); none here does.
      return false;
    case "exists":
      return valuesOf(condition.attribute, facts).length > 0 !== condition.negated;
    case "compare":
      return compares(condition, facts);
    default:
      return condition satisfies never;
  }
}

function compares(condition: Extract<Condition, { kind: "compare" }>, facts: ConditionFacts): boolean {
  const left = valuesOf(condition.left, facts);
  const right = valuesOf(condition.right, facts);
  if (left.length === 0 || right.length === 0) return false;
  const test = COMPARISONS[condition.operator];
  const positive = (() => {
    switch (condition.quantifier) {
      case undefined:
      case "ForAnyOfAnyValues":
        return left.some((one) => right.some((other) => test(one, other)));
      case "ForAllOfAnyValues":
        return left.every((one) => right.some((other) => test(one, other)));
      case "ForAnyOfAllValues":
        return left.some((one) => right.every((other) => test(one, other)));
      case "ForAllOfAllValues":
        return left.every((one) => right.every((other) => test(one, other)));
      default:
        return condition.quantifier satisfies never;
    }
  })();
  return positive;
}

function valuesOf(operand: Operand, facts: ConditionFacts): readonly string[] {
  if (operand.kind === "literal") return operand.values;
  const attributes =
    operand.source === "Resource"
      ? facts.resourceAttributes
      : operand.source === "Request"
        ? facts.requestAttributes
        : undefined;
  const wanted = operand.name.toLowerCase();
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.toLowerCase() !== wanted) continue;
    return typeof value === "object" ? value : [String(value)];
  }
  return [];
}

type Comparison = (left: string, right: string) => boolean;

const not =
  (comparison: Comparison): Comparison =>
  (left, right) =>
    !comparison(left, right);
const equal: Comparison = (left, right) => left === right;
const equalIgnoringCase: Comparison = (left, right) => left.toLowerCase() === right.toLowerCase();
const like: Comparison = (left, right) => {
  const escaped = right.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`).test(left);
};

const COMPARISONS: Readonly<Record<ComparisonName, Comparison>> = {
  StringEquals: equal,
  StringNotEquals: not(equal),
  StringEqualsIgnoreCase: equalIgnoringCase,
  StringNotEqualsIgnoreCase: not(equalIgnoringCase),
  StringLike: like,
  StringNotLike: not(like),
  StringStartsWith: (left, right) => left.startsWith(right),
  StringNotStartsWith: (left, right) => !left.startsWith(right),
  GuidEquals: equalIgnoringCase,
  GuidNotEquals: not(equalIgnoringCase),
  BoolEquals: equalIgnoringCase,
  BoolNotEquals: not(equalIgnoringCase),
  NumericEquals: (left, right) => Number(left) === Number(right),
  NumericNotEquals: (left, right) => Number(left) !== Number(right),
  NumericLessThan: (left, right) => Number(left) < Number(right),
  NumericLessThanEquals: (left, right) => Number(left) <= Number(right),
  NumericGreaterThan: (left, right) => Number(left) > Number(right),
  NumericGreaterThanEquals: (left, right) => Number(left) >= Number(right),
};
