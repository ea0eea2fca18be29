import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import type { Confirmation, StepOutcome } from "../case/outcome.ts";
import { alreadySo, confirmation, evidenceOf, outcomeOfRemoval } from "./answers.ts";

/** Who is said to be compromised, and under which name the list of ids goes. */
export interface RiskSubject {
  readonly collection: "riskyUsers" | "riskyServicePrincipals";
  readonly ids: "userIds" | "servicePrincipalIds";
  readonly id: string;
}

const Risk = z.object({ riskLevel: z.string().nullish(), riskState: z.string().nullish() });

const look = ({ graph }: Azure, { collection, id }: RiskSubject) =>
  graph.get(`/identityProtection/${collection}/${id}`, Risk);

const isConfirmed = ({ riskState }: z.infer<typeof Risk>) => riskState === "confirmedCompromised";

/** Confirms the compromise. Limits: one request a second and tenant, and no Retry-After when it is too many. */
export async function confirmCompromise(azure: Azure, subject: RiskSubject): Promise<StepOutcome> {
  const present = await look(azure, subject);
  if (present.kind === "ok" && isConfirmed(present.value)) return alreadySo(present.requestId, azure.now());
  const { collection, ids, id } = subject;
  const path = `/identityProtection/${collection}/confirmCompromised`;
  return outcomeOfRemoval(await azure.graph.post(path, { [ids]: [id] }, z.unknown()), azure.now());
}

export async function verifyCompromise(azure: Azure, subject: RiskSubject): Promise<Confirmation> {
  const answer = await look(azure, subject);
  const otherwise = "the risk is not confirmed yet";
  // Whoever was never at risk is not in the list at all.
  if (answer.kind === "failed" && answer.failure.code === "NOT_FOUND") {
    return { kind: "not-yet", seen: otherwise, evidence: evidenceOf(answer.failure.requestId, azure.now()) };
  }
  return confirmation(answer, azure.now(), { holds: isConfirmed, otherwise, absentHolds: false });
}
