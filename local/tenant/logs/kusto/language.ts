import { createRequire } from "node:module";
import { z } from "zod";
import { COLUMN_TYPES, type Column } from "../tables.ts";
import { QueryRefusal } from "./errors.ts";
import type { SyntaxNode } from "./syntax.ts";

/**
 * Microsoft's own Kusto parser and binder, behind the few members used here. It is C# turned into JavaScript: two scripts
 * that put `Bridge` and `Kusto` on the global object, in this order, with 1.7 MB of ambient types.
 */
interface KustoNode {
  readonly ChildCount: number;
  GetChild(index: number): KustoNode | null;
  readonly Text?: string;
  readonly ResultType?: KustoSymbol | null;
  readonly ReferencedSymbol?: KustoSymbol | null;
}
interface KustoSymbol {
  readonly Name: string;
  readonly Columns?: KustoList<{ readonly Name: string; readonly Type: KustoSymbol }>;
}
interface KustoList<T> {
  readonly Count: number;
  getItem(index: number): T;
}
interface KustoDiagnostic {
  readonly Code: string;
  readonly Severity: string;
  readonly Message: string;
  readonly Start: number;
  readonly Length: number;
}
interface KustoCode {
  readonly Kind: string;
  readonly Syntax: KustoNode;
  readonly ResultType: KustoSymbol | null;
  GetDiagnostics(): KustoList<KustoDiagnostic>;
  GetSyntaxDiagnostics(): KustoList<KustoDiagnostic>;
}
interface KustoLanguage {
  readonly Symbols: {
    readonly TableSymbol: { From(schema: string): { WithName(name: string): KustoSymbol } };
    readonly DatabaseSymbol: {
      readonly ctor: new (name: string, tables: readonly KustoSymbol[]) => KustoSymbol;
    };
  };
  readonly GlobalState: { readonly Default: { WithDatabase(database: KustoSymbol): unknown } };
  readonly KustoCode: { ParseAndAnalyze(query: string, globals: unknown): KustoCode };
}
interface Loaded {
  readonly language: KustoLanguage;
  readonly typeName: (node: KustoNode) => string;
}

/** What the scripts leave behind. Only that it is there is checked; its shape is described above. */
const Left = z.object({
  Kusto: z.custom<{ readonly Language: KustoLanguage }>((value) => value !== undefined),
  Bridge: z.custom<{ readonly Reflection: { getTypeName(value: unknown): string } }>(
    (value) => value !== undefined,
  ),
});

let loaded: Loaded | undefined;

function load(): Loaded {
  if (loaded === undefined) {
    const loadScript = createRequire(import.meta.url);
    loadScript("@kusto/language-service-next/bridge.js");
    loadScript("@kusto/language-service-next/Kusto.Language.Bridge.js");
    const { Kusto, Bridge } = Left.parse({
      Kusto: Reflect.get(globalThis, "Kusto"),
      Bridge: Reflect.get(globalThis, "Bridge"),
    });
    loaded = { language: Kusto.Language, typeName: (node) => Bridge.Reflection.getTypeName(node) };
  }
  return loaded;
}

/** Names and types of a query's answer. */
export interface Analysis {
  readonly root: SyntaxNode;
  readonly columns: readonly Column[];
}

const databases = new WeakMap<ReadonlyMap<string, readonly Column[]>, unknown>();

/** Parses a query and binds it to the tables; refuses it with the first thing that is wrong. */
export function analyze(query: string, tables: ReadonlyMap<string, readonly Column[]>): Analysis {
  const { language, typeName } = load();
  const globals = databases.get(tables) ?? globalsOf(language, tables);
  databases.set(tables, globals);
  const code = language.KustoCode.ParseAndAnalyze(query, globals);
  const [syntax] = errorsOf(code.GetSyntaxDiagnostics());
  if (syntax !== undefined) throw new QueryRefusal(syntaxProblem(query, syntax));
  const [semantic] = errorsOf(code.GetDiagnostics());
  if (semantic !== undefined) throw new QueryRefusal(semanticProblem(query, semantic));
  if (code.Kind !== "Query") {
    throw new QueryRefusal({
      kind: "semantic",
      code: "SEM0001",
      message: "Control commands are not supported in this API.",
    });
  }
  return { root: detach(code.Syntax, typeName), columns: columnsOf(code.ResultType) ?? [] };
}

/** The standard tables are the same arrays in every workspace, and making their symbols is most of a first query's time. */
const symbols = new WeakMap<readonly Column[], KustoSymbol>();

function globalsOf(language: KustoLanguage, tables: ReadonlyMap<string, readonly Column[]>): unknown {
  const { TableSymbol, DatabaseSymbol } = language.Symbols;
  const all = [...tables].map(([name, columns]) => {
    const known = symbols.get(columns);
    if (known !== undefined) return known;
    const schema = columns.map((column) => `['${column.name}']:${column.type}`).join(",");
    const made = TableSymbol.From(`(${schema})`).WithName(name);
    symbols.set(columns, made);
    return made;
  });
  return language.GlobalState.Default.WithDatabase(new DatabaseSymbol.ctor("workspace", all));
}

function errorsOf(list: KustoList<KustoDiagnostic>): readonly KustoDiagnostic[] {
  return Array.from({ length: list.Count }, (_, index) => list.getItem(index)).filter(
    ({ Severity }) => Severity === "Error",
  );
}

function syntaxProblem(query: string, { Start, Length }: KustoDiagnostic) {
  const before = query.slice(0, Start).split("\n");
  const token = query.slice(Start, Start + Length);
  const line = before.length;
  const position = (before.at(-1)?.length ?? 0) + 1;
  const at = token === "" ? "<EOF>" : token;
  return {
    kind: "syntax",
    line,
    position,
    token: at,
    message: `Query could not be parsed at '${at}' on line [${line},${position}]`,
  } as const;
}

/** The service words it in its own way; these three are what a wrong table, column or function gives. Others keep the parser's words. */
function semanticProblem(query: string, { Code, Message, Start, Length }: KustoDiagnostic) {
  const name = query.slice(Start, Start + Length);
  const operator = operatorAt(query, Start);
  switch (Code) {
    case "KS204":
      return {
        kind: "semantic",
        code: "SEM0100",
        message: `'${operator}' operator: Failed to resolve table or column expression named '${name}'`,
      } as const;
    case "KS142":
      return {
        kind: "semantic",
        code: "SEM0100",
        message: `'${operator}' operator: Failed to resolve scalar expression named '${name}'`,
      } as const;
    case "KS211":
      return { kind: "semantic", code: "SEM0260", message: `Unknown function: '${name}'.` } as const;
    default:
      // guess: the service's code and words for the rest were not found.
      return { kind: "semantic", code: "SEM0001", message: Message } as const;
  }
}

/** The operator a position is in, or, for a source, the first one it is piped into. */
function operatorAt(query: string, start: number): string {
  const before = /\|\s*([a-z-]+)[^|]*$/.exec(query.slice(0, start))?.[1];
  return before ?? /\|\s*([a-z-]+)/.exec(query.slice(start))?.[1] ?? "";
}

function detach(node: KustoNode, typeName: (node: KustoNode) => string): SyntaxNode {
  const name = typeName(node).replace("Kusto.Language.Syntax.", "");
  if (name.endsWith("Token") || node.Text !== undefined) {
    return {
      kind: "Token",
      text: node.Text ?? "",
      children: [],
      symbol: undefined,
      type: undefined,
      columns: undefined,
    };
  }
  const children: SyntaxNode[] = [];
  for (let index = 0; index < node.ChildCount; index += 1) {
    const child = node.GetChild(index);
    if (child !== null) children.push(detach(child, typeName));
  }
  if (name.startsWith("SeparatedElement")) {
    const [element] = children;
    if (element !== undefined) return element;
  }
  const result = node.ResultType ?? undefined;
  return {
    kind: name.startsWith("SyntaxList") ? "List" : name,
    text: name.endsWith("LiteralExpression") || name === "LiteralExpression" ? (children[0]?.text ?? "") : "",
    children,
    symbol: node.ReferencedSymbol?.Name,
    type: result?.Columns === undefined ? result?.Name : undefined,
    columns: columnsOf(result ?? null),
  };
}

const ScalarType = z.enum(COLUMN_TYPES).catch("string");

function columnsOf(symbol: KustoSymbol | null): readonly Column[] | undefined {
  const columns = symbol?.Columns;
  if (columns === undefined) return undefined;
  return Array.from({ length: columns.Count }, (_, index) => {
    const { Name, Type } = columns.getItem(index);
    return { name: Name, type: ScalarType.parse(Type.Name) };
  });
}
