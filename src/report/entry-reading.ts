import { z } from "zod";
import type { Actor, EntryType, RecordedEntry } from "../record/entry.ts";

/** One request to Azure as the report shows it. */
export interface ReportedEvidence {
  readonly service: string;
  readonly operation: string;
  readonly status: number | null;
  readonly requestId: string | null;
  readonly errorCode: string | null;
  readonly at: string | null;
  readonly detail: string | null;
}

const Evidence = z.object({
  service: z.string().catch(""),
  operation: z.string().catch(""),
  status: z.number().nullable().catch(null),
  requestId: z.string().nullable().catch(null),
  errorCode: z.string().nullable().catch(null),
  at: z.string().nullable().catch(null),
  detail: z.string().nullable().catch(null),
});

export function evidenceOf(entry: RecordedEntry | undefined): readonly ReportedEvidence[] {
  return listOf(entry?.data["evidence"]).flatMap((it) => {
    const parsed = Evidence.safeParse(it);
    return parsed.success ? [parsed.data] : [];
  });
}

/** A member's text; null when it is absent or something else. */
export function textOf(entry: RecordedEntry | undefined, member: string): string | null {
  const value = entry?.data[member];
  return typeof value === "string" ? value : null;
}

export function numberOf(entry: RecordedEntry | undefined, member: string): number | null {
  const value = entry?.data[member];
  return typeof value === "number" ? value : null;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function ofType(entries: readonly RecordedEntry[], ...types: readonly EntryType[]): RecordedEntry[] {
  return entries.filter(({ type }) => types.includes(type));
}

/** Who did it, as their verified token or our own component says. */
export function actorName(actor: Actor): string {
  switch (actor.kind) {
    case "caller":
      return actor.name === undefined ? actor.id : `${actor.name} (${actor.id})`;
    case "policy":
      return `policy, rule "${actor.rule}"`;
    case "system":
      return `Tourniquet (${actor.component})`;
    default:
      return actor satisfies never;
  }
}
