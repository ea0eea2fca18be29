import { z } from "zod";

/** Reads a resource from ARM; rejects when it cannot. */
export type ArmReader = (path: string, apiVersion: string) => Promise<unknown>;

/** Whether the store itself refuses to change or delete what is recorded. Only `locked` does so against its own administrators. */
export type Immutability =
  | { readonly kind: "locked"; readonly retentionInDays: number }
  /** In force against writes, but whoever may manage the account can shorten it or take it away. */
  | { readonly kind: "unlocked"; readonly retentionInDays: number; readonly reason: string }
  /** A policy that refuses appends too: the record cannot be written. */
  | { readonly kind: "refuses-appends"; readonly retentionInDays: number; readonly reason: string }
  | { readonly kind: "absent"; readonly reason: string }
  | { readonly kind: "not-enforced-here"; readonly reason: string }
  | { readonly kind: "unknown"; readonly reason: string };

export interface ImmutabilityOptions {
  /** The container's URL as the app uses it. */
  readonly containerUrl: string;
  /** Its ARM id, `/subscriptions/…/blobServices/default/containers/…`; without it nothing can be asked. */
  readonly containerId?: string;
  readonly readArm: ArmReader;
}

const API_VERSION = "2023-05-01";

const Container = z.object({ properties: z.object({ hasImmutabilityPolicy: z.boolean() }) });
const Policy = z.object({
  properties: z.object({
    state: z.string(),
    immutabilityPeriodSinceCreationInDays: z.number(),
    allowProtectedAppendWrites: z.boolean().nullish(),
    allowProtectedAppendWritesAll: z.boolean().nullish(),
  }),
});

/** Asks what protects the record's container. Limits: what could not be asked is `unknown`, which is no protection. */
export async function checkImmutability(options: ImmutabilityOptions): Promise<Immutability> {
  const { containerUrl, containerId, readArm } = options;
  if (isEmulator(containerUrl)) {
    return { kind: "not-enforced-here", reason: "the local storage emulator has no immutability policies" };
  }
  if (containerId === undefined)
    return { kind: "unknown", reason: "the container's resource id is not configured" };
  // The container says whether there is a policy: asked for one that is not there, some versions answer with an empty one.
  const container = await readAs(Container, () => readArm(containerId, API_VERSION));
  if (typeof container === "string") return { kind: "unknown", reason: container };
  if (!container.properties.hasImmutabilityPolicy) {
    return { kind: "absent", reason: "the container has no immutability policy" };
  }
  const policy = await readAs(Policy, () =>
    readArm(`${containerId}/immutabilityPolicies/default`, API_VERSION),
  );
  return typeof policy === "string" ? { kind: "unknown", reason: policy } : immutabilityOf(policy.properties);
}

/** What was read, or why nothing was. */
async function readAs<T>(schema: z.ZodType<T>, read: () => Promise<unknown>): Promise<T | string> {
  let answer: unknown;
  try {
    answer = await read();
  } catch {
    return "Azure Resource Manager did not answer";
  }
  const parsed = schema.safeParse(answer);
  return parsed.success ? parsed.data : "Azure Resource Manager's answer was not understood";
}

function immutabilityOf(policy: z.infer<typeof Policy>["properties"]): Immutability {
  const retentionInDays = policy.immutabilityPeriodSinceCreationInDays;
  if (retentionInDays === 0) return { kind: "absent", reason: "the container's policy retains nothing" };
  if (policy.allowProtectedAppendWrites !== true && policy.allowProtectedAppendWritesAll !== true) {
    return {
      kind: "refuses-appends",
      retentionInDays,
      reason: "the policy does not allow protected append writes",
    };
  }
  // An unlocked policy gives no protection against deletion of the account or of the policy itself.
  if (policy.state !== "Locked")
    return { kind: "unlocked", retentionInDays, reason: "the policy is not locked" };
  return { kind: "locked", retentionInDays };
}

// Azure's own blob hosts have the account in the name; emulators are reached by address and have it in the path.
function isEmulator(containerUrl: string): boolean {
  const { hostname } = new URL(containerUrl);
  return (
    hostname === "localhost" ||
    hostname === "[::1]" ||
    /^\d+\.\d+\.\d+\.\d+$/.test(hostname) ||
    !hostname.includes(".")
  );
}
