import type { TableClient } from "@azure/data-tables";
import { createHash } from "node:crypto";
import { isStatus } from "../storage/case-index.ts";

/** Who is rotating what, and which keys of a shared resource a plan has regenerated already. Names only, never values. */
export interface RotationLedger {
  /** Holds a thing for one rotation; the same one may hold it again. A hold ends with its time, should its holder be gone. */
  hold(
    thing: string,
    holder: string,
    forInMs: number,
    /** Also takes what its holder only waits with. */
    urgent?: boolean,
  ): Promise<
    /** `kept`: what this holder kept with it before, when it holds the thing again. */
    { readonly kind: "held"; readonly kept: string | null } | { readonly kind: "busy"; readonly by: string }
  >;
  /** The holder only waits from now on, and whoever is in a hurry may take the thing; holding it again ends that. */
  wait(thing: string, holder: string): Promise<void>;
  /** Keeps a note with a hold, for as long as it is held: what has to be known after a crash. */
  keep(thing: string, holder: string, note: string): Promise<void>;
  release(thing: string, holder: string): Promise<void>;
  regenerated(resourceId: string, campaign: string): Promise<readonly string[]>;
  markRegenerated(resourceId: string, campaign: string, key: string): Promise<void>;
}

interface HoldRow {
  readonly holder: string;
  readonly until: string;
  readonly waiting?: boolean;
  /** Of whom the note is: a hold that went over to somebody else takes none along. */
  readonly keptFor?: string;
  readonly kept?: string;
}

export function openRotationLedger(table: TableClient, now: () => Date): RotationLedger {
  const rowKey = (thing: string) => createHash("sha256").update(thing.toLowerCase()).digest("hex");
  return {
    async hold(thing, holder, forInMs, urgent = false) {
      const row = {
        partitionKey: "hold",
        rowKey: rowKey(thing),
        holder,
        until: new Date(now().getTime() + forInMs).toISOString(),
        waiting: false,
      };
      for (;;) {
        try {
          await table.createEntity(row);
          return { kind: "held", kept: null };
        } catch (error) {
          if (!isStatus(error, 409)) throw error;
        }
        const known = await present(() => table.getEntity<HoldRow>("hold", row.rowKey));
        if (known === null) continue;
        const isOver = known.until <= now().toISOString();
        const isFree = isOver || (urgent && known.waiting === true);
        if (known.holder !== holder && !isFree) return { kind: "busy", by: known.holder };
        try {
          await table.updateEntity(row, "Merge", { etag: known.etag });
          const isOurs = known.keptFor === holder && !isOver;
          return { kind: "held", kept: isOurs ? (known.kept ?? null) : null };
        } catch (error) {
          if (!isStatus(error, 412) && !isStatus(error, 404)) throw error;
        }
      }
    },
    async wait(thing, holder) {
      const known = await present(() => table.getEntity<HoldRow>("hold", rowKey(thing)));
      if (known?.holder !== holder) return;
      const row = { partitionKey: "hold", rowKey: rowKey(thing), waiting: true };
      await table.updateEntity(row, "Merge", { etag: known.etag });
    },
    async keep(thing, holder, note) {
      const row = { partitionKey: "hold", rowKey: rowKey(thing), keptFor: holder, kept: note };
      await table.updateEntity(row, "Merge");
    },
    async release(thing, holder) {
      const known = await present(() => table.getEntity<HoldRow>("hold", rowKey(thing)));
      if (known?.holder !== holder) return;
      try {
        await table.deleteEntity("hold", rowKey(thing), { etag: known.etag });
      } catch (error) {
        if (!isStatus(error, 412) && !isStatus(error, 404)) throw error;
      }
    },
    async regenerated(resourceId, campaign) {
      const row = await present(() =>
        table.getEntity<{ keys: string }>("regenerated", rowKey(`${campaign} ${resourceId}`)),
      );
      return row === null || row.keys === "" ? [] : row.keys.split("\n");
    },
    async markRegenerated(resourceId, campaign, key) {
      // Only whoever holds the resource writes here, so nobody writes in between.
      const known = await this.regenerated(resourceId, campaign);
      if (known.includes(key)) return;
      await table.upsertEntity(
        {
          partitionKey: "regenerated",
          rowKey: rowKey(`${campaign} ${resourceId}`),
          keys: [...known, key].join("\n"),
        },
        "Replace",
      );
    },
  };
}

async function present<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (isStatus(error, 404)) return null;
    throw error;
  }
}
