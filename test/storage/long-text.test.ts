import { assert, integer, property, string } from "fast-check";
import { expect, test } from "vitest";
import { inPieces, joined } from "../../src/storage/long-text.ts";

test("a text of any length comes back as it was, in pieces a table takes", () => {
  assert(
    property(string({ minLength: 1, maxLength: 40 }), integer({ min: 0, max: 5_000 }), (word, times) => {
      const text = word.repeat(times);
      const row = inPieces(text);
      expect(joined(row)).toBe(text);
      for (const value of Object.values(row)) expect(String(value).length).toBeLessThanOrEqual(30_000);
    }),
  );
});
