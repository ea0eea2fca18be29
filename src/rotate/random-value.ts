import { randomInt } from "node:crypto";
import { Secret } from "../azure/secret.ts";

const ALPHABETS = {
  letters: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
  hex: "0123456789abcdef",
  // Without quotes, backslash, semicolon, comma, equals, at and slash: they need escaping in connection strings and URLs.
  password: "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789!*-_.~",
} as const;
type Alphabet = keyof typeof ALPHABETS;

const SHORTEST = 16;
const LONGEST = 4_096;

/** How a made-up value is to look, as tags say: `GeneratorLength`, `GeneratorAlphabet`. Unknown words give the default. */
export function generatorOf(tags: Readonly<Record<string, string>>): {
  readonly length: number;
  readonly alphabet: Alphabet;
} {
  const length = Number(tags["GeneratorLength"]);
  const wanted = tags["GeneratorAlphabet"];
  return {
    length: Number.isInteger(length) ? Math.min(Math.max(length, SHORTEST), LONGEST) : 48,
    alphabet: wanted === "hex" || wanted === "password" ? wanted : "letters",
  };
}

/** A value from the operating system's randomness, each character drawn evenly. */
export function randomValue(tags: Readonly<Record<string, string>>): Secret {
  const { length, alphabet } = generatorOf(tags);
  return new Secret(drawn(ALPHABETS[alphabet], length).join(""));
}

/** A password that every database server's rules accept: 32 characters with each of the four classes in it. */
export function randomPassword(): Secret {
  const characters = [
    ...drawn("ABCDEFGHJKLMNPQRSTUVWXYZ", 1),
    ...drawn("abcdefghijkmnopqrstuvwxyz", 1),
    ...drawn("23456789", 1),
    ...drawn("!*-_.~", 1),
    ...drawn(ALPHABETS.password, 28),
  ];
  for (let index = characters.length - 1; index > 0; index--) {
    const other = randomInt(index + 1);
    const [one, two] = [characters[index] ?? "", characters[other] ?? ""];
    characters[index] = two;
    characters[other] = one;
  }
  return new Secret(characters.join(""));
}

function drawn(alphabet: string, length: number): string[] {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length)));
}
