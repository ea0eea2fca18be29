import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";

import { APPLICATION_ID, LAYOUT, LAYOUT_VERSION } from "./layout.ts";
import { StoreError } from "./store-error.ts";
import { writeAheadLogProblem } from "./write-ahead-log.ts";

export const IN_MEMORY = ":memory:";

/** SQLite's result codes that say what is wrong with a file; extended codes carry them in their low byte. */
const BUSY = 5;
const LOCKED = 6;
const CORRUPT = 11;
const NOT_A_DATABASE = 26;

/**
 * Opens the hub's database, or makes it where there is none. Holds it against every other process until closed or
 * until this process ends, however it ends: the lock is the operating system's.
 */
export function openDatabase(file: string, hubName: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    if (file !== IN_MEMORY) mkdirSync(dirname(file), { recursive: true });
    // Looked at first: opening the database reads the log and makes a new one.
    const logProblem = file === IN_MEMORY ? undefined : writeAheadLogProblem(file);
    database = new DatabaseSync(file);
    prepare(database, file, hubName, logProblem);
    return database;
  } catch (error) {
    if (database?.isOpen === true) database.close();
    throw explain(error, file);
  }
}

/** Closes the database so that the next host knows nothing is left in the log. */
export function closeDatabase(database: DatabaseSync): void {
  markOpen(database, false);
  database.close();
}

/** A secret of this hub that management URLs carry, as the real extension's system key. */
export function hubKey(database: DatabaseSync): string {
  return requireText(database.prepare("SELECT value FROM meta WHERE name = 'key'"), "value");
}

function prepare(
  database: DatabaseSync,
  file: string,
  hubName: string,
  logProblem: string | undefined,
): void {
  // In this mode SQLite keeps the lock it takes for the first transaction, and gives it back only with the connection.
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  database.exec("BEGIN EXCLUSIVE");
  const isNew = isEmpty(database);
  if (isNew) create(database, hubName);
  else check(database, file, hubName, logProblem);
  database.exec("COMMIT");
  // Write-ahead logging: a commit is one append. NORMAL: what is committed outlives the process at any moment (kill -9),
  // because the operating system holds it; only a power cut can lose the last commits, and never leaves half of one.
  // FULL would wait for the disk at every episode to guard a development host against that alone.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  markOpen(database, true);
  // Into the database file itself, where it can be read even when the log is gone.
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

function markOpen(database: DatabaseSync, isOpen: boolean): void {
  database.prepare("UPDATE meta SET value = ? WHERE name = 'open'").run(isOpen ? "yes" : "no");
}

function isEmpty(database: DatabaseSync): boolean {
  return (
    pragma(database, "application_id") === 0 &&
    requireNumber(database.prepare("SELECT count(*) AS tables FROM sqlite_schema"), "tables") === 0
  );
}

function create(database: DatabaseSync, hubName: string): void {
  database.exec(LAYOUT);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${LAYOUT_VERSION}`);
  const put = database.prepare("INSERT INTO meta (name, value) VALUES (?, ?)");
  put.run("hub", hubName);
  put.run("open", "no");
  put.run("key", randomBytes(32).toString("base64url"));
}

function check(database: DatabaseSync, file: string, hubName: string, logProblem: string | undefined): void {
  if (pragma(database, "application_id") !== APPLICATION_ID)
    throw new StoreError(
      "STORE_FOREIGN",
      `${file} is a database of some other program; name another file for the durable store`,
    );
  const version = pragma(database, "user_version");
  if (version !== LAYOUT_VERSION)
    throw new StoreError(
      "STORE_VERSION",
      `${file} was written with store layout ${version}, this host knows layout ${LAYOUT_VERSION}; use the host that wrote it, or begin with a new file`,
    );
  const found = requireText(database.prepare("PRAGMA integrity_check(1)"), "integrity_check");
  if (found !== "ok")
    throw new StoreError(
      "STORE_DAMAGED",
      `${file} is damaged (${found}); restore a copy of it, or move it away to begin anew without its instances`,
    );
  const wasOpen = requireText(database.prepare("SELECT value FROM meta WHERE name = 'open'"), "value");
  if (wasOpen === "yes" && logProblem !== undefined)
    throw new StoreError(
      "STORE_DAMAGED",
      `${file} was in use when its host ended, and ${logProblem}; put the log back beside it, or move the file away to begin anew without its instances`,
    );
  const hub = requireText(database.prepare("SELECT value FROM meta WHERE name = 'hub'"), "value");
  if (hub !== hubName)
    throw new StoreError(
      "STORE_OTHER_HUB",
      `${file} holds the task hub '${hub}', and host.json names '${hubName}'; name another file, or the hub it was written for`,
    );
}

function pragma(database: DatabaseSync, name: "application_id" | "user_version"): number {
  return requireNumber(database.prepare(`PRAGMA ${name}`), name);
}

function requireNumber(statement: StatementSync, column: string): number {
  const value = statement.get()?.[column];
  if (typeof value !== "number") throw missing(column);
  return value;
}

function requireText(statement: StatementSync, column: string): string {
  const value = statement.get()?.[column];
  if (typeof value !== "string") throw missing(column);
  return value;
}

function missing(column: string): StoreError {
  return new StoreError("STORE_DAMAGED", `the durable store lacks '${column}'`);
}

function explain(error: unknown, file: string): unknown {
  if (error instanceof StoreError) return error;
  const code = resultCode(error);
  if (code === BUSY || code === LOCKED)
    return new StoreError(
      "STORE_IN_USE",
      `${file} is in use by another host; stop it first, because two hosts on one store would run everything twice`,
      error,
    );
  if (code === NOT_A_DATABASE)
    return new StoreError(
      "STORE_FOREIGN",
      `${file} is no database; name another file for the durable store`,
      error,
    );
  if (code === CORRUPT)
    return new StoreError(
      "STORE_DAMAGED",
      `${file} is damaged; restore a copy of it, or move it away to begin anew without its instances`,
      error,
    );
  return new StoreError("STORE_UNREADABLE", `${file} cannot be opened as durable store`, error);
}

function resultCode(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("errcode" in error)) return undefined;
  // oxlint-disable-next-line no-bitwise -- SQLite's extended result codes are defined by their low byte
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}
