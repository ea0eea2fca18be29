import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import { MOST_IN_A_BATCH } from "../azure/graph.ts";
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

/**
 * Removes secrets of one holder, twenty to a request, one after another as Graph wants writes to one object. After one that
 * Graph refuses it makes none of the rest: that one is tried alone, and the rest are asked for anew.
 */
export async function removePasswords(
  azure: Azure,
  holder: HolderPath,
  keyIds: readonly string[],
): Promise<readonly StepOutcome[]> {
  const outcomes = new Map<string, StepOutcome>();
  for (let due = keyIds; due.length > 0; due = keyIds.filter((it) => !outcomes.has(it))) {
    const asked = due.slice(0, MOST_IN_A_BATCH);
    const answers = await azure.graph.batch(
      asked.map((keyId) => ({
        method: "POST" as const,
        path: `${holder}/removePassword`,
        body: { keyId },
        schema: z.unknown(),
      })),
      { inOrder: true },
    );
    const failedAt = answers.findIndex(({ kind }) => kind === "failed");
    for (const [index, keyId] of asked.entries()) {
      const answer = answers[index];
      if (answer?.kind !== "ok") break;
      outcomes.set(keyId, applied(answer, azure.now()));
    }
    const refused = failedAt === -1 ? undefined : asked[failedAt];
    if (refused === undefined) continue;
    const outcome = await removePassword(azure, holder, refused);
    outcomes.set(refused, outcome);
    // Throttled, or away: so it is for the rest, and all of them are tried again.
    if (outcome.kind === "failed" && outcome.retryable) break;
    // As after a crash: more may be gone already, and one look shows which.
    if (outcome.kind === "already-so") await noteGone(azure, holder, keyIds, outcomes);
  }
  const last = [...outcomes.values()].at(-1);
  return keyIds.flatMap((keyId) => outcomes.get(keyId) ?? last ?? []);
}

async function noteGone(
  azure: Azure,
  holder: HolderPath,
  keyIds: readonly string[],
  outcomes: Map<string, StepOutcome>,
): Promise<void> {
  const present = await readPasswords(azure, holder);
  if (present.kind === "failed") return;
  const there = new Set(present.value.passwordCredentials.map(({ keyId }) => keyId));
  for (const keyId of keyIds) {
    if (there.has(keyId) || outcomes.has(keyId)) continue;
    outcomes.set(keyId, alreadySo(present.requestId, azure.now()));
  }
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
