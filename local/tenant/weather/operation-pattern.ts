/**
 * `POST /applications/{id}/removePassword` as a test of method and path. The pattern is held against the end of the path,
 * so version prefixes and scopes need not be written; a pattern without a method takes any. Case does not matter.
 */
export function operationMatcher(pattern: string): (method: string, path: string) => boolean {
  const parsed = /^(?:([A-Z*]+)\s+)?(\/?\S+)$/.exec(pattern.trim());
  if (!parsed) throw new OperationPatternError(pattern);
  const [, method = "*", template = ""] = parsed;
  const segments = template
    .split(/(\{[^}]*\})/)
    .map((part) => (part.startsWith("{") ? "[^/]+" : part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)))
    .join("");
  const path = new RegExp(`${template.startsWith("/") ? "" : "/"}${segments}/?$`, "i");
  return (asked, pathname) => (method === "*" || method === asked) && path.test(pathname);
}

/** A fault's operation that is not `METHOD /path/{with}/segments`. */
export class OperationPatternError extends Error {
  override readonly name = "OperationPatternError";
  readonly code = "OPERATION_PATTERN";
  constructor(pattern: string) {
    super(`"${pattern}" is not of the form METHOD /path/{segment}`);
  }
}
