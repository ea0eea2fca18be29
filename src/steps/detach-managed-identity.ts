import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import { type Principal, principalKey } from "../case/principal.ts";
import type { Attachment } from "../case/reach.ts";
import type { Scope } from "../case/scope.ts";
import { alreadySo, confirmation, failed, outcomeOfChange } from "./answers.ts";
import { type Hindrance, lockInTheWay } from "./hindrances.ts";
import { AZURE } from "./needs.ts";
import { shutting } from "./shutting.ts";
import { defineStep } from "./step.ts";

/** Types whose PATCH takes one identity out of the map and leaves the others, and the API version that says so. */
const PATCHED: Readonly<Record<string, string>> = {
  "microsoft.compute/virtualmachines": "2024-07-01",
  "microsoft.compute/virtualmachinescalesets": "2024-07-01",
  "microsoft.automation/automationaccounts": "2023-11-01",
  "microsoft.web/sites": "2024-04-01",
  "microsoft.web/sites/slots": "2024-04-01",
};

const Target = z.object({ resourceId: z.string().startsWith("/"), identityId: z.string().startsWith("/") });
type Target = z.infer<typeof Target>;
const Resource = z.object({
  identity: z
    .object({
      type: z.string(),
      userAssignedIdentities: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish(),
});

const versionOf = (resourceId: string) => PATCHED[typeOf(resourceId)] ?? "2024-07-01";
const look = ({ arm }: Azure, { resourceId }: Target) => arm.get(resourceId, versionOf(resourceId), Resource);

interface Fastened {
  readonly system: boolean;
  /** As Azure spells them. */
  readonly attached: readonly string[];
  /** The identity in question, as Azure spells it; null when it is not attached. */
  readonly own: string | null;
}

function fastened({ identity }: z.infer<typeof Resource>, { identityId }: Target): Fastened {
  const attached = Object.keys(identity?.userAssignedIdentities ?? {});
  return {
    system: /systemassigned/i.test(identity?.type ?? ""),
    attached,
    own: attached.find((id) => id.toLowerCase() === identityId.toLowerCase()) ?? null,
  };
}

/** `None` drops every identity there is, so it is only for a resource that had no other. */
function without({ system, attached, own }: Fastened & { readonly own: string }) {
  const isLast = attached.length === 1;
  if (isLast) return { type: system ? "SystemAssigned" : "None" };
  return {
    type: system ? "SystemAssigned, UserAssigned" : "UserAssigned",
    userAssignedIdentities: { [own]: null },
  };
}

/**
 * Takes a user-assigned identity off the workload the attack came through: that workload gets no new tokens of it. Others
 * that use the identity keep it. Tokens already issued live on for up to 24 hours.
 */
export const detachManagedIdentity = defineStep({
  kind: "detach-managed-identity",
  wave: "workloads",
  target: Target,
  before: z.object({ identityType: z.string().nullable() }),
  needs: [
    AZURE("Microsoft.Compute/virtualMachines/write"),
    AZURE("Microsoft.Compute/virtualMachineScaleSets/write"),
    AZURE("Microsoft.Automation/automationAccounts/write"),
    AZURE("Microsoft.Web/sites/write"),
    AZURE("Microsoft.Web/sites/slots/write"),
    // Only to put it back.
    AZURE("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"),
  ],

  propose: (scope) =>
    scope.principals.flatMap(({ principal, attachments }) => {
      const { kind, resourceId, displayName } = principal;
      if ((kind !== "user-assigned-identity" && kind !== "system-assigned-identity") || resourceId === null)
        return [];
      return attachments
        .filter(({ implicated }) => implicated)
        .map((it) => {
          const hindered = hindering(scope, it, principal);
          return {
            target: { resourceId: it.resourceId, identityId: resourceId },
            before: { identityType: it.identityType },
            title: `Detach the identity ${displayName} from ${it.resourceName}`,
            because: [`${it.resourceName} (${it.resourceType}) stands in the attack.`],
            cost: [`${it.resourceName} can no longer act as ${displayName}.`],
            touches: [...new Set([principalKey(principal), resourceId, it.resourceId])],
            tags: it.tags,
            rank: -1,
            ...(hindered === null ? {} : { hindered }),
          };
        });
    }),

  alone: ({ resourceId }) => resourceId.toLowerCase(),
  async apply({ azure }, target) {
    const present = await look(azure, target);
    if (present.kind === "failed") {
      return present.failure.code === "NOT_FOUND"
        ? alreadySo(present.failure.requestId, azure.now())
        : failed(present.failure, azure.now());
    }
    const held = fastened(present.value, target);
    if (held.own === null) return alreadySo(present.requestId, azure.now());
    const identity = without({ ...held, own: held.own });
    return outcomeOfChange(
      await azure.arm.patch(target.resourceId, versionOf(target.resourceId), { identity }, z.unknown()),
      azure.now(),
    );
  },
  verify: async ({ azure }, target) =>
    confirmation(await look(azure, target), azure.now(), {
      holds: (it) => fastened(it, target).own === null,
      otherwise: "the identity is still attached",
      absentHolds: true,
    }),
  undoing: {
    kind: "can",
    async undo({ azure }, target) {
      const present = await look(azure, target);
      if (present.kind === "failed") return failed(present.failure, azure.now());
      const held = fastened(present.value, target);
      if (held.own !== null) return alreadySo(present.requestId, azure.now());
      const identity = {
        type: held.system ? "SystemAssigned, UserAssigned" : "UserAssigned",
        userAssignedIdentities: { [target.identityId]: {} },
      };
      return outcomeOfChange(
        await azure.arm.patch(target.resourceId, versionOf(target.resourceId), { identity }, z.unknown()),
        azure.now(),
      );
    },
    verifyUndone: async ({ azure }, target) =>
      confirmation(await look(azure, target), azure.now(), {
        holds: (it) => fastened(it, target).own !== null,
        otherwise: "the identity is not attached",
        absentHolds: false,
      }),
  },
});

function hindering(
  scope: Scope,
  { resourceId, resourceName, resourceType }: Attachment,
  principal: Principal,
): Hindrance | null {
  // A principal that is shut gets no new token on any workload.
  const coveredBy = [shutting(principal)];
  if (principal.kind === "system-assigned-identity") {
    return {
      coveredBy,
      reason: "switching it off makes another principal of it: no role of the old one comes back",
      action: `Find out how ${resourceName} was misused and rebuild it`,
    };
  }
  if (PATCHED[typeOf(resourceId)] === undefined) {
    return {
      coveredBy,
      reason: `identities of ${resourceType} are fastened in a way of its own`,
      action: `Take the identity off ${resourceName} by hand`,
    };
  }
  return lockInTheWay(
    scope.obstacles,
    resourceId,
    "write",
    `take the identity off ${resourceName}`,
    coveredBy,
  );
}

/** `microsoft.web/sites/slots`, from an ARM id. */
function typeOf(resourceId: string): string {
  const [namespace = "", ...rest] = (resourceId.toLowerCase().split("/providers/").at(-1) ?? "").split("/");
  return [namespace, ...rest.filter((_, index) => index % 2 === 0)].join("/");
}
