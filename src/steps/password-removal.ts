import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import type { Confirmation, StepOutcome } from "../case/outcome.ts";
import { alreadySo, confirmation, failed, outcomeOfRemoval } from "./answers.ts";
import { type HolderPath, readCollections } from "./credential-collections.ts";

/** Removes one client secret. That it is not there is read first, because Graph has no code of its own for an unknown key id. */
export async function removePassword(azure: Azure, holder: HolderPath, keyId: string): Promise<StepOutcome> {
  const present = await readCollections(azure, holder);
  if (present.kind === "failed") {
    return present.failure.code === "NOT_FOUND"
      ? alreadySo(present.failure.requestId, azure.now())
      : failed(present.failure, azure.now());
  }
  if (!present.value.passwordCredentials.some((it) => it.keyId === keyId)) {
    return alreadySo(present.requestId, azure.now());
  }
  return outcomeOfRemoval(
    await azure.graph.post(`${holder}/removePassword`, { keyId }, z.unknown()),
    azure.now(),
  );
}

export async function verifyPasswordGone(
  azure: Azure,
  holder: HolderPath,
  keyId: string,
): Promise<Confirmation> {
  return confirmation(await readCollections(azure, holder), azure.now(), {
    holds: (it) => it.passwordCredentials.every((password) => password.keyId !== keyId),
    otherwise: "the secret is still listed",
    absentHolds: true,
  });
}
