import { notModelled } from "./errors.ts";
import { FUNCTIONS } from "./functions.ts";
import { jsonLiteral, literalValue, stringLiteral } from "./literals.ts";
import type { Scalar, Scope } from "./scope.ts";
import { listOf, nameOf, partOf, partsOf, tokensOf, type SyntaxNode } from "./syntax.ts";
import { hasTerm, pattern, TEXT_TESTS } from "./text-operators.ts";
import {
  absentOf,
  compare,
  equal,
  isBag,
  isList,
  Timespan,
  toNumber,
  toText,
  type Row,
  type Value,
} from "./values.ts";

/** Turns a bound scalar expression into a function of a row. Refuses whatever it does not know, before any row is read. */
export function compileScalar(node: SyntaxNode, scope: Scope): Scalar {
  switch (node.kind) {
    case "NameReference":
      return compileName(node, scope);
    case "LiteralExpression": {
      const value = literalValue(node);
      return () => value;
    }
    case "CompoundStringLiteralExpression": {
      const value = listOf(node)
        .map(({ text }) => stringLiteral(text))
        .join("");
      return () => value;
    }
    case "DynamicExpression": {
      const value = jsonLiteral(node);
      return () => value;
    }
    case "ParenthesizedExpression":
    case "SimpleNamedExpression":
      return compileScalar(partsOf(node).at(-1) ?? node, scope);
    case "PathExpression":
      return compilePath(node, scope);
    case "ElementExpression":
      return compileElement(node, scope);
    case "PrefixUnaryExpression":
      return compileSign(node, scope);
    case "BinaryExpression":
      return compileBinary(node, scope);
    case "InExpression":
      return compileIn(node, scope);
    case "HasAnyExpression":
    case "HasAllExpression":
      return compileHasList(node, scope);
    case "BetweenExpression":
      return compileBetween(node, scope);
    case "FunctionCallExpression":
      return compileCall(node, scope);
    default:
      throw notModelled(`${node.kind} in an expression`);
  }
}

/** True only for true: null is not. */
export function compilePredicate(node: SyntaxNode, scope: Scope): (row: Row) => boolean {
  const scalar = compileScalar(node, scope);
  return (row) => scalar(row) === true;
}

function compileName(node: SyntaxNode, scope: Scope): Scalar {
  const name = nameOf(node);
  if (scope.columns.has(name)) {
    const absent = absentOf(node.type);
    return (row) => row[name] ?? absent;
  }
  const bound = scope.lets.get(name);
  if (bound?.kind === "scalar") {
    return () => bound.value;
  }
  throw notModelled(`the name ${name} here`);
}

function compilePath(node: SyntaxNode, scope: Scope): Scalar {
  const of = compileScalar(partOf(node, 0), scope);
  const name = nameOf(partOf(node, 1));
  return (row) => member(of(row), name);
}

function compileElement(node: SyntaxNode, scope: Scope): Scalar {
  const of = compileScalar(partOf(node, 0), scope);
  const selector = compileScalar(partOf(partOf(node, 1), 0), scope);
  return (row) => {
    const key = selector(row);
    const value = of(row);
    if (typeof key === "number") return isList(value) ? (value.at(key) ?? null) : null;
    return member(value, toText(key));
  };
}

function member(value: Value, name: string): Value {
  return isBag(value) && Object.hasOwn(value, name) ? (value[name] ?? null) : null;
}

function compileSign(node: SyntaxNode, scope: Scope): Scalar {
  const [sign] = tokensOf(node);
  const of = compileScalar(partOf(node, 0), scope);
  if (sign === "+") return of;
  return (row) => {
    const value = of(row);
    if (value instanceof Timespan) return new Timespan(-value.inMs);
    const number = toNumber(value);
    return number === null ? null : -number;
  };
}

function compileBinary(node: SyntaxNode, scope: Scope): Scalar {
  const operator = tokensOf(node).join(" ");
  const left = compileScalar(partOf(node, 0), scope);
  const right = compileScalar(partOf(node, 1), scope);
  switch (operator) {
    case "and":
      return (row) => {
        const a = left(row);
        if (a === false) return false;
        const b = right(row);
        return b === false ? false : a === true && b === true ? true : null;
      };
    case "or":
      return (row) => {
        const a = left(row);
        if (a === true) return true;
        const b = right(row);
        return b === true ? true : a === false && b === false ? false : null;
      };
    case "==":
      return (row) => equal(left(row), right(row));
    case "!=":
    case "<>":
      return (row) => {
        const isEqual = equal(left(row), right(row));
        return isEqual === null ? null : !isEqual;
      };
    case "<":
      return compared(left, right, (order) => order < 0);
    case "<=":
      return compared(left, right, (order) => order <= 0);
    case ">":
      return compared(left, right, (order) => order > 0);
    case ">=":
      return compared(left, right, (order) => order >= 0);
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return (row) => arithmetic(operator, left(row), right(row));
    case "matches regex":
      return (row) => pattern(toText(right(row))).test(toText(left(row)));
    default: {
      const isNegated = operator.startsWith("!");
      const test = TEXT_TESTS.get(isNegated ? (operator === "!~" ? "=~" : operator.slice(1)) : operator);
      if (test === undefined) throw notModelled(`the operator ${operator}`);
      return (row) => test(toText(left(row)), toText(right(row))) !== isNegated;
    }
  }
}

function compared(left: Scalar, right: Scalar, holds: (order: number) => boolean): Scalar {
  return (row) => {
    const order = compare(left(row), right(row));
    return order === null ? null : holds(order);
  };
}

function arithmetic(operator: "+" | "-" | "*" | "/" | "%", a: Value, b: Value): Value {
  if (a instanceof Date && b instanceof Date && operator === "-")
    return new Timespan(a.getTime() - b.getTime());
  if (a instanceof Date && b instanceof Timespan && (operator === "+" || operator === "-")) {
    return new Date(a.getTime() + (operator === "+" ? b.inMs : -b.inMs));
  }
  if (a instanceof Timespan && b instanceof Date && operator === "+") return new Date(b.getTime() + a.inMs);
  if (a instanceof Timespan && b instanceof Timespan) {
    if (operator === "+" || operator === "-")
      return new Timespan(operator === "+" ? a.inMs + b.inMs : a.inMs - b.inMs);
    return operator === "/" && b.inMs !== 0 ? a.inMs / b.inMs : null;
  }
  if (a instanceof Timespan && typeof b === "number" && (operator === "*" || operator === "/")) {
    return new Timespan(operator === "*" ? a.inMs * b : a.inMs / b);
  }
  if (typeof a === "number" && b instanceof Timespan && operator === "*") return new Timespan(a * b.inMs);
  if (typeof a !== "number" || typeof b !== "number") return null;
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      // Whole numbers divide to whole numbers.
      return b === 0 ? null : Number.isInteger(a) && Number.isInteger(b) ? Math.trunc(a / b) : a / b;
    case "%":
      return b === 0 ? null : a % b;
    default:
      return operator satisfies never;
  }
}

/** The right side of `in` and `has_any`: values, or lists, or one column of a table, taken together. */
function compileList(node: SyntaxNode, scope: Scope): (row: Row) => readonly Value[] {
  const items = listOf(node).map((item) =>
    item.columns === undefined ? compileScalar(item, scope) : firstColumn(item, scope),
  );
  return (row) =>
    items.flatMap((item) => {
      const value = item(row);
      return isList(value) ? value : [value];
    });
}

/** A table where a list is expected stands for its first column. It is read once. */
function firstColumn(node: SyntaxNode, scope: Scope): Scalar {
  const relation = scope.compileTable(node);
  const column = relation.columns[0]?.name ?? "";
  let values: readonly Value[] | undefined;
  return () => (values ??= Array.from(relation.rows(), (row) => row[column] ?? null));
}

function compileIn(node: SyntaxNode, scope: Scope): Scalar {
  const [operator = ""] = tokensOf(node);
  const of = compileScalar(partOf(node, 0), scope);
  const list = compileList(partOf(node, 1), scope);
  const isNegated = operator.startsWith("!");
  const folds = operator.endsWith("~");
  const matches = (value: Value, item: Value): boolean =>
    folds ? toText(value).toLowerCase() === toText(item).toLowerCase() : equal(value, item) === true;
  return (row) => {
    const value = of(row);
    return list(row).some((item) => matches(value, item)) !== isNegated;
  };
}

function compileHasList(node: SyntaxNode, scope: Scope): Scalar {
  const of = compileScalar(partOf(node, 0), scope);
  const list = compileList(partOf(node, 1), scope);
  const wantsAll = node.kind === "HasAllExpression";
  return (row) => {
    const within = toText(of(row));
    const found = (needle: Value) => hasTerm(within, toText(needle));
    return wantsAll ? list(row).every(found) : list(row).some(found);
  };
}

function compileBetween(node: SyntaxNode, scope: Scope): Scalar {
  const [operator = ""] = tokensOf(node);
  const of = compileScalar(partOf(node, 0), scope);
  const range = partOf(node, 1);
  const from = compileScalar(partOf(range, 0), scope);
  const to = compileScalar(partOf(range, 1), scope);
  return (row) => {
    const value = of(row);
    const start = from(row);
    const given = to(row);
    // `between (datetime .. timespan)` counts from the start.
    const end =
      start instanceof Date && given instanceof Timespan ? new Date(start.getTime() + given.inMs) : given;
    const [low, high] = [compare(value, start), compare(value, end)];
    if (low === null || high === null) return null;
    return (low >= 0 && high <= 0) !== operator.startsWith("!");
  };
}

function compileCall(node: SyntaxNode, scope: Scope): Scalar {
  const name = nameOf(partOf(node, 0));
  const args = listOf(partOf(node, 1));
  const aggregate = scope.aggregate?.(name, node);
  if (aggregate !== undefined) return aggregate;
  if (name === "iff" || name === "iif") return compileChoice(args, scope);
  if (name === "case") return compileChoice(args, scope);
  if (name === "column_ifexists" || name === "columnifexists") {
    const [column, otherwise] = args;
    if (column === undefined || otherwise === undefined)
      throw notModelled(`${name} with ${args.length} arguments`);
    const wanted = stringLiteral(column.text);
    return scope.columns.has(wanted)
      ? (row) => row[wanted] ?? absentOf(node.type)
      : compileScalar(otherwise, scope);
  }
  if (name === "toscalar") throw notModelled("toscalar()");
  const called = FUNCTIONS.get(name);
  if (called === undefined) throw notModelled(`the function ${name}()`);
  const compiled = args.map((argument) => compileScalar(argument, scope));
  return (row) =>
    called(
      compiled.map((argument) => argument(row)),
      scope,
    );
}

/** `case(p1, v1, p2, v2, otherwise)`, of which `iff` is the shortest. */
function compileChoice(args: readonly SyntaxNode[], scope: Scope): Scalar {
  const compiled = args.map((argument) => compileScalar(argument, scope));
  return (row) => {
    for (let index = 0; index + 1 < compiled.length; index += 2) {
      if (compiled[index]?.(row) === true) return compiled[index + 1]?.(row) ?? null;
    }
    return compiled.at(-1)?.(row) ?? null;
  };
}
