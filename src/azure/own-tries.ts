import { createHash } from "node:crypto";

/**
 * The correlation id under which a case tries credentials itself. Entra writes what the client sends into the sign-in
 * log (https://learn.microsoft.com/entra/identity/monitoring-health/concept-sign-in-log-activity-details), so that our
 * tries of a revoked secret are told from the attacker's. Limits: a label, no proof; whoever knows the case's id can
 * put it on a try of their own, which is why only refused ones are passed over for it.
 */
export function ownTriesOf(caseId: string): string {
  const digest = createHash("sha256").update(`proof by use ${caseId}`).digest("hex");
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    digest.slice(12, 16),
    digest.slice(16, 20),
    digest.slice(20, 32),
  ].join("-");
}
