import type { Column } from "../tables.ts";

/** A node of a parsed and bound query, detached from the parser. Lists are one node; separators between items are gone. */
export interface SyntaxNode {
  /** Class name of the parser's node: `FilterOperator`, `NameReference`, `List`, `Token` … */
  readonly kind: string;
  /** A token's text, a literal's text, empty otherwise. */
  readonly text: string;
  readonly children: readonly SyntaxNode[];
  /** Name of what it refers to, if the binder found that. */
  readonly symbol: string | undefined;
  /** Scalar type, `error` where binding failed. */
  readonly type: string | undefined;
  /** Columns of a tabular expression, as they come out of it. */
  readonly columns: readonly Column[] | undefined;
}

/** The children that are neither tokens nor lists. */
export function partsOf(node: SyntaxNode): readonly SyntaxNode[] {
  return node.children.filter(({ kind }) => kind !== "Token" && kind !== "List");
}

/** The items of the n-th list among the children. */
export function listOf(node: SyntaxNode, index = 0): readonly SyntaxNode[] {
  return node.children.filter(({ kind }) => kind === "List")[index]?.children ?? [];
}

export function partOf(node: SyntaxNode, index: number): SyntaxNode {
  const part = partsOf(node)[index];
  if (part === undefined)
    throw new Error(`a ${node.kind} has no part ${index}; the parser's shape has changed`);
  return part;
}

export function tokensOf(node: SyntaxNode): readonly string[] {
  return node.children.filter(({ kind }) => kind === "Token").map(({ text }) => text);
}

/** The name a NameReference or NameDeclaration spells, without brackets and quotes. */
export function nameOf(node: SyntaxNode): string {
  const tokens = leafTexts(node).filter((text) => text !== "");
  const bracketed = tokens.length > 1 && tokens[0] === "[";
  const text = bracketed ? (tokens[1] ?? "") : tokens.join("");
  return bracketed ? text.replaceAll(/^['"]|['"]$/g, "") : text;
}

function leafTexts(node: SyntaxNode): readonly string[] {
  return node.kind === "Token" ? [node.text] : node.children.flatMap(leafTexts);
}

/** Options of an operator: `kind=leftouter`, `isfuzzy=true`, `withsource=Source`. */
export function parametersOf(node: SyntaxNode): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const child of node.children) {
    if (child.kind !== "List") continue;
    for (const item of child.children) {
      if (item.kind === "NamedParameter") {
        const [name, value] = partsOf(item);
        if (name !== undefined && value !== undefined)
          parameters.set(nameOf(name), leafTexts(value).join("").trim());
      }
    }
  }
  return parameters;
}

/** Lists of an operator that are not its options. */
export function itemLists(node: SyntaxNode): readonly (readonly SyntaxNode[])[] {
  const first = node.children.findIndex(({ kind }) => kind === "List");
  return node.children.flatMap((child, index) => {
    if (child.kind !== "List") return [];
    const isOptions = child.children.some(({ kind }) => kind === "NamedParameter");
    const isEmptyOptions = child.children.length === 0 && index === first;
    return isOptions || isEmptyOptions ? [] : [child.children];
  });
}
