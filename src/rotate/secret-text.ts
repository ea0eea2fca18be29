import { z } from "zod";
import { Secret } from "../azure/secret.ts";
import { spotsOf } from "./spots.ts";

/** Text in an answer that is a credential: it is a `Secret` from the moment the answer is read. */
export const SecretText = z
  .string()
  .min(1)
  .transform((text) => new Secret(text));

/** Whether two secrets are the same, in time that does not depend on where they differ. */
export function sameSecret(one: Secret, other: Secret): boolean {
  const [left, right] = [one.revealBytes(), other.revealBytes()];
  try {
    if (left.length !== right.length) return false;
    let difference = 0;
    for (const [index, byte] of left.entries()) difference |= byte ^ (right[index] ?? 0);
    return difference === 0;
  } finally {
    left.fill(0);
    right.fill(0);
  }
}

/** Whether a secret holds another within it, however it is written there: a key in a connection string, in a URL, in JSON. */
export function holds(whole: Secret, part: Secret): boolean {
  return spotsOf(whole.reveal(), part.reveal()).length > 0;
}
