import { globSync, readFileSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import { HostError } from "../host-error.ts";

/** A Functions app on disk, before anything of it runs. */
export interface AppFolder {
  readonly path: string;
  readonly hostJson: string;
  readonly localSettings: string | undefined;
  /** The pattern in package.json's `main`, for messages. */
  readonly main: string;
  /** What `main` stands for, as absolute paths, in the order they are loaded. */
  readonly entryFiles: readonly string[];
}

const PackageJson = z.object({ main: z.string().min(1) });

/** Reads what makes a folder a Functions app: host.json, and a package.json whose `main` names at least one file. */
export function readAppFolder(folder: string): AppFolder {
  const path = resolve(folder);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new HostError("APP_INVALID", `${path} is no folder`);

  const hostJson = readIfPresent(join(path, "host.json"));
  if (hostJson === undefined)
    throw new HostError("APP_INVALID", `${path} has no host.json, so it is no Functions app`);

  const main = mainOf(path);
  // Real worker: globby. Sorted here so that two machines load the same app in the same order.
  const entryFiles = globSync(main, { cwd: path })
    .toSorted()
    .map((file) => (isAbsolute(file) ? file : join(path, file)));
  if (entryFiles.length === 0)
    throw new HostError("APP_INVALID", `${path}: "main": "${main}" in package.json names no file`);

  return {
    path,
    hostJson,
    localSettings: readIfPresent(join(path, "local.settings.json")),
    main,
    entryFiles,
  };
}

function mainOf(path: string): string {
  const text = readIfPresent(join(path, "package.json"));
  if (text === undefined) throw new HostError("APP_INVALID", `${path} has no package.json`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new HostError("APP_INVALID", `${path}: package.json is not JSON`, { cause });
  }
  const parsed = PackageJson.safeParse(json);
  if (!parsed.success)
    throw new HostError("APP_INVALID", `${path}: package.json has no "main" that names the function files`);
  return parsed.data.main;
}

function readIfPresent(file: string): string | undefined {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true
    ? readFileSync(file, "utf8")
    : undefined;
}
