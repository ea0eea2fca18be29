import type { KeyedProvider } from "./provider.ts";

/** A key's name as the provider spells it, or null: tags say `primary`, `Primary`, `PrimaryKey` for the same one. */
export function spelled(provider: KeyedProvider, name: string): string | null {
  const plain = (text: string) =>
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, "")
      .replace(/(?<=primary|secondary|only)(?:master)?key$/, "");
  return provider.names.find((it) => plain(it) === plain(name)) ?? null;
}
