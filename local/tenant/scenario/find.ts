import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ScenarioError } from "./problems.ts";

const FOLDER = fileURLToPath(new URL("../../scenarios/", import.meta.url));

/** The names of the scenarios that come with Tourniquet. */
export function scenarioNamesHere(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".json"))
    .map((file) => basename(file, ".json"));
}

/** Reads a scenario by name or by path. A name never reads outside the folder of scenarios. */
export function readScenario(nameOrPath: string): { readonly raw: unknown; readonly source: string } {
  const isName = /^[a-z0-9-]+$/.test(nameOrPath);
  const path = isName ? join(FOLDER, `${nameOrPath}.json`) : nameOrPath;
  if (!existsSync(path)) {
    throw new ScenarioError(nameOrPath, [
      isName
        ? `there is no scenario of that name; there are ${scenarioNamesHere().join(", ")}`
        : "there is no such file",
    ]);
  }
  try {
    const raw: unknown = JSON.parse(readFileSync(path, "utf8"));
    return { raw, source: nameOrPath };
  } catch (error) {
    throw new ScenarioError(
      nameOrPath,
      [`is not JSON: ${error instanceof Error ? error.message : String(error)}`],
      { cause: error },
    );
  }
}
