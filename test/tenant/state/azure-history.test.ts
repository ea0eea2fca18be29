import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  allAsOf,
  asOf,
  emptyHistory,
  forget,
  latest,
  preload,
  record,
} from "../../../local/tenant/state/azure/history.ts";

const ID = fc.constantFrom("a", "B", "c");
const change = fc.oneof(
  fc.record({ do: fc.constant("record" as const), id: ID, value: fc.integer(), after: fc.nat(5) }),
  fc.record({ do: fc.constant("forget" as const), id: ID, after: fc.nat(5) }),
);

test("a reader sees at every moment exactly what a list of all changes says was there", () => {
  fc.assert(
    fc.property(fc.array(ID, { maxLength: 2 }), fc.array(change, { maxLength: 20 }), (before, changes) => {
      const history = emptyHistory<number>();
      const told: { at: number; id: string; value: number | undefined }[] = [];
      for (const id of before) {
        preload(history, id, -1);
        told.push({ at: Number.NEGATIVE_INFINITY, id: id.toLowerCase(), value: -1 });
      }
      let now = 0;
      for (const it of changes) {
        now += it.after;
        if (it.do === "record") record(history, it.id, it.value, now);
        else forget(history, it.id, now);
        told.push({ at: now, id: it.id.toLowerCase(), value: it.do === "record" ? it.value : undefined });
      }
      for (let moment = -1; moment <= now + 1; moment += 1) {
        const truth = new Map<string, number>();
        for (const { at, id, value } of told) {
          if (at > moment) continue;
          if (value === undefined) truth.delete(id);
          else truth.set(id, value);
        }
        for (const id of ["a", "b", "c"]) expect(asOf(history, id, moment)).toBe(truth.get(id));
        expect([...allAsOf(history, moment)].toSorted((one, other) => one - other)).toEqual(
          [...truth.values()].toSorted((one, other) => one - other),
        );
      }
      for (const id of ["A", "b", "C"]) expect(latest(history, id)).toBe(asOf(history, id, now));
    }),
    { seed: 20_261_122 },
  );
});
