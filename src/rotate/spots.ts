import type { Spot } from "./rotation.ts";

/** Base64 of a user's name, a colon and the credential, as docker's configuration and HTTP have it. */
const LOGIN =
  /(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{4}){2,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?(?![A-Za-z0-9+/=])/g;

/** Every place where a credential stands in a text, however it is written there. In order, none within another. */
export function spotsOf(text: string, credential: string): readonly Spot[] {
  if (credential === "") return [];
  const spots: Spot[] = [];
  // One without anything to escape does not show that its place wants it: the next one may have to be.
  const plain =
    /^\s*[a-z][\w+.-]*:\/\//i.test(text) && encodeURIComponent(credential) === credential ? "url" : "plain";
  for (const [spelling, written] of spellingsOf(credential)) {
    const as = spelling === "plain" ? plain : spelling;
    for (let from = text.indexOf(written); from >= 0; from = text.indexOf(written, from + written.length))
      spots.push({ from, to: from + written.length, as });
  }
  for (const match of text.matchAll(LOGIN)) {
    const [token] = match;
    if (decodedLogin(token).endsWith(`:${credential}`))
      spots.push({ from: match.index, to: match.index + token.length, as: "login" });
  }
  return withoutOverlaps(spots);
}

/** What stands at a spot, as it is without its spelling. */
export function readSpot(text: string, { from, to, as }: Spot): string {
  const written = text.slice(from, to);
  switch (as) {
    case "plain":
      return written;
    case "url":
      return unlessBroken(() => decodeURIComponent(written), written);
    case "json":
      return unlessBroken(() => String(JSON.parse(`"${written}"`)), written);
    case "login":
      return decodedLogin(written).replace(/^[^:]*:/, "");
    default:
      return as satisfies never;
  }
}

/** The text with another credential at every one of these spots, everything else to the letter. */
export function writeSpots(text: string, spots: readonly Spot[], credential: string): string {
  return spots
    .toSorted((a, b) => b.from - a.from)
    .reduce(
      (written, spot) =>
        `${written.slice(0, spot.from)}${spelled(spot, text, credential)}${written.slice(spot.to)}`,
      text,
    );
}

function spelled({ from, to, as }: Spot, text: string, credential: string): string {
  switch (as) {
    case "plain":
      return credential;
    case "url":
      return encodeURIComponent(credential);
    case "json":
      return JSON.stringify(credential).slice(1, -1);
    case "login": {
      const [user = ""] = decodedLogin(text.slice(from, to)).split(":");
      return Buffer.from(`${user}:${credential}`, "utf8").toString("base64");
    }
    default:
      return as satisfies never;
  }
}

/** As a connection string has it, as URLs do, and as those write JSON who escape more than they must. */
function spellingsOf(credential: string): readonly (readonly [Spot["as"], string])[] {
  const url = encodeURIComponent(credential);
  const slashes = credential.replaceAll("/", String.raw`\/`);
  const candidates: readonly (readonly [Spot["as"], string])[] = [
    ["plain", credential],
    ["url", url],
    ["url", url.replaceAll(/%[0-9A-F]{2}/g, (it) => it.toLowerCase())],
    ["url", url.replaceAll("%2F", "/")],
    ["json", slashes],
    ["json", credential.replaceAll("+", String.raw`\u002B`)],
    ["json", credential.replaceAll("+", String.raw`\u002b`)],
    ["json", slashes.replaceAll("+", String.raw`\u002B`)],
    ["json", slashes.replaceAll("+", String.raw`\u002b`)],
  ];
  // One that changes nothing is the plain one.
  return [...new Map(candidates.toReversed().map((it) => [it[1], it])).values()].toReversed();
}

function withoutOverlaps(spots: readonly Spot[]): readonly Spot[] {
  const kept: Spot[] = [];
  for (const spot of spots.toSorted((a, b) => a.from - b.from || b.to - a.to))
    if (spot.from >= (kept.at(-1)?.to ?? 0)) kept.push(spot);
  return kept;
}

function decodedLogin(token: string): string {
  return Buffer.from(token, "base64").toString("utf8");
}

function unlessBroken(read: () => string, otherwise: string): string {
  try {
    return read();
  } catch {
    // What looks like an escape and is none stands for itself.
    return otherwise;
  }
}
