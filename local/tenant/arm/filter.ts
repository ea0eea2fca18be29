/** The filters of Microsoft.Authorization, and-ed together. Absent fields were not asked for. */
export interface AccessFilter {
  readonly atScope: boolean;
  readonly principalId?: string;
  readonly assignedTo?: string;
  readonly roleName?: string;
  readonly roleType?: string;
  readonly roleDefinitionId?: string;
  readonly asTarget: boolean;
}

export type ParsedFilter =
  | { readonly kind: "filter"; readonly filter: AccessFilter }
  | { readonly kind: "unknown"; readonly clause: string };

/** Reads `atScope() and principalId eq '…'`. A clause that is not modelled is named, never passed over. */
export function parseAccessFilter(text: string | undefined): ParsedFilter {
  let filter: AccessFilter = { atScope: false, asTarget: false };
  if (text === undefined || text.trim() === "") return { kind: "filter", filter };
  for (const clause of text.split(/\s+and\s+/i)) {
    const read = readClause(clause.trim());
    if (!read) return { kind: "unknown", clause };
    filter = { ...filter, ...read };
  }
  return { kind: "filter", filter };
}

function readClause(clause: string): Partial<AccessFilter> | undefined {
  if (/^atScope\(\)$/i.test(clause) || /^atScopeAndBelow\(\)$/i.test(clause)) {
    // atScopeAndBelow is for role definitions, where it says no more than the scope itself does.
    return /AndBelow/i.test(clause) ? {} : { atScope: true };
  }
  if (/^asTarget\(\)$/i.test(clause)) return { asTarget: true };
  const assignedTo = /^assignedTo\('([^']+)'\)$/i.exec(clause)?.[1];
  if (assignedTo !== undefined) return { assignedTo };
  const [, name, value = ""] = /^(\w+)\s+eq\s+'((?:[^']|'')*)'$/i.exec(clause) ?? [];
  const unescaped = value.replaceAll("''", "'");
  switch (name?.toLowerCase()) {
    case "principalid":
      return { principalId: unescaped };
    case "rolename":
      return { roleName: unescaped };
    case "type":
      return { roleType: unescaped };
    case "roledefinitionid":
      return { roleDefinitionId: unescaped };
    default:
      return undefined;
  }
}
