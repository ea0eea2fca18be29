import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import type { Confirmation, StepOutcome } from "../case/outcome.ts";
import { alreadySo, applied, confirmation, outcomeOfRemoval } from "./answers.ts";
import { type HolderPath, PasswordCredential } from "./credential-collections.ts";

const Passwords = z.object({ passwordCredentials: z.array(PasswordCredential).default([]) });

/** Without the certificates beside them: reads that show those are throttled to 150 a minute and tenant. */
const readPasswords = ({ graph }: Azure, holder: HolderPath) =>
  graph.get(`${holder}?$select=id,passwordCredentials`, Passwords);

/** Removes one client secret. Graph has no code of its own for an unknown key id: what it refuses is looked up. */
export async function removePassword(azure: Azure, holder: HolderPath, keyId: string): Promise<StepOutcome> {
  const removed = await azure.graph.post(`${holder}/removePassword`, { keyId }, z.unknown());
  if (removed.kind === "ok") return applied(removed, azure.now());
  const outcome = outcomeOfRemoval(removed, azure.now());
  if (outcome.kind !== "failed" || removed.failure.status !== 400) return outcome;
  const present = await readPasswords(azure, holder);
  return present.kind === "ok" && present.value.passwordCredentials.every((it) => it.keyId !== keyId)
    ? alreadySo(present.requestId, azure.now())
    : outcome;
}

export async function verifyPasswordGone(
  azure: Azure,
  holder: HolderPath,
  keyId: string,
): Promise<Confirmation> {
  return confirmation(await readPasswords(azure, holder), azure.now(), {
    holds: (it) => it.passwordCredentials.every((password) => password.keyId !== keyId),
    otherwise: "the secret is still listed",
    absentHolds: true,
  });
}
