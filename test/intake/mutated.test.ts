import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Intake } from "../../src/intake/intake.ts";
import { readAlert } from "../../src/intake/read-alert.ts";
import { bodyOf, FIXTURES, NOW, onlyIntake, smallNames } from "./sample-alerts.ts";

const RUNS = 24_000;
/** Many runs take their time where other work is going on; a pattern that never ends still fails. */
const PATIENCE_IN_MS = 600_000;
const ZERO = "00000000-0000-0000-0000-000000000000";
const bystander = smallNames().guid("user", "ada");
const bodies = FIXTURES.map((name) => bodyOf(name));
/** Members in which a fixture names a principal, whatever else is done to the body. */
const values: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    "",
    ZERO,
    0,
    -1,
    1e21,
    true,
    [],
    {},
    [[]],
    "[]",
    "{}",
    '{"$ref":"4"}',
    "\u0000",
    "💥",
  ),
  fc.constantFrom<unknown>({ $ref: "4" }, { $ref: "3" }, { $id: "4", Type: "account" }, { kind: 7 }, [null]),
  fc.string({ maxLength: 40 }),
  fc.jsonValue({ maxDepth: 2 }),
);
const change = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom("replace", "remove", "repeat", "rename", "wrap", "stringify", "move"),
  value: values,
  name: fc.constantFrom(
    "Type",
    "kind",
    "id",
    "$id",
    "$ref",
    "Entities",
    "properties",
    "value",
    "records",
    "evidence",
    "Roles",
    "alert",
  ),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
interface Slot {
  readonly holder: unknown[] | Record<string, unknown>;
  readonly key: string | number;
}

function slotsOf(root: unknown): Slot[] {
  const slots: Slot[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      const holder: unknown[] = value;
      for (const [key, it] of holder.entries()) {
        slots.push({ holder, key });
        visit(it);
      }
    } else if (isRecord(value)) {
      for (const [key, it] of Object.entries(value)) {
        slots.push({ holder: value, key });
        visit(it);
      }
    }
  };
  visit(root);
  return slots;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function get({ holder, key }: Slot): unknown {
  return Reflect.get(holder, key);
}

function put({ holder, key }: Slot, value: unknown): void {
  Reflect.set(holder, key, value);
}

function apply(root: { body: unknown }, { at, kind, value, name }: Change): void {
  const slots = slotsOf(root);
  const slot = slots[at % slots.length];
  const other = slots[(at * 31 + 7) % slots.length];
  if (slot === undefined || other === undefined) return;
  const here = structuredClone(get(slot));
  switch (kind) {
    case "replace":
      return put(slot, structuredClone(value));
    case "remove":
      return Array.isArray(slot.holder)
        ? void slot.holder.splice(Number(slot.key), 1)
        : void Reflect.deleteProperty(slot.holder, slot.key);
    case "repeat":
      return Array.isArray(slot.holder)
        ? void slot.holder.push(here, here)
        : put(slot, [here, structuredClone(here)]);
    case "rename":
      return Array.isArray(slot.holder) ? undefined : void Reflect.set(slot.holder, name, here);
    case "wrap":
      return put(slot, { [name]: here });
    case "stringify":
      return put(slot, JSON.stringify(here) ?? "");
    case "move":
      return put(other, here);
    default:
      return kind satisfies never;
  }
}

function guidsIn(intake: Intake): readonly string[] {
  return intake.subjects.flatMap((it) => {
    if (it.kind === "guid") return [it.value];
    return it.kind === "leaked-credential" && it.appId !== null ? [it.appId] : [];
  });
}

test(
  `${RUNS} mutated bodies are read without an error, and none names a principal that was not in it`,
  () => {
    let read = 0;
    fc.assert(
      fc.property(
        fc.nat({ max: bodies.length - 1 }),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        (index, changes) => {
          const root = { body: structuredClone(bodies[index]) };
          for (const it of changes) apply(root, it);
          const text = JSON.stringify(root.body) ?? "null";
          const result = readAlert(text, NOW);
          if (result.kind !== "cases") return;
          read += 1;
          const lower = text.toLowerCase();
          for (const intake of result.intakes) {
            expect(intake.deliveredAs).not.toBe("");
            expect(Date.parse(intake.window.from)).toBeLessThanOrEqual(Date.parse(intake.window.to));
            for (const guid of guidsIn(intake)) {
              expect(lower).toContain(guid);
              expect(guid).not.toBe(ZERO);
            }
            for (const it of intake.subjects) {
              if (it.kind === "upn") expect(lower).toContain(it.value.split("@")[0]?.toLowerCase());
              if (it.kind === "resource") expect(text).toContain(it.resourceId.split("/").at(-1));
            }
          }
        },
      ),
      { numRuns: RUNS, seed: 20_261_120 },
    );
    // Mutations that only ever break bodies would show nothing.
    expect(read).toBeGreaterThan(RUNS / 4);
  },
  PATIENCE_IN_MS,
);

test(
  "text with bytes flipped anywhere is read or refused, never an error",
  () => {
    const texts = bodies.map((body) => JSON.stringify(body));
    fc.assert(
      fc.property(
        fc.nat({ max: texts.length - 1 }),
        fc.array(fc.tuple(fc.nat(), fc.string({ minLength: 0, maxLength: 3, unit: "binary" })), {
          minLength: 1,
          maxLength: 4,
        }),
        (index, flips) => {
          let text = texts[index] ?? "";
          for (const [at, into] of flips) {
            const place = at % text.length;
            text = text.slice(0, place) + into + text.slice(place + 1);
          }
          const result = readAlert(text, NOW);
          if (result.kind !== "cases") return;
          for (const guid of result.intakes.flatMap(guidsIn)) expect(text.toLowerCase()).toContain(guid);
        },
      ),
      { numRuns: 6_000, seed: 20_261_121 },
    );
  },
  PATIENCE_IN_MS,
);

test(
  "whatever else changes in a body, who is called a bystander is never a suspect",
  () => {
    const batch = FIXTURES.filter((name) => ["defender-event-hub", "graph-security-alert"].includes(name));
    fc.assert(
      fc.property(
        fc.constantFrom(...batch),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (name, changes) => {
          const root = { body: structuredClone(bodyOf(name)) };
          for (const it of changes) {
            const before = JSON.stringify(root.body);
            apply(root, it);
            // What says the part, or moves the bystander's id elsewhere, says something new; anything else does not.
            if (sayingOf(root.body) !== sayingOf(JSON.parse(before))) root.body = JSON.parse(before);
          }
          const result = readAlert(JSON.stringify(root.body), NOW);
          if (result.kind !== "cases") return;
          for (const it of result.intakes.flatMap(({ subjects }) => subjects)) {
            if (it.kind === "guid" && it.value === bystander) expect(it.role).toBe("bystander");
          }
        },
      ),
      { numRuns: 4_000, seed: 20_261_122 },
    );
    expect(onlyIntake(bodyOf("graph-security-alert")).subjects).toContainEqual(
      expect.objectContaining({ value: bystander, role: "bystander" }),
    );
  },
  PATIENCE_IN_MS,
);

/** The entities that hold the bystander's id, as they stand. */
function sayingOf(body: unknown): string {
  const holders: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === "string" && value.includes(bystander)) holders.push(value);
    if (Array.isArray(value)) {
      for (const it of value) visit(it);
    } else if (isRecord(value)) {
      const isEntity = "AadUserId" in value || "userAccount" in value;
      if (isEntity && JSON.stringify(value).includes(bystander)) holders.push(JSON.stringify(value));
      else for (const it of Object.values(value)) visit(it);
    }
  };
  visit(body);
  return holders.join("\n");
}
