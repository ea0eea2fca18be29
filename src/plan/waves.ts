/**
 * The order of a containment, and why. Microsoft's playbook: stop sign-in first, roll and remove after; removing role
 * assignments is the only thing that reaches tokens already issued for Azure Resource Manager and Key Vault.
 */
export const WAVES = [
  {
    name: "quick-cut",
    reason: "Stop new tokens at once; reversible, so it need not wait for the full picture.",
  },
  {
    name: "owners",
    reason: "An owner can undo everything that follows: owners go before their application is deactivated.",
  },
  { name: "deactivation", reason: "Stop new tokens for the application in every tenant." },
  {
    name: "access",
    reason:
      "Tokens already issued live on; taking away what they may do is the only thing that reaches them.",
  },
  {
    name: "credentials",
    reason: "Every way to sign in again goes: federated credentials, secrets, certificates, on every object.",
  },
  {
    name: "keys",
    reason: "Keys that the suspect could read work without any identity, until they are regenerated.",
  },
  { name: "rotation", reason: "Secrets the suspect read, then those it could have read, stop being useful." },
  {
    name: "workloads",
    reason: "Slow and disturbing cuts on clusters and resources come when the attacker is already outside.",
  },
  { name: "removal", reason: "What is left of the principal goes last, when all that hung on it is cut." },
] as const;

export type WaveName = (typeof WAVES)[number]["name"];
