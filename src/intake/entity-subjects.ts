import type { ClaimedRole, Subject } from "../case/subject.ts";
import { guidOf, resourceIdOf, upnOf } from "./guid.ts";
import type { Reading } from "./reading.ts";

export interface EntityFindings {
  readonly subjects: readonly Subject[];
  readonly resourceIds: readonly string[];
  readonly addresses: readonly string[];
  /** Kinds we know nothing of, by path. */
  readonly unread: readonly string[];
}

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
  "cloudlogonsession",
  "cloudlogonrequest",
  "k8spod",
  "k8snamespace",
  "k8ssecret",
  "container",
  "containerimage",
  "containerregistry",
  "networkconnection",
  "securitygroup",
  "sastoken",
  "googlecloudresource",
  "awsresource",
  "location",
  "blob",
  "blobcontainer",
]);

/**
 * What an alert's entities name. Both spellings that Sentinel and Defender use are read: `kind` with `properties` as the
 * ARM API gives them, and `Type` with members beside it as alerts carry them.
 */
export function entitySubjects(entities: readonly Reading[]): EntityFindings {
  const subjects: Subject[] = [];
  const resourceIds: string[] = [];
  const addresses: string[] = [];
  const unread: string[] = [];
  for (const entity of entities) {
    const kind = (entity.at("kind").text() ?? entity.at("Type").text() ?? "")
      .toLowerCase()
      .replaceAll(/[-_\s]/g, "");
    const members = entity.at("properties").exists ? entity.at("properties") : entity;
    const role = roleOf(entity, members);
    switch (kind) {
      case "account":
        subjects.push(...accountSubjects(members, role));
        break;
      case "serviceprincipal":
        subjects.push(
          ...guids(members, role, ["ServicePrincipalObjectId", "AppId"]),
          ...names(members, role, ["ServicePrincipalName"]),
        );
        break;
      case "oauthapplication":
        subjects.push(
          ...guids(members, role, ["OAuthObjectId", "OAuthAppId", "AppId"]),
          ...names(members, role, ["Name"]),
        );
        break;
      case "cloudapplication":
        // `AppId` is Defender for Cloud Apps' own number; only where a rule's author put a client id is it a GUID.
        subjects.push(...guids(members, role, ["AppId"]), ...names(members, role, ["AppName", "Name"]));
        break;
      case "azureresource": {
        const id = resourceIdOf(members.at("ResourceId").text());
        if (id === null) break;
        resourceIds.push(id);
        subjects.push({ kind: "resource", resourceId: id, seenAt: members.at("ResourceId").path, role });
        break;
      }
      case "k8scluster": {
        const id = resourceIdOf(members.at("CloudResource", "ResourceId").text());
        if (id !== null) resourceIds.push(id);
        break;
      }
      case "k8sserviceaccount":
        subjects.push(...serviceAccount(members, role));
        break;
      case "ip": {
        const address = members.at("Address").text();
        if (address !== null && address !== "") addresses.push(address);
        break;
      }
      case "host": {
        const id = resourceIdOf(members.at("AzureID").text());
        if (id !== null) resourceIds.push(id);
        break;
      }
      default:
        if (!SILENT.has(kind)) unread.push(`${entity.path} (${kind === "" ? "no kind" : kind})`);
    }
  }
  return {
    subjects: distinct(subjects),
    resourceIds: [...new Set(resourceIds)],
    addresses: [...new Set(addresses)],
    unread,
  };
}

/** Senders map service principals to accounts too, by whatever their rule put there: every GUID is a claim. */
function accountSubjects(members: Reading, role: ClaimedRole): Subject[] {
  const found = guids(members, role, ["AadUserId", "ObjectGuid", "AccountName", "Name", "CloudAppAccountId"]);
  const name = members.at("accountName").text() ?? members.at("Name").text();
  const suffix = members.at("UPNSuffix").text();
  const upn =
    upnOf(members.at("userPrincipalName").text()) ??
    upnOf(name) ??
    upnOf(suffix === null ? null : `${name}@${suffix}`);
  if (upn !== null) found.push({ kind: "upn", value: upn, seenAt: members.path, role });
  if (found.length === 0) found.push(...names(members, role, ["displayName", "accountName", "Name"]));
  return found;
}

function guids(members: Reading, role: ClaimedRole, keys: readonly string[]): Subject[] {
  return keys.flatMap((key) => {
    const member = members.at(key);
    const value = guidOf(member.text());
    return value === null ? [] : [{ kind: "guid" as const, value, seenAt: member.path, role }];
  });
}

function names(members: Reading, role: ClaimedRole, keys: readonly string[]): Subject[] {
  for (const key of keys) {
    const member = members.at(key);
    const value = member.text();
    if (value !== null && value !== "" && guidOf(value) === null) {
      return [{ kind: "name", value, seenAt: member.path, role }];
    }
  }
  return [];
}

function serviceAccount(members: Reading, role: ClaimedRole): Subject[] {
  const name = members.at("Name").text();
  const namespace = members.at("Namespace", "Name").text() ?? members.at("Namespace").text();
  const clusterId =
    resourceIdOf(members.at("Namespace", "Cluster", "CloudResource", "ResourceId").text()) ??
    resourceIdOf(members.at("Cluster", "CloudResource", "ResourceId").text());
  if (name === null || namespace === null || clusterId === null) return [];
  return [{ kind: "service-account", clusterId, namespace, name, seenAt: members.path, role }];
}

/** Defender says of entities what part they played; who was only there is spared. */
function roleOf(entity: Reading, members: Reading): ClaimedRole {
  const said = [entity, members].flatMap((it) => [
    ...[...it.at("Roles").items(), it.at("Role")].map((role) => role.text() ?? ""),
    // A list of words inside a string, not JSON.
    ...(it.at("Roles").text() ?? "").split(/[\s,;]+/),
  ]);
  const words = new Set(said.map((word) => word.toLowerCase()).filter((word) => word !== ""));
  if (words.has("attacker") || words.has("compromised") || words.has("source")) return "suspect";
  if (words.has("contextual") || words.has("destination") || words.has("added") || words.has("edited"))
    return "bystander";
  return "unsaid";
}

/** The same claim from two places is one claim, with the first place. */
export function distinct(subjects: readonly Subject[]): Subject[] {
  const seen = new Map<string, Subject>();
  for (const subject of subjects) {
    const { seenAt: _, role: __, ...claim } = subject;
    const key = JSON.stringify(claim).toLowerCase();
    const known = seen.get(key);
    // One place calling it the suspect outweighs others saying nothing.
    if (known === undefined || (known.role === "unsaid" && subject.role !== "unsaid")) seen.set(key, subject);
  }
  return [...seen.values()];
}
