import type { ClaimedRole } from "../case/subject.ts";
import { claimedRole } from "./claimed-role.ts";
import {
  addressesOf,
  type Claims,
  guidClaim,
  guidClaims,
  nameClaim,
  NO_CLAIMS,
  resourceClaims,
  serviceAccountClaims,
  upnClaim,
} from "./claims.ts";
import type { Reading } from "./reading.ts";

/** Kinds of evidence that name no principal and are no reason for a word. */
const SILENT = new Set([
  "deviceEvidence",
  "fileEvidence",
  "processEvidence",
  "urlEvidence",
  "registryKeyEvidence",
  "registryValueEvidence",
  "mailboxEvidence",
  "analyzedMessageEvidence",
  "mailClusterEvidence",
  "securityGroupEvidence",
  "containerEvidence",
  "containerImageEvidence",
  "containerRegistryEvidence",
  "kubernetesPodEvidence",
  "kubernetesNamespaceEvidence",
  "kubernetesControllerEvidence",
  "kubernetesSecretEvidence",
  "kubernetesServiceEvidence",
  "amazonResourceEvidence",
  "googleCloudResourceEvidence",
  "hostLogonSessionEvidence",
  "malwareEvidence",
  "networkConnectionEvidence",
  "nicEvidence",
  "dnsEvidence",
  "fileHashEvidence",
  "ioTDeviceEvidence",
  "cloudLogonRequestEvidence",
]);

/** What one piece of Defender XDR's evidence names. */
export function evidenceClaims(evidence: Reading): Claims {
  const kind = (evidence.at("@odata.type").text() ?? "").replace(/^#?microsoft\.graph\.security\./i, "");
  if (SILENT.has(kind)) return NO_CLAIMS;
  const read = knownClaims(kind, evidence, roleOf(evidence));
  const why =
    read === null
      ? "kind not understood"
      : TELLING.has(kind) && read.subjects.length === 0
        ? "names nobody usable"
        : null;
  if (read !== null && why === null) return read;
  return {
    ...NO_CLAIMS,
    unread: [`${evidence.path} (${kind === "" ? "no type" : kind.slice(0, 60)}): ${why ?? ""}`],
  };
}

const TELLING = new Set([
  "servicePrincipalEvidence",
  "oauthApplicationEvidence",
  "userEvidence",
  "azureResourceEvidence",
  "kubernetesClusterEvidence",
  "kubernetesServiceAccountEvidence",
]);

function knownClaims(kind: string, evidence: Reading, role: ClaimedRole): Claims | null {
  switch (kind) {
    case "servicePrincipalEvidence":
      return idsOrName(evidence, role, ["servicePrincipalObjectId", "appId"], "servicePrincipalName");
    case "oauthApplicationEvidence":
      // Documents disagree on what objectId is here; the app id says which application in any case.
      return guidClaim(evidence.at("appId"), role).length > 0
        ? idsOrName(evidence, role, ["appId"], "displayName")
        : idsOrName(evidence, role, ["objectId"], "displayName");
    case "cloudApplicationEvidence":
      // appId is Defender for Cloud Apps' number, never a client id, unless it is a GUID.
      return { ...NO_CLAIMS, subjects: guidClaim(evidence.at("appId"), role) };
    case "userEvidence":
      return userClaims(evidence.at("userAccount"), role);
    case "cloudLogonSessionEvidence":
      return userClaims(evidence.at("account", "userAccount"), role);
    case "azureResourceEvidence":
      return resourceClaims(evidence.at("resourceId"), role);
    case "blobEvidence":
      return onlyResource(evidence.at("blobContainer", "storageResource", "resourceId"));
    case "blobContainerEvidence":
    case "sasTokenEvidence":
      return onlyResource(evidence.at("storageResource", "resourceId"));
    case "kubernetesClusterEvidence":
      return resourceClaims(evidence.at("cloudResource", "resourceId"), role);
    case "kubernetesServiceAccountEvidence":
      return serviceAccountClaims(evidence, role);
    case "ipEvidence":
      return { ...NO_CLAIMS, addresses: addressesOf([evidence.at("ipAddress")]) };
    default:
      return null;
  }
}

/** Something that was done to a resource which has no identity: said, not asked about. */
function onlyResource(member: Reading): Claims {
  return { ...NO_CLAIMS, resourceIds: resourceClaims(member, "bystander").resourceIds };
}

function idsOrName(evidence: Reading, role: ClaimedRole, ids: readonly string[], name: string): Claims {
  const subjects = guidClaims(evidence, role, ids);
  return { ...NO_CLAIMS, subjects: subjects.length > 0 ? subjects : nameClaim(evidence, role, [name]) };
}

function userClaims(account: Reading, role: ClaimedRole): Claims {
  const subjects = [
    ...guidClaim(account.at("azureAdUserId"), role),
    ...upnClaim(account.at("userPrincipalName"), role),
  ];
  const named = nameClaim(account, role, ["displayName", "accountName"]);
  return { ...NO_CLAIMS, subjects: subjects.length > 0 ? subjects : named };
}

function roleOf(evidence: Reading): ClaimedRole {
  const role = claimedRole([evidence.at("roles")]);
  if (role !== "unsaid") return role;
  switch (evidence.at("verdict").text()?.toLowerCase()) {
    case "malicious":
    case "suspicious":
      return "suspect";
    case "nothreatsfound":
      return "bystander";
    default:
      return "unsaid";
  }
}
