import { z } from "zod";
import type { Azure } from "../../azure/azure.ts";
import { normalScope } from "../reach.ts";
import { roleAssignmentsOf } from "../resource-graph.ts";
import { VAULT, VaultSettings } from "../vault-policies.ts";
import type { Consumer, Seen } from "./consumer.ts";

/** Built-in roles that read a secret's value: Secrets User, Secrets Officer, Administrator, Certificate User. */
const READING_ROLES: ReadonlySet<string> = new Set([
  "4633458b-17de-408a-b874-0445c86b69e6",
  "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
  "00482a5a-887f-4fb3-b363-3b7fe8e74483",
  "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba",
]);

/** A cluster with the Key Vault secrets provider, and the identity that the provider came with. */
export interface ProviderCluster {
  readonly id: string;
  readonly identity: string;
}

const Vault = z.object({ id: z.string(), name: z.string(), properties: z.unknown() });
const Assignment = z.object({
  properties: z.object({
    principalId: z.string(),
    roleDefinitionId: z.string(),
    scope: z.string(),
  }),
});

/**
 * Clusters whose secrets provider may read a vault. Which secrets they mount stands in objects inside of them, and workload
 * identities of pods are not looked at: it is said who may, not who does.
 */
export async function readClusterConsumers(
  azure: Azure,
  clusters: readonly ProviderCluster[],
): Promise<Seen> {
  if (clusters.length === 0) return { consumers: [], unread: [] };
  const [vaults, assignments] = await Promise.all([
    azure.arm.resourceGraph(
      `resources | where type =~ '${VAULT}' | project id, name, properties | order by id asc`,
      Vault,
    ),
    azure.arm.resourceGraph(roleAssignmentsOf(clusters.map(({ identity }) => identity)), Assignment, {
      scopeFilter: "AtScopeAboveAndBelow",
    }),
  ]);
  if (vaults.kind === "failed")
    return { consumers: [], unread: [{ what: "vaults that clusters may read", failure: vaults.failure }] };
  if (assignments.kind === "failed")
    return { consumers: [], unread: [{ what: "roles of clusters", failure: assignments.failure }] };
  const consumers = clusters.flatMap(({ id: resourceId, identity }) => {
    const scopes = assignments.value
      .filter(
        ({ properties: { principalId, roleDefinitionId } }) =>
          principalId.toLowerCase() === identity &&
          READING_ROLES.has(roleDefinitionId.split("/").at(-1)?.toLowerCase() ?? ""),
      )
      .map(({ properties }) => normalScope(properties.scope));
    return vaults.value
      .filter((vault) => mayRead(vault, identity, scopes))
      .map(({ name }): Consumer => ({
        kind: "cluster",
        resourceId,
        setting: "secrets provider",
        vaultName: name,
        secretName: null,
        version: null,
      }));
  });
  return { consumers, unread: [] };
}

/** By a role at the vault, above it or on one of its secrets; or by policy, where policies count. */
function mayRead(
  { id, properties }: z.infer<typeof Vault>,
  identity: string,
  scopes: readonly string[],
): boolean {
  const settings = VaultSettings.safeParse(properties).data;
  if (settings === undefined) return false;
  const vault = normalScope(id);
  if (settings.enableRbacAuthorization === true) {
    return scopes.some(
      (scope) =>
        `${vault}/`.startsWith(`${scope}/`) ||
        scope.startsWith(`${vault}/`) ||
        // Above subscriptions: it may, whichever group it is.
        scope.startsWith("/providers/microsoft.management/"),
    );
  }
  return (settings.accessPolicies ?? []).some(
    ({ objectId, permissions }) =>
      objectId.toLowerCase() === identity &&
      (permissions?.secrets ?? []).some((it) => /^(?:get|all)$/i.test(it)),
  );
}
