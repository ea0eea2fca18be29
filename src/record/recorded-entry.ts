import { z } from "zod";
import { ENTRY_TYPES, type EntryType, type RecordedEntry } from "./entry.ts";
import { parseLine } from "./parse-line.ts";
import { RecordError } from "./record-error.ts";

const Identity = z
  .looseObject({
    name: z.string(),
    objectId: z.string().exactOptional(),
    clientId: z.string().exactOptional(),
  })
  .exactOptional();

const Actor = z.discriminatedUnion("kind", [
  z.looseObject({
    kind: z.literal("caller"),
    id: z.string(),
    name: z.string().exactOptional(),
    appRoles: z.array(z.string()).exactOptional(),
    identity: Identity,
  }),
  z.looseObject({ kind: z.literal("policy"), rule: z.string(), identity: Identity }),
  z.looseObject({ kind: z.literal("system"), component: z.string(), identity: Identity }),
]);

/** A stored line as an entry for those who show or search it. Limits: throws RECORD_BROKEN on a line that is bad by itself. */
export function recordedEntryOf(line: Uint8Array): RecordedEntry {
  const parsed = parseLine(line);
  if (parsed.kind === "bad") throw new RecordError({ code: "RECORD_BROKEN", message: parsed.detail });
  const { type, actor, ...rest } = parsed.entry;
  const known = Actor.safeParse(actor);
  if (!isEntryType(type) || !known.success) {
    const message = `entry ${rest.seq} has a type or an actor that this version does not know`;
    throw new RecordError({ code: "RECORD_BROKEN", message });
  }
  return { ...rest, type, actor: known.data };
}

function isEntryType(type: string): type is EntryType {
  return Object.hasOwn(ENTRY_TYPES, type);
}
