import type { Planted, PlantedDetail } from "../../case/planted.ts";
import { byText } from "../identifiers.ts";
import type { Lead } from "./lead.ts";

/** A planted thing, from the lead that told of it and what a fresh look showed. */
export function plantedFrom(
  lead: Lead,
  seen: {
    readonly kind: Planted["kind"];
    readonly onId: string;
    readonly onKind: string;
    readonly onName: string | null;
    readonly id: string | null;
    readonly present: boolean | null;
    readonly detail?: PlantedDetail;
  },
): Planted {
  const { at, by, evidence } = lead;
  return { ...seen, at, by, evidence, detail: seen.detail ?? { kind: "noted" } };
}

/** Sorted, each thing once: told twice it is still one thing, and the earlier row is kept. */
export function sortPlanted(planted: readonly Planted[]): readonly Planted[] {
  const unique = new Map(
    planted
      // The same thing told twice is one thing; the earlier row is kept.
      .toSorted((a, b) => byText(b.at, a.at))
      .map((it) => [`${it.kind} ${it.onId.toLowerCase()} ${it.id?.toLowerCase() ?? it.at}`, it]),
  );
  return [...unique.values()].toSorted(
    (a, b) =>
      byText(a.kind, b.kind) ||
      byText(a.onId, b.onId) ||
      byText(a.id ?? "", b.id ?? "") ||
      byText(a.at, b.at),
  );
}
