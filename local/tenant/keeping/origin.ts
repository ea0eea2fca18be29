import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const Origin = z.object({
  version: z.literal(1),
  scenario: z.unknown(),
  source: z.string(),
  seed: z.union([z.string(), z.number()]),
  nowInMs: z.number(),
  generate: z.record(z.string(), z.number()).optional(),
  delays: z.record(z.string(), z.number()),
  /** Tokens' lives times this; 1 where it was not said. */
  tokenLifetimes: z.number().optional(),
  /** What headers of the managed identity endpoint are derived from. */
  headerKey: z.string(),
});
export type Origin = z.infer<typeof Origin>;

/** What a kept tenant began as, so that its journal means the same again. Delays too: they decide who saw what when. */
export function openOrigin(folder: string, begin: () => Omit<Origin, "version" | "headerKey">): Origin {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "origin.json");
  if (existsSync(file)) return Origin.parse(JSON.parse(readFileSync(file, "utf8")));
  const origin: Origin = { version: 1, headerKey: randomBytes(24).toString("hex"), ...begin() };
  writeFileSync(`${file}.new`, JSON.stringify(origin), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return origin;
}

/** The scenario a folder's tenant plays, if it keeps one. */
export function keptSource(folder: string): string | undefined {
  const file = join(folder, "origin.json");
  return existsSync(file) ? Origin.parse(JSON.parse(readFileSync(file, "utf8"))).source : undefined;
}

/** Forgets a kept tenant, but not the authority that clients were told to trust, nor the port they were told. */
export function forget(folder: string): void {
  for (const name of ["origin.json", "journal.ndjson"]) rmSync(join(folder, name), { force: true });
}

const Port = z.number().int().min(1).max(65_535);

/** The port of the last start, to come up at the same one if it is free. */
export function lastPort(folder: string): number | undefined {
  const file = join(folder, "port.json");
  if (!existsSync(file)) return undefined;
  const parsed = Port.safeParse(JSON.parse(readFileSync(file, "utf8")));
  return parsed.success ? parsed.data : undefined;
}

export function rememberPort(folder: string, port: number): void {
  writeFileSync(join(folder, "port.json"), JSON.stringify(port));
}
