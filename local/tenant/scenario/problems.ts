import type { z } from "zod";

/** A scenario that cannot be played. Lists everything that is wrong with it, each with its place in the file. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
  readonly code = "SCENARIO";
  readonly problems: readonly string[];
  constructor(scenario: string, problems: readonly string[], options?: ErrorOptions) {
    super(
      `The scenario ${scenario} cannot be played:\n${problems.map((it) => `  - ${it}`).join("\n")}`,
      options,
    );
    this.problems = problems;
  }
}

/** `directory.applications[2].secrets[0].start: …`, one line for each thing that is wrong. */
export function problemsOf(error: z.ZodError, section = ""): string[] {
  return error.issues.map((issue) => {
    const path = issue.path.reduce<string>(
      (text, part) =>
        typeof part === "number"
          ? `${text}[${part}]`
          : text === ""
            ? String(part)
            : `${text}.${String(part)}`,
      section,
    );
    return `${path === "" ? "(the file)" : path}: ${issue.message}`;
  });
}

/** What an error thrown by a section's own loader says, one line for each thing that is wrong. */
export function problemsThrown(error: unknown, section: string): string[] {
  if (error !== null && typeof error === "object" && "problems" in error && Array.isArray(error.problems)) {
    return error.problems.map((it) => `${section}: ${String(it)}`);
  }
  return [`${section}: ${error instanceof Error ? error.message : String(error)}`];
}
