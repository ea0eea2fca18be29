import { randomBytes } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { Store } from "../../../local/host/durable/store/store.ts";
import type { Instance } from "../../../local/host/durable/store/rows.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "durable-store-"));
  file = join(folder, "hub.db");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const instance = (instanceId: string): Instance => ({
  instanceId,
  executionId: `${instanceId}-execution`,
  generation: 0,
  name: "Simple",
  version: null,
  status: "Running",
  input: "1",
  output: null,
  customStatus: null,
  createdAt: 1,
  updatedAt: 1,
  parent: null,
});

function filled(): void {
  const store = new Store(file, "Hub");
  store.transaction(() => {
    for (let i = 0; i < 500; i++) {
      store.putInstance(instance(`i${i}`));
      store.appendHistory(`i${i}-execution`, 0, [JSON.stringify({ filler: "x".repeat(200) })]);
    }
  });
  store.close();
}

describe("a store", () => {
  test("in use by another host is refused, and free again once that one is closed", () => {
    const first = new Store(file, "Hub");
    expect(() => new Store(file, "Hub")).toThrow(expect.objectContaining({ code: "STORE_IN_USE" }));
    first.close();
    new Store(file, "Hub").close();
  });

  test("that is another program's database is refused and left alone", async () => {
    const other = new DatabaseSync(file);
    other.exec("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)");
    other.close();
    const before = await readFile(file);
    expect(() => new Store(file, "Hub")).toThrow(expect.objectContaining({ code: "STORE_FOREIGN" }));
    expect(await readFile(file)).toEqual(before);
  });

  test("that is no database at all is refused and left alone", async () => {
    await writeFile(file, "these are my notes, not a database ".repeat(100));
    const before = await readFile(file);
    expect(() => new Store(file, "Hub")).toThrow(expect.objectContaining({ code: "STORE_FOREIGN" }));
    expect(await readFile(file)).toEqual(before);
  });

  test("of another layout is refused, and the error names both", () => {
    filled();
    const database = new DatabaseSync(file);
    database.exec("PRAGMA user_version = 99");
    database.close();
    expect(() => new Store(file, "Hub")).toThrow(/layout 99.*layout 1/);
    expect(() => new Store(file, "Hub")).toThrow(expect.objectContaining({ code: "STORE_VERSION" }));
  });

  test("of another hub is refused, and the error names it", () => {
    filled();
    expect(() => new Store(file, "OtherHub")).toThrow(
      expect.objectContaining({ code: "STORE_OTHER_HUB", message: expect.stringContaining("'Hub'") }),
    );
  });

  test("with overwritten pages is refused as damaged", async () => {
    filled();
    const bytes = await readFile(file);
    randomBytes(8 * 4096).copy(bytes, 10 * 4096);
    await writeFile(file, bytes);
    expect(() => new Store(file, "Hub")).toThrow(expect.objectContaining({ code: "STORE_DAMAGED" }));
  });

  test("that was cut short is refused as damaged", async () => {
    filled();
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, Math.floor(bytes.length / 2)));
    expect(() => new Store(file, "Hub")).toThrow(expect.objectContaining({ code: "STORE_DAMAGED" }));
  });

  test("whose write-ahead log was taken away after a crash is refused as damaged, and taken up when it is back", async () => {
    const crashed = join(folder, "crashed.db");
    const store = new Store(file, "Hub");
    store.transaction(() => store.putInstance(instance("in the log")));
    // What a killed host leaves: both files as they are, and nobody who holds them.
    await copyFile(file, crashed);
    expect(() => new Store(crashed, "Hub")).toThrow(/write-ahead log .* is missing/);
    await writeFile(`${crashed}-wal`, "not a log, whatever it was before");
    expect(() => new Store(crashed, "Hub")).toThrow(/write-ahead log .* cannot be read/);
    await copyFile(`${file}-wal`, `${crashed}-wal`);
    store.close();
    const taken = new Store(crashed, "Hub");
    expect(taken.instance("in the log")).toMatchObject({ instanceId: "in the log" });
    taken.close();
  });

  test("with a row that does not read is damage when it is met, not silence", () => {
    filled();
    const store = new Store(file, "Hub");
    expect(() => store.history("i1-execution")).toThrow(expect.objectContaining({ code: "STORE_DAMAGED" }));
    store.close();
  });

  test("where there is only an empty file is made there", async () => {
    await writeFile(file, "");
    const store = new Store(file, "Hub");
    expect(store.instance("x")).toBeUndefined();
    store.close();
  });

  test("in a folder that cannot be a folder says so", async () => {
    await writeFile(file, "");
    expect(() => new Store(join(file, "below.db"), "Hub")).toThrow(
      expect.objectContaining({ code: "STORE_UNREADABLE" }),
    );
  });

  test("takes back everything of a transaction that fails half-way", () => {
    const store = new Store(file, "Hub");
    expect(() =>
      store.transaction(() => {
        store.putInstance(instance("half"));
        throw new Error("half-way");
      }),
    ).toThrow("half-way");
    expect(store.instance("half")).toBeUndefined();
    store.close();
  });

  test("outlives a close without anything lost", () => {
    filled();
    const store = new Store(file, "Hub");
    expect([...store.instancesAfter("")]).toHaveLength(500);
    store.close();
  });
});
