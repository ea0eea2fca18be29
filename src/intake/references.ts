import { type Reading, readingOf } from "./reading.ts";

/** Entities nest: an account in a session, a cluster in a service account. */
const DEEPEST = 8;
const MOST_FOLLOWED = 2_000;

/**
 * Replaces `{"$ref": "5"}` by what carries `"$id": "5"`. Real alerts repeat ids (the last one before the reference is
 * meant), refer to ids that are nowhere, and refer in circles: such references stay as they are and say nothing.
 */
export function resolveReferences(entities: readonly Reading[]): readonly Reading[] {
  const byId = new Map<string, unknown>();
  let followed = 0;
  const resolve = (value: unknown, depth: number): unknown => {
    if (depth > DEEPEST || followed > MOST_FOLLOWED) return value;
    if (Array.isArray(value)) return value.map((it) => resolve(it, depth + 1));
    if (typeof value !== "object" || value === null) return value;
    const reading = readingOf(value);
    const reference = reading.at("$ref").text();
    if (reference !== null) {
      followed += 1;
      return byId.get(reference) ?? value;
    }
    const id = reading.at("$id").text();
    // Known before its members are read, so that a member that refers back finds it and ends there.
    if (id !== null) byId.set(id, value);
    const resolved = Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, resolve(member, depth + 1)]),
    );
    if (id !== null) byId.set(id, resolved);
    return resolved;
  };
  return entities.map((entity) => readingOf(resolve(entity.raw(), 0), entity.path));
}
