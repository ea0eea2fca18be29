/** "TQdh" as a number: marks a database file as a hub of this host. */
export const APPLICATION_ID = 0x54516468;

/** Raised with every change of the tables; a host refuses any other. */
export const LAYOUT_VERSION = 1;

/**
 * `history`, `inbox`, `activity` and `timer` belong to one execution of an instance: continue-as-new begins a new one.
 * `inbox.execution_id` is null for messages that mean whichever execution is current (events, terminate, suspend, resume).
 * `activity.starts` counts how often the host began to run it, so that one which kills the host is given up some day.
 */
export const LAYOUT = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

  CREATE TABLE instance (
    instance_id TEXT PRIMARY KEY,
    execution_id TEXT NOT NULL,
    generation INTEGER NOT NULL,
    name TEXT NOT NULL,
    version TEXT,
    status TEXT NOT NULL,
    input TEXT,
    output TEXT,
    custom_status TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    parent TEXT
  ) STRICT;
  CREATE INDEX instance_by_status ON instance (status);

  CREATE TABLE history (
    execution_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (execution_id, position)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE inbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    instance_id TEXT NOT NULL,
    execution_id TEXT,
    event TEXT NOT NULL
  ) STRICT;
  CREATE INDEX inbox_by_instance ON inbox (instance_id, seq);

  CREATE TABLE activity (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    instance_id TEXT NOT NULL,
    execution_id TEXT NOT NULL,
    task_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    input TEXT NOT NULL,
    taken INTEGER NOT NULL DEFAULT 0,
    starts INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX activity_waiting ON activity (seq) WHERE taken = 0;
  CREATE INDEX activity_by_instance ON activity (instance_id);

  CREATE TABLE timer (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    instance_id TEXT NOT NULL,
    execution_id TEXT NOT NULL,
    timer_id INTEGER NOT NULL,
    fire_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX timer_by_due ON timer (due_at, seq);
  CREATE INDEX timer_by_instance ON timer (instance_id);
`;
