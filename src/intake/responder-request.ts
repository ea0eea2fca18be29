import type { Subject } from "../case/subject.ts";
import { guidOf, resourceIdOf, upnOf } from "./guid.ts";
import type { Intake } from "./intake.ts";

const LOOK_BACK_IN_MS = 7 * 86_400_000;

export interface ResponderRequest {
  readonly subjects: readonly (string | Readonly<Record<string, unknown>>)[];
  readonly reason: string;
  readonly deliveredAs: string;
  readonly now: Date;
}

export type ResponderResult =
  | { readonly kind: "intake"; readonly intake: Intake }
  | { readonly kind: "refused"; readonly code: "UNKNOWN_SUBJECT"; readonly reason: string };

/** What a responder named. A word that is neither id, UPN nor ARM id is taken as a name: it is looked up and never acted on. */
export function readResponderRequest({
  subjects,
  reason,
  deliveredAs,
  now,
}: ResponderRequest): ResponderResult {
  const read: Subject[] = [];
  for (const [index, subject] of subjects.entries()) {
    const one = subjectOf(subject, `subjects[${index}]`);
    if (one === null) {
      return {
        kind: "refused",
        code: "UNKNOWN_SUBJECT",
        reason: `subjects[${index}] is none of: a GUID, a UPN, an ARM id, {issuer, subject}, {clusterId, namespace, serviceAccount}, {vault, secret}.`,
      };
    }
    read.push(one);
  }
  return {
    kind: "intake",
    intake: {
      trigger: "responder",
      deliveredAs,
      title: reason,
      // A person who asks by name is as sure as anybody gets.
      severity: "high",
      subjects: read,
      resourceIds: read.flatMap((it) => (it.kind === "resource" ? [it.resourceId] : [])),
      keyIds: [],
      addresses: [],
      window: { from: new Date(now.getTime() - LOOK_BACK_IN_MS).toISOString(), to: now.toISOString() },
      incident: null,
      unread: [],
    },
  };
}

function subjectOf(subject: string | Readonly<Record<string, unknown>>, seenAt: string): Subject | null {
  const role = "suspect" as const;
  if (typeof subject === "string") {
    const guid = guidOf(subject);
    if (guid !== null) return { kind: "guid", value: guid, seenAt, role };
    const resourceId = resourceIdOf(subject);
    if (resourceId !== null) return { kind: "resource", resourceId, seenAt, role };
    const upn = upnOf(subject);
    if (upn !== null) return { kind: "upn", value: upn, seenAt, role };
    return { kind: "name", value: subject, seenAt, role };
  }
  const text = (key: string) => {
    const value = subject[key];
    return typeof value === "string" && value !== "" ? value : null;
  };
  const [federated, clusterId, vault] = [text("subject"), resourceIdOf(text("clusterId")), text("vault")];
  if (federated !== null)
    return { kind: "federated", issuer: text("issuer"), subject: federated, seenAt, role };
  const [namespace, name] = [text("namespace"), text("serviceAccount")];
  if (clusterId !== null && namespace !== null && name !== null) {
    return { kind: "service-account", clusterId, namespace, name, seenAt, role };
  }
  const secretName = text("secret");
  if (vault !== null && secretName !== null) {
    return { kind: "vault-secret", vaultName: vault, secretName, version: text("version"), seenAt, role };
  }
  return null;
}
