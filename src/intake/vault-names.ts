/** A vault's name: letters, digits and dashes. Anything else must not become part of a host name. */
export function vaultNameOf(text: string | null): string | null {
  return text !== null && /^[a-z](?:-?[a-z0-9]){2,23}$/i.test(text) && text.length <= 24
    ? text.toLowerCase()
    : null;
}

export function secretNameOf(text: string | null): string | null {
  return text !== null && /^[0-9a-z-]{1,127}$/i.test(text) ? text : null;
}

export function secretVersionOf(text: string | null): string | null {
  return text !== null && /^[0-9a-f]{32}$/i.test(text) ? text.toLowerCase() : null;
}
