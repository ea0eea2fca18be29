import { eventText, type HistoryEvent } from "./history-event.ts";
import type { Store } from "./store/store.ts";

/** The history of one execution, read and as text: each episode needs both, and only appends. */
export class Session {
  readonly executionId: string;
  readonly events: HistoryEvent[];
  readonly texts: string[];
  /** What the log was told of this execution already: replay is not logged twice. */
  readonly warnedOf = new Set<string>();

  constructor(executionId: string, stored: ReturnType<Store["history"]>) {
    this.executionId = executionId;
    this.events = stored.map((it) => it.event);
    this.texts = stored.map((it) => it.text);
  }

  /** Takes in events that were just committed. */
  append(events: readonly HistoryEvent[], texts: readonly string[]): void {
    this.events.push(...events);
    this.texts.push(...texts);
  }
}

/** How many histories are kept in memory between episodes. A forgotten one is read again; nothing depends on it. */
const MOST_SESSIONS = 128;

/** Keeps the histories in use, so that an episode costs what it adds and not a read of everything before. */
export class SessionCache {
  readonly #store: Store;
  readonly #sessions = new Map<string, Session>();

  constructor(store: Store) {
    this.#store = store;
  }

  open(executionId: string): Session {
    const session =
      this.#sessions.get(executionId) ?? new Session(executionId, this.#store.history(executionId));
    this.#sessions.delete(executionId);
    this.#sessions.set(executionId, session);
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= MOST_SESSIONS) break;
      this.#sessions.delete(oldest);
    }
    return session;
  }

  forget(executionId: string): void {
    this.#sessions.delete(executionId);
  }
}

export function playedTexts(events: readonly HistoryEvent[]): string[] {
  return events.map((it) => eventText(it, true));
}
