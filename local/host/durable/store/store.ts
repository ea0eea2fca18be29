import type { DatabaseSync } from "node:sqlite";

import { historyEvent, type HistoryEvent } from "../history-event.ts";
import { closeDatabase, hubKey, openDatabase } from "./open-database.ts";
import {
  type ActivityWork,
  type DueTimer,
  type Instance,
  type Message,
  readActivity,
  readInstance,
  readMessage,
  readTimer,
} from "./rows.ts";
import { StoreError } from "./store-error.ts";

/**
 * The tables of one hub. Every method is one statement; what belongs together is wrapped in `transaction`, which is
 * committed whole or not at all. Rows are appended and deleted, a history is never rewritten.
 */
export class Store {
  readonly key: string;
  readonly #database: DatabaseSync;
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(file: string, hubName: string) {
    this.#database = openDatabase(file, hubName);
    this.key = hubKey(this.#database);
    this.#statements = prepareStatements(this.#database);
    this.#statements.releaseActivities.run();
  }

  close(): void {
    closeDatabase(this.#database);
  }

  transaction<T>(work: () => T): T {
    this.#statements.begin.run();
    try {
      const result = work();
      this.#statements.commit.run();
      return result;
    } catch (error) {
      this.#statements.rollback.run();
      throw error;
    }
  }

  instance(instanceId: string): Instance | undefined {
    const row = this.#statements.instance.get(instanceId);
    return row === undefined ? undefined : readInstance(row);
  }

  /** All instances behind `afterId` in the order of their ids, read one by one. */
  *instancesAfter(afterId: string): Generator<Instance> {
    const rows = this.#statements.instancesAfter;
    const pageSize = 200;
    let after = afterId;
    for (;;) {
      const page = rows.all(after, pageSize).map(readInstance);
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < pageSize) return;
      after = last.instanceId;
    }
  }

  putInstance(it: Instance): void {
    this.#statements.putInstance.run(
      it.instanceId,
      it.executionId,
      it.generation,
      it.name,
      it.version,
      it.status,
      it.input,
      it.output,
      it.customStatus,
      it.createdAt,
      it.updatedAt,
      it.parent === null ? null : JSON.stringify(it.parent),
    );
  }

  /** Removes an instance and everything that belongs to it. */
  removeInstance({ instanceId, executionId }: Instance): void {
    this.#statements.removeInstance.run(instanceId);
    this.#statements.removeHistory.run(executionId);
    this.#statements.removeInbox.run(instanceId);
    this.#statements.removeActivities.run(instanceId);
    this.#statements.removeTimers.run(instanceId);
  }

  history(executionId: string): { readonly event: HistoryEvent; readonly text: string }[] {
    return this.#statements.history.all(executionId).map(({ event: text }) => {
      if (typeof text !== "string") throw new StoreError("STORE_DAMAGED", "a history row is empty");
      return { text, event: readEvent(text) };
    });
  }

  appendHistory(executionId: string, fromPosition: number, events: readonly string[]): void {
    for (const [index, event] of events.entries())
      this.#statements.appendHistory.run(executionId, fromPosition + index, event);
  }

  removeHistory(executionId: string): void {
    this.#statements.removeHistory.run(executionId);
  }

  /** Messages for an instance, oldest first. */
  inbox(instanceId: string): Message[] {
    return this.#statements.inbox.all(instanceId).map(readMessage);
  }

  post(instanceId: string, executionId: string | null, event: string): void {
    this.#statements.post.run(instanceId, executionId, event);
  }

  removeMessage(seq: number): void {
    this.#statements.removeMessage.run(seq);
  }

  /** Instances that have messages to look at. */
  instancesWithMessages(): string[] {
    return this.#statements.instancesWithMessages.all().map((row) => String(row["instance_id"]));
  }

  addActivity(it: Omit<ActivityWork, "seq" | "starts">): void {
    this.#statements.addActivity.run(it.instanceId, it.executionId, it.taskId, it.name, it.input);
  }

  /** Marks up to `limit` waiting activities as begun, oldest first, and counts the start before it happens. */
  takeActivities(limit: number): ActivityWork[] {
    return this.#statements.takeActivities
      .all(limit)
      .map(readActivity)
      .toSorted((one, other) => one.seq - other.seq);
  }

  takeActivity(seq: number): ActivityWork | undefined {
    const row = this.#statements.takeActivity.get(seq);
    return row === undefined ? undefined : readActivity(row);
  }

  /** Waiting activities that were begun at least `starts` times before. */
  activitiesStarted(starts: number): number[] {
    return this.#statements.activitiesStarted.all(starts).map((row) => Number(row["seq"]));
  }

  /** Gives back activities that a host in good order did not wait for: their start does not count. */
  unstartActivities(): void {
    this.#statements.unstartActivities.run();
  }

  /** False when it was purged while it ran. */
  removeActivity(seq: number): boolean {
    return this.#statements.removeActivity.run(seq).changes > 0;
  }

  addTimer(it: Omit<DueTimer, "seq"> & { readonly dueAt: number }): void {
    this.#statements.addTimer.run(it.instanceId, it.executionId, it.timerId, it.fireAt, it.dueAt);
  }

  dueTimers(now: number): DueTimer[] {
    return this.#statements.dueTimers.all(now).map(readTimer);
  }

  removeTimer(seq: number): void {
    this.#statements.removeTimer.run(seq);
  }

  removeTimers(instanceId: string): void {
    this.#statements.removeTimers.run(instanceId);
  }

  nextTimerDueAt(): number | undefined {
    const due = this.#statements.nextTimer.get()?.["due_at"];
    return typeof due === "number" ? due : undefined;
  }
}

export function readEvent(text: string): HistoryEvent {
  try {
    return historyEvent.parse(JSON.parse(text));
  } catch (error) {
    throw new StoreError("STORE_DAMAGED", "an event in the durable store cannot be read", error);
  }
}

function prepareStatements(database: DatabaseSync) {
  const sql = (text: string) => database.prepare(text);
  const activityColumns = "seq, instance_id, execution_id, task_id, name, input, starts";
  return {
    begin: sql("BEGIN IMMEDIATE"),
    commit: sql("COMMIT"),
    rollback: sql("ROLLBACK"),
    instance: sql("SELECT * FROM instance WHERE instance_id = ?"),
    instancesAfter: sql("SELECT * FROM instance WHERE instance_id > ? ORDER BY instance_id LIMIT ?"),
    putInstance: sql(
      `INSERT OR REPLACE INTO instance (instance_id, execution_id, generation, name, version, status,
         input, output, custom_status, created_at, updated_at, parent)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    removeInstance: sql("DELETE FROM instance WHERE instance_id = ?"),
    history: sql("SELECT event FROM history WHERE execution_id = ? ORDER BY position"),
    appendHistory: sql("INSERT INTO history (execution_id, position, event) VALUES (?, ?, ?)"),
    removeHistory: sql("DELETE FROM history WHERE execution_id = ?"),
    inbox: sql("SELECT seq, execution_id, event FROM inbox WHERE instance_id = ? ORDER BY seq"),
    post: sql("INSERT INTO inbox (instance_id, execution_id, event) VALUES (?, ?, ?)"),
    removeMessage: sql("DELETE FROM inbox WHERE seq = ?"),
    removeInbox: sql("DELETE FROM inbox WHERE instance_id = ?"),
    instancesWithMessages: sql("SELECT DISTINCT instance_id FROM inbox"),
    addActivity: sql(
      "INSERT INTO activity (instance_id, execution_id, task_id, name, input) VALUES (?, ?, ?, ?, ?)",
    ),
    takeActivities: sql(
      `UPDATE activity SET taken = 1, starts = starts + 1
       WHERE seq IN (SELECT seq FROM activity WHERE taken = 0 ORDER BY seq LIMIT ?)
       RETURNING ${activityColumns}`,
    ),
    takeActivity: sql(
      `UPDATE activity SET taken = 1, starts = starts + 1 WHERE seq = ? RETURNING ${activityColumns}`,
    ),
    activitiesStarted: sql("SELECT seq FROM activity WHERE taken = 0 AND starts >= ? ORDER BY seq"),
    unstartActivities: sql("UPDATE activity SET taken = 0, starts = starts - 1 WHERE taken = 1"),
    releaseActivities: sql("UPDATE activity SET taken = 0 WHERE taken = 1"),
    removeActivity: sql("DELETE FROM activity WHERE seq = ?"),
    removeActivities: sql("DELETE FROM activity WHERE instance_id = ?"),
    addTimer: sql(
      "INSERT INTO timer (instance_id, execution_id, timer_id, fire_at, due_at) VALUES (?, ?, ?, ?, ?)",
    ),
    dueTimers: sql(
      "SELECT seq, instance_id, execution_id, timer_id, fire_at FROM timer WHERE due_at <= ? ORDER BY due_at, seq",
    ),
    removeTimer: sql("DELETE FROM timer WHERE seq = ?"),
    removeTimers: sql("DELETE FROM timer WHERE instance_id = ?"),
    nextTimer: sql("SELECT due_at FROM timer ORDER BY due_at, seq LIMIT 1"),
  };
}
