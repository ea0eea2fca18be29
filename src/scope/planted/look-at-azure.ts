import { z } from "zod";
import type { FederatedCredential } from "../../case/credential.ts";
import type { Planted } from "../../case/planted.ts";
import { ArmResource, lastSegment } from "../arm-resources.ts";
import {
  applicationFederatedCredentials,
  federatedCredential,
  identityFederatedCredentials,
  type RawFederated,
} from "../federated.ts";
import type { Gaps, Read } from "../gaps.ts";
import type { Inventory } from "../inventory.ts";
import { patiently } from "../patience.ts";
import type { Reading } from "../reading.ts";
import { ArmRoleAssignment, AUTHORIZATION_API, roleAssignment } from "../role-assignments.ts";
import { readRoleDefinitions } from "../role-definitions.ts";
import { VAULT, vaultPoliciesOf } from "../vault-policies.ts";
import type { Lead } from "./lead.ts";
import { plantedFrom } from "./planted.ts";

type Of<K extends Lead["kind"]> = Extract<Lead, { readonly kind: K }>;

const DIAGNOSTIC_API = "2021-05-01-preview";
const VAULT_API = "2023-07-01";

export async function lookAtRoleAssignment(
  reading: Reading,
  lead: Of<"role-assignment">,
): Promise<readonly Planted[]> {
  const { assignmentId } = lead;
  const scope =
    assignmentId.replace(/\/providers\/microsoft\.authorization\/roleassignments\/[^/]+$/i, "") || "/";
  const about = { kind: "role-assignment", onId: scope, onKind: "scope", onName: null } as const;
  const read = await patiently(() =>
    reading.azure.arm.get(assignmentId, AUTHORIZATION_API, ArmRoleAssignment),
  );
  if (read.kind === "failed") {
    return [
      plantedFrom(lead, { ...about, id: assignmentId, present: absence(reading.gaps, assignmentId, read) }),
    ];
  }
  const definitions = await readRoleDefinitions(reading, [read.value.properties.roleDefinitionId]);
  const assignment = roleAssignment(read.value, "active", read.value.properties.principalId, definitions);
  return [
    plantedFrom(lead, {
      ...about,
      onId: assignment.scope,
      id: assignment.id,
      present: true,
      detail: { kind: "role-assignment", assignment: { ...assignment, planted: true } },
    }),
  ];
}

/** Federated credentials on an application: those that the row shows after and not before. */
export async function lookAtApplicationFederated(
  reading: Reading,
  lead: Of<"application-federated">,
  inventory: Inventory,
): Promise<readonly Planted[]> {
  const { applicationId } = lead;
  const read = await applicationFederatedCredentials(reading.directory, applicationId);
  const about = {
    kind: "federated-credential",
    onId: applicationId,
    onKind: "application",
    onName: null,
  } as const;
  if (read.kind === "failed") {
    const present = absence(reading.gaps, `federated credentials of application ${applicationId}`, read);
    return [plantedFrom(lead, { ...about, id: null, present })];
  }
  const isNew = (text: string | null | undefined) =>
    text != null &&
    text !== "" &&
    lead.after.includes(JSON.stringify(text)) &&
    !lead.before.includes(JSON.stringify(text));
  const meant = read.value.filter(({ name, id, subject }) => isNew(name) || isNew(id) || isNew(subject));
  if (meant.length === 0) {
    // Removed again, or the row only told of a removal.
    return lead.after.length > lead.before.length
      ? [plantedFrom(lead, { ...about, id: null, present: false })]
      : [];
  }
  return meant.map((credential) =>
    federatedPlant(lead, about, { holder: "application", holderId: applicationId, credential }, inventory),
  );
}

export async function lookAtIdentityFederated(
  reading: Reading,
  lead: Of<"identity-federated">,
  inventory: Inventory,
): Promise<readonly Planted[]> {
  const { identityId, name } = lead;
  const about = {
    kind: "federated-credential",
    onId: identityId,
    onKind: "identity",
    onName: lastSegment(identityId),
  } as const;
  const read = await identityFederatedCredentials(reading.azure, identityId);
  if (read.kind === "failed") {
    const present = absence(reading.gaps, `federated credentials of identity ${identityId}`, read);
    return [plantedFrom(lead, { ...about, id: name, present })];
  }
  const credential = read.value.find((it) => it.name.toLowerCase() === name.toLowerCase());
  return credential === undefined
    ? [plantedFrom(lead, { ...about, id: name, present: false })]
    : [federatedPlant(lead, about, { holder: "identity", holderId: identityId, credential }, inventory)];
}

function federatedPlant(
  lead: Lead,
  about: {
    readonly kind: "federated-credential";
    readonly onId: string;
    readonly onKind: string;
    readonly onName: string | null;
  },
  raw: RawFederated,
  inventory: Inventory,
): Planted {
  const credential: FederatedCredential = {
    ...federatedCredential(raw, (issuer) => inventory.clusterIdOf(issuer)),
    planted: true,
  };
  return plantedFrom(lead, {
    ...about,
    id: credential.id,
    present: true,
    detail: { kind: "federated", credential },
  });
}

/**
 * A vault's policies after somebody wrote them. The log does not say which policy was written, so those that name the
 * suspects, or principals the suspects made, are taken; none of them means a person has to look.
 */
export async function lookAtVault(
  reading: Reading,
  lead: Of<"vault-policy">,
  suspects: readonly { readonly objectId: string | null; readonly appId: string | null }[],
): Promise<readonly Planted[]> {
  const { vaultId } = lead;
  const about = {
    kind: "vault-policy",
    onId: vaultId,
    onKind: "vault",
    onName: lastSegment(vaultId),
  } as const;
  const read = await patiently(() => reading.azure.arm.get(vaultId, VAULT_API, ArmResource));
  if (read.kind === "failed") {
    return [plantedFrom(lead, { ...about, id: null, present: absence(reading.gaps, vaultId, read) })];
  }
  const vault = { ...read.value, type: VAULT };
  const policies = suspects.flatMap((suspect) =>
    vaultPoliciesOf(reading.gaps, [vault], { ...suspect, groupIds: [] }),
  );
  return policies.length === 0
    ? [plantedFrom(lead, { ...about, id: null, present: null })]
    : policies.map((policy) =>
        plantedFrom(lead, {
          ...about,
          onId: policy.vaultId,
          id: policy.applicationId === null ? policy.objectId : `${policy.objectId}/${policy.applicationId}`,
          present: true,
          detail: { kind: "vault-policy", policy: { ...policy, planted: true } },
        }),
      );
}

/** A setting that was deleted: `present` is whether it is there again. */
export async function lookAtDiagnostics(
  reading: Reading,
  lead: Of<"diagnostic-setting">,
): Promise<readonly Planted[]> {
  const { settingId } = lead;
  const read = await patiently(() =>
    reading.azure.arm.get(settingId, DIAGNOSTIC_API, z.object({ id: z.string() })),
  );
  return [
    plantedFrom(lead, {
      kind: "diagnostic-setting",
      onId: settingId.replace(/\/providers\/microsoft\.insights\/diagnosticsettings\/[^/]+$/i, ""),
      onKind: "resource",
      onName: lastSegment(settingId),
      id: settingId,
      present: read.kind === "ok" ? true : absence(reading.gaps, settingId, read),
    }),
  ];
}

/** What a failed look says: gone, or not known, which is then a gap. */
function absence(
  gaps: Gaps,
  about: string,
  read: Extract<Read<unknown>, { readonly kind: "failed" }>,
): false | null {
  if (read.failure.code === "NOT_FOUND") return false;
  gaps.failed(about, read.failure);
  return null;
}
