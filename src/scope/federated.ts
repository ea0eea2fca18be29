import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import type { Principal } from "../case/principal.ts";
import type { FederatedCredential } from "../case/credential.ts";
import type { DirectoryReader } from "./directory-reader.ts";
import { GraphFederatedCredential } from "./directory-objects.ts";
import { federatedTrust } from "./federated-trust.ts";
import { type Gaps, type Read, readOrAbsent } from "./gaps.ts";
import { byText } from "./identifiers.ts";
import { patiently } from "./patience.ts";

const IDENTITY_API = "2024-11-30";

const ArmFederatedCredential = z.object({
  id: z.string(),
  name: z.string(),
  properties: GraphFederatedCredential.omit({ id: true, name: true }),
});

/** The federated credentials of a user-assigned identity, which only ARM knows, in the shape Graph gives an application's. */
export async function identityFederatedCredentials(
  azure: Azure,
  identityId: string,
): Promise<Read<readonly GraphFederatedCredential[]>> {
  const read = await patiently(() =>
    azure.arm.list(`${identityId}/federatedIdentityCredentials`, IDENTITY_API, ArmFederatedCredential),
  );
  if (read.kind === "failed") return read;
  return { kind: "ok", value: read.value.map(({ id, name, properties }) => ({ id, name, ...properties })) };
}

/** The federated credentials of an application, by its object id. Beta: only there do flexible ones show their expression. */
export function applicationFederatedCredentials(
  directory: DirectoryReader,
  applicationId: string,
): Promise<Read<readonly GraphFederatedCredential[]>> {
  return directory.list(
    `/applications/${applicationId}/federatedIdentityCredentials`,
    GraphFederatedCredential,
    {
      version: "beta",
    },
  );
}

/** Who a principal lets in without a secret, not yet read into what it trusts: that needs the clusters' issuers. */
export interface RawFederated {
  readonly holder: FederatedCredential["holder"];
  readonly holderId: string;
  readonly credential: GraphFederatedCredential;
}

export async function readFederated(
  azure: Azure,
  directory: DirectoryReader,
  gaps: Gaps,
  principal: Principal,
): Promise<readonly RawFederated[]> {
  if (principal.kind === "user-assigned-identity" && principal.resourceId !== null) {
    const { resourceId } = principal;
    const read = await identityFederatedCredentials(azure, resourceId);
    return readOrAbsent(gaps, `federated credentials of identity ${resourceId}`, read, []).map(
      (credential): RawFederated => ({ holder: "identity", holderId: resourceId, credential }),
    );
  }
  const { applicationObjectId } = principal;
  if (principal.kind !== "application" || applicationObjectId === null) return [];
  const read = await applicationFederatedCredentials(directory, applicationObjectId);
  return readOrAbsent(gaps, `federated credentials of application ${applicationObjectId}`, read, []).map(
    (credential): RawFederated => ({ holder: "application", holderId: applicationObjectId, credential }),
  );
}

/** A federated credential as the scope keeps it. Whether it was planted or used is for the activity to say. */
export function federatedCredential(
  { holder, holderId, credential }: RawFederated,
  clusterIdOf: (issuer: string) => string | null,
): FederatedCredential {
  const expression = credential.claimsMatchingExpression ?? null;
  const subject = credential.subject ?? null;
  return {
    holder,
    holderId,
    id: credential.id,
    name: credential.name,
    issuer: credential.issuer,
    subject,
    audiences: credential.audiences.toSorted(byText),
    description: credential.description ?? null,
    claimsMatchingExpression: expression,
    trusts: federatedTrust(
      { issuer: credential.issuer, subject, claimsMatchingExpression: expression },
      clusterIdOf,
    ),
    planted: false,
    usedBySuspiciousSignIn: false,
  };
}
