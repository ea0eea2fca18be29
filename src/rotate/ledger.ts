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
  ): Promise<{ readonly kind: "held" } | { readonly kind: "busy"; readonly by: string }>;
  release(thing: string, holder: string): Promise<void>;
  regenerated(resourceId: string, campaign: string): Promise<readonly string[]>;
  markRegenerated(resourceId: string, campaign: string, key: string): Promise<void>;
}

interface HoldRow {
  readonly holder: string;
  readonly until: string;
}

export function openRotationLedger(table: TableClient, now: () => Date): RotationLedger {
  const rowKey = (thing: string) => createHash("sha256").update(thing.toLowerCase()).digest("hex");
  return {
    async hold(thing, holder, forInMs) {
      const row = {
        partitionKey: "hold",
        rowKey: rowKey(thing),
        holder,
        until: new Date(now().getTime() + forInMs).toISOString(),
      };
      for (;;) {
        try {
          await table.createEntity(row);
          return { kind: "held" };
        } catch (error) {
          if (!isStatus(error, 409)) throw error;
        }
        const known = await present(() => table.getEntity<HoldRow>("hold", row.rowKey));
        if (known === null) continue;
        if (known.holder !== holder && known.until > now().toISOString())
          return { kind: "busy", by: known.holder };
        try {
          await table.updateEntity(row, "Replace", { etag: known.etag });
          return { kind: "held" };
        } catch (error) {
          if (!isStatus(error, 412) && !isStatus(error, 404)) throw error;
        }
      }
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
