import { isIP } from "node:net";
import type { ClaimedRole, Subject } from "../case/subject.ts";
import { guidOf, resourceIdOf, upnOf } from "./guid.ts";
import type { Reading } from "./reading.ts";

/** What a part of an alert names. */
export interface Claims {
  readonly subjects: readonly Subject[];
  readonly resourceIds: readonly string[];
  readonly addresses: readonly string[];
  /** What was there and could not be used, by path. */
  readonly unread: readonly string[];
}

export const NO_CLAIMS: Claims = { subjects: [], resourceIds: [], addresses: [], unread: [] };

const LONGEST_NAME = 256;

/** All of several parts, each claim once. */
export function together(parts: readonly Claims[]): Claims {
  return {
    subjects: distinct(parts.flatMap((it) => it.subjects)),
    resourceIds: distinctIds(parts.flatMap((it) => it.resourceIds)),
    addresses: [...new Set(parts.flatMap((it) => it.addresses))],
    unread: parts.flatMap((it) => it.unread),
  };
}

/** Those of the members that are GUIDs: senders put object ids and app ids anywhere. */
export function guidClaims(members: Reading, role: ClaimedRole, keys: readonly string[]): readonly Subject[] {
  return keys.flatMap((key) => guidClaim(members.at(key), role));
}

export function guidClaim(member: Reading, role: ClaimedRole): readonly Subject[] {
  const value = guidOf(member.text());
  return value === null ? [] : [{ kind: "guid", value, seenAt: member.path, role }];
}

export function upnClaim(member: Reading, role: ClaimedRole): readonly Subject[] {
  const value = upnOf(member.text());
  return value === null ? [] : [{ kind: "upn", value, seenAt: member.path, role }];
}

/** The first member that is a name: the last resort, for a person to see candidates by. */
export function nameClaim(members: Reading, role: ClaimedRole, keys: readonly string[]): readonly Subject[] {
  for (const key of keys) {
    const member = members.at(key);
    const value = member.text()?.slice(0, LONGEST_NAME) ?? null;
    if (value !== null && !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) {
      return [{ kind: "name", value, seenAt: member.path, role }];
    }
  }
  return [];
}

/** An ARM id: something that is an identity or has some. */
export function resourceClaims(member: Reading, role: ClaimedRole): Claims {
  const resourceId = resourceIdOf(member.text());
  if (resourceId === null) return NO_CLAIMS;
  return {
    ...NO_CLAIMS,
    resourceIds: [resourceId],
    subjects: [{ kind: "resource", resourceId, seenAt: member.path, role }],
  };
}

/** A Kubernetes service account, where its cluster is said too: names alone are the same in every cluster. */
export function serviceAccountClaims(members: Reading, role: ClaimedRole): Claims {
  const name = members.at("Name").text();
  const inner = members.at("Namespace");
  const namespace = inner.at("Name").text() ?? inner.text();
  const clusterId = [inner.at("Cluster"), members.at("Cluster")]
    .map((it) => resourceIdOf(it.at("CloudResource", "ResourceId").text()))
    .find((it) => it !== null);
  if (name === null || namespace === null || clusterId === undefined) return NO_CLAIMS;
  return {
    ...NO_CLAIMS,
    resourceIds: [clusterId],
    subjects: [
      {
        kind: "service-account",
        clusterId,
        namespace: namespace.slice(0, LONGEST_NAME),
        name: name.slice(0, LONGEST_NAME),
        seenAt: members.path,
        role,
      },
    ],
  };
}

/** Addresses of the internet among texts; a port behind one is dropped. */
export function addressesOf(members: readonly Reading[]): readonly string[] {
  return members.flatMap((it) => {
    const text = it.text() ?? "";
    const bare = /^\[([0-9a-f:.]{2,45})\](?::\d{1,5})?$/i.exec(text)?.[1] ?? text;
    const address = isIP(bare) === 0 ? bare.replace(/:\d{1,5}$/, "") : bare;
    return isIP(address) === 0 ? [] : [address.toLowerCase()];
  });
}

/** The same claim from two places is one claim, with the first place. */
export function distinct(subjects: readonly Subject[]): readonly Subject[] {
  const seen = new Map<string, Subject>();
  for (const subject of subjects) {
    const { seenAt: _, role: __, ...claim } = subject;
    const key = JSON.stringify(claim).toLowerCase();
    const known = seen.get(key);
    // One place calling it the suspect outweighs others saying nothing, or that it was only there.
    if (known === undefined || WEIGHT[subject.role] > WEIGHT[known.role]) seen.set(key, subject);
  }
  return [...seen.values()];
}

const WEIGHT: Readonly<Record<ClaimedRole, number>> = { suspect: 2, bystander: 1, unsaid: 0 };

/** ARM ids, which differ by more than case only. */
export function distinctIds(ids: readonly string[]): readonly string[] {
  const seen = new Map<string, string>();
  for (const id of ids) if (!seen.has(id.toLowerCase())) seen.set(id.toLowerCase(), id);
  return [...seen.values()];
}
