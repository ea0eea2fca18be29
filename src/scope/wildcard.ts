/**
 * Whether a pattern covers a whole text: `*` stands for any run of characters, and `?`, where `single` says so, for one.
 * Linear but for backtracking to the last star, so never worse than both lengths multiplied: patterns are written by
 * whoever writes roles and credentials.
 */
export function wildcardCovers(pattern: string, text: string, single = false): boolean {
  let p = 0;
  let t = 0;
  let lastStar = -1;
  let resumeAt = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === "*") {
      lastStar = p++;
      resumeAt = t;
    } else if (p < pattern.length && (pattern[p] === text[t] || (single && pattern[p] === "?"))) {
      p++;
      t++;
    } else if (lastStar >= 0) {
      p = lastStar + 1;
      t = ++resumeAt;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
