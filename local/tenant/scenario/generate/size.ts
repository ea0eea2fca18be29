/** How many objects to add to a scenario. */
export interface Size {
  readonly apps: number;
  readonly assignments: number;
  readonly secrets: number;
}

const KEYS = ["apps", "assignments", "secrets"] as const;

/** A size that is not `apps=N,assignments=N,secrets=N`. */
export class SizeError extends Error {
  override readonly name = "SizeError";
  readonly code = "SIZE";
  constructor(text: string) {
    super(`--scale takes ${KEYS.map((key) => `${key}=N`).join(",")}, any of them, not "${text}"`);
  }
}

export function parseSize(text: string): Record<string, number> {
  const size: Record<string, number> = {};
  for (const part of text.split(",")) {
    const [, key = "", digits = ""] = /^\s*(\w+)\s*=\s*(\d+)\s*$/.exec(part) ?? [];
    if (!KEYS.some((it) => it === key)) throw new SizeError(text);
    size[key] = Number(digits);
  }
  return size;
}

export function sizeFrom(given: Readonly<Record<string, number>>): Size {
  return { apps: given["apps"] ?? 0, assignments: given["assignments"] ?? 0, secrets: given["secrets"] ?? 0 };
}
