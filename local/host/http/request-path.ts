/**
 * The path that routes are matched against: percent-decoded but for `%2F`, which stays as sent, with dot segments
 * resolved. That is what the real host's web server hands on. Bytes that are no UTF-8 stay encoded.
 */
export function decodePath(rawPath: string): string {
  return withoutDotSegments(
    rawPath.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) =>
      run
        .split(/(%2f)/i)
        .map((it) => (/^%2f$/i.test(it) ? it : decodeOrKeep(it)))
        .join(""),
    ),
  );
}

/** The path as the app sees it in `request.url`: still encoded, dot segments resolved. */
export function resolvePath(rawPath: string): string {
  return withoutDotSegments(rawPath);
}

function decodeOrKeep(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function withoutDotSegments(path: string): string {
  if (!/(?:^|\/)\.{1,2}(?:\/|$)/.test(path)) return path;
  const kept: string[] = [];
  const segments = path.split("/");
  for (const [at, segment] of segments.entries()) {
    const isLast = at === segments.length - 1;
    if (segment === "..") {
      if (kept.length > 1) kept.pop();
      if (isLast) kept.push("");
    } else if (segment === ".") {
      if (isLast) kept.push("");
    } else kept.push(segment);
  }
  return kept.join("/");
}
