import type { ClaimedRole } from "../case/subject.ts";
import { claimedRole } from "./claimed-role.ts";
import {
  addressesOf,
  type Claims,
  guidClaims,
  nameClaim,
  NO_CLAIMS,
  resourceClaims,
  serviceAccountClaims,
  together,
  upnClaim,
} from "./claims.ts";
import { upnOf } from "./guid.ts";
import type { Reading } from "./reading.ts";

/** Kinds that say nothing about a principal and are no reason for a word. */
const SILENT = new Set([
  "file",
  "filehash",
  "process",
  "registrykey",
  "registryvalue",
  "malware",
  "dns",
  "dnsresolution",
  "url",
  "mailbox",
  "mailmessage",
  "mailcluster",
  "submissionmail",
  "nic",
  "iotdevice",
  "securityalert",
  "bookmark",
  "cloudlogonrequest",
  "k8spod",
  "k8snamespace",
  "k8ssecret",
  "k8scontroller",
  "k8sservice",
  "container",
  "containerimage",
  "containerregistry",
  "networkconnection",
  "securitygroup",
  "googlecloudresource",
  "amazonresource",
  "awsresource",
  "location",
  "geolocation",
  "hostlogonsession",
]);

/**
 * What an alert's entities name. Both spellings that Sentinel and Defender use are read: `kind` with `properties` as the
 * ARM API gives them, and `Type` with members beside it as alerts carry them. An entity that should name somebody and does
 * not is said to be unread.
 */
export function entitySubjects(entities: readonly Reading[]): Claims {
  return together(entities.map((entity) => claimsOf(entity, "unsaid")));
}

/** `otherwise`: the part of an entity that does not say its own, because it stands inside another. */
function claimsOf(entity: Reading, otherwise: ClaimedRole): Claims {
  const kind = (entity.at("kind").text() ?? entity.at("Type").text() ?? "")
    .toLowerCase()
    .replaceAll(/[-_\s]/g, "");
  if (SILENT.has(kind)) return NO_CLAIMS;
  const members = entity.at("properties").exists ? entity.at("properties") : entity;
  const own = claimedRole(
    [entity, members].flatMap((it) => [it.at("Roles"), it.at("Role"), it.at("additionalData", "Roles")]),
  );
  const read = knownClaims(kind, members, own === "unsaid" ? otherwise : own);
  const isEmpty = read !== null && read.subjects.length + read.addresses.length + read.unread.length === 0;
  if (read !== null && !(isEmpty && TELLING.has(kind))) return read;
  const why =
    read !== null
      ? "names nobody usable"
      : entity.at("$ref").exists
        ? "refers to nothing"
        : "kind not understood";
  return {
    ...NO_CLAIMS,
    unread: [`${entity.path} (${kind === "" ? "no kind" : kind.slice(0, 40)}): ${why}`],
  };
}

/** Kinds that are there to say who it was, or what it was done to. */
const TELLING = new Set([
  "account",
  "serviceprincipal",
  "oauthapplication",
  "azureresource",
  "k8scluster",
  "k8sserviceaccount",
]);

function knownClaims(kind: string, members: Reading, role: ClaimedRole): Claims | null {
  switch (kind) {
    case "account":
      return accountClaims(members, role);
    case "serviceprincipal":
      return idsOrName(members, role, ["ServicePrincipalObjectId", "AppId"], ["ServicePrincipalName"]);
    case "oauthapplication":
      return idsOrName(members, role, ["OAuthAppId", "OAuthObjectId"], ["Name"]);
    case "cloudapplication":
      // AppId is Defender for Cloud Apps' own number for it; only where a rule's author put a client id is it a GUID.
      return idsOrName(members, role, ["AppId"], ["AppName", "Name"]);
    case "azureresource":
      return resourceClaims(members.at("ResourceId"), role);
    case "k8scluster":
      return resourceClaims(members.at("CloudResource", "ResourceId"), role);
    case "k8sserviceaccount":
      return serviceAccountClaims(members, role);
    case "sastoken":
      return {
        ...NO_CLAIMS,
        resourceIds: resourceClaims(members.at("StorageResource", "ResourceId"), role).resourceIds,
      };
    case "ip":
      return { ...NO_CLAIMS, addresses: addressesOf([members.at("Address")]) };
    case "host":
      return resourceClaims(members.at("AzureID"), role);
    case "cloudlogonsession":
      return members.at("Account").exists ? claimsOf(members.at("Account"), role) : NO_CLAIMS;
    default:
      return null;
  }
}

function idsOrName(
  members: Reading,
  role: ClaimedRole,
  ids: readonly string[],
  names: readonly string[],
): Claims {
  const subjects = guidClaims(members, role, ids);
  return { ...NO_CLAIMS, subjects: subjects.length > 0 ? subjects : nameClaim(members, role, names) };
}

/** Senders map service principals to accounts too, by whatever their rule put there: every GUID is a claim. */
function accountClaims(members: Reading, role: ClaimedRole): Claims {
  const ids = guidClaims(members, role, [
    "AadUserId",
    "ObjectGuid",
    "AccountName",
    "Name",
    "CloudAppAccountId",
  ]);
  const name = members.at("accountName").text() ?? members.at("Name").text();
  const suffix = members.at("UPNSuffix").text();
  const whole = [members.at("userPrincipalName"), members.at("accountName"), members.at("Name")];
  const [upn] = whole.flatMap((it) => upnClaim(it, role));
  const joined = upn === undefined && name !== null && suffix !== null ? upnOf(`${name}@${suffix}`) : null;
  const subjects = [
    ...ids,
    ...(upn === undefined ? [] : [upn]),
    ...(joined === null ? [] : [{ kind: "upn" as const, value: joined, seenAt: members.path, role }]),
  ];
  return {
    ...NO_CLAIMS,
    subjects:
      subjects.length > 0 ? subjects : nameClaim(members, role, ["displayName", "accountName", "Name"]),
  };
}
