import { z } from "zod";
import type { VaultPolicy } from "../case/grant.ts";
import type { ArmResource } from "./arm-resources.ts";
import type { Gaps } from "./gaps.ts";
import { byText } from "./identifiers.ts";

const Permissions = z
  .array(z.string())
  .nullish()
  .transform((names) => (names ?? []).map((name) => name.toLowerCase()).toSorted());

/** A vault's settings that decide who may read it. */
export const VaultSettings = z.object({
  vaultUri: z.string().nullish(),
  tenantId: z.string().nullish(),
  /** True: access policies are ignored. False or absent: data actions of roles are. */
  enableRbacAuthorization: z.boolean().nullish(),
  accessPolicies: z
    .array(
      z.object({
        tenantId: z.string().nullish(),
        objectId: z.string(),
        applicationId: z.string().nullish(),
        permissions: z
          .object({
            keys: Permissions,
            secrets: Permissions,
            certificates: Permissions,
            storage: Permissions,
          })
          .nullish(),
      }),
    )
    .nullish(),
});
export type VaultSettings = z.infer<typeof VaultSettings>;

export const VAULT = "microsoft.keyvault/vaults";

/** A vault with its settings; null, and a gap, for one that does not look like a vault. */
export function vaultSettings(gaps: Gaps, vault: ArmResource): VaultSettings | null {
  const parsed = VaultSettings.safeParse(vault.properties);
  if (parsed.success) return parsed.data;
  gaps.note(
    `access policies of ${vault.id}`,
    "NOT_UNDERSTOOD",
    "the vault's properties are not what ARM documents",
  );
  return null;
}

/**
 * The access policies that name a principal, a group of it, or (compound identity) its application beside somebody else:
 * such a policy lets that somebody in only through this application. Those of vaults in RBAC mode are inert; they are
 * listed all the same, because switching the mode brings them back.
 */
export function vaultPoliciesOf(
  gaps: Gaps,
  vaults: readonly ArmResource[],
  holder: {
    readonly objectId: string | null;
    readonly appId: string | null;
    readonly groupIds: readonly string[];
  },
): readonly VaultPolicy[] {
  const own = holder.objectId?.toLowerCase() ?? null;
  const groups = new Set(holder.groupIds.map((id) => id.toLowerCase()));
  return vaults
    .filter(({ type }) => type === VAULT)
    .flatMap((vault) =>
      (vaultSettings(gaps, vault)?.accessPolicies ?? []).flatMap((policy): readonly VaultPolicy[] => {
        const objectId = policy.objectId.toLowerCase();
        const through = groups.has(objectId) ? policy.objectId : null;
        const compound =
          policy.applicationId != null && policy.applicationId.toLowerCase() === holder.appId?.toLowerCase();
        if (objectId !== own && through === null && !compound) return [];
        return [
          {
            vaultId: vault.id,
            tenantId: policy.tenantId ?? "",
            objectId: policy.objectId,
            applicationId: policy.applicationId ?? null,
            permissions: policy.permissions ?? { keys: [], secrets: [], certificates: [], storage: [] },
            throughGroupId: through,
            planted: false,
          },
        ];
      }),
    )
    .toSorted(
      (a, b) => byText(a.vaultId.toLowerCase(), b.vaultId.toLowerCase()) || byText(a.objectId, b.objectId),
    );
}
