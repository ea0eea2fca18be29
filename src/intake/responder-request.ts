import type { Subject } from "../case/subject.ts";
import { NO_CLAIMS } from "./claims.ts";
import { guidOf, resourceIdOf, upnOf } from "./guid.ts";
import type { Intake } from "./intake.ts";
import { newIntake } from "./new-intake.ts";
import { secretNameOf, secretVersionOf, vaultNameOf } from "./vault-names.ts";

/** How a person's request is called where alert kinds are named. */
export const RESPONDER = "responder";

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
        reason: `subjects[${index}] is none of: a GUID, a UPN, an ARM id, a display name, {subject, issuer?}, {clusterId, namespace, serviceAccount}, {vault, secret, version?}, {appId or keyId or hint of a leaked credential, foundIn?}.`,
      };
    }
    read.push(one);
  }
  return {
    kind: "intake",
    // A caller's key is theirs to the letter.
    intake: {
      ...newIntake({
        trigger: RESPONDER,
        knownAs: [deliveredAs],
        title: reason,
        // A person who asks by name is as sure as anybody gets.
        severity: "high",
        claims: {
          ...NO_CLAIMS,
          subjects: read,
          resourceIds: read.flatMap((it) => (it.kind === "resource" ? [it.resourceId] : [])),
        },
        keyIds: read.flatMap((it) => (it.kind === "leaked-credential" ? (it.keyId ?? []) : [])),
        window: { from: new Date(now.getTime() - LOOK_BACK_IN_MS).toISOString(), to: now.toISOString() },
      }),
      deliveredAs,
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
  const [federated, clusterId] = [text("subject"), resourceIdOf(text("clusterId"))];
  if (federated !== null)
    return { kind: "federated", issuer: text("issuer"), subject: federated, seenAt, role };
  const [namespace, name] = [text("namespace"), text("serviceAccount")];
  if (clusterId !== null && namespace !== null && name !== null) {
    return { kind: "service-account", clusterId, namespace, name, seenAt, role };
  }
  const [vaultName, secretName] = [vaultNameOf(text("vault")), secretNameOf(text("secret"))];
  if (vaultName !== null && secretName !== null) {
    const version = secretVersionOf(text("version"));
    return { kind: "vault-secret", vaultName, secretName, version, seenAt, role };
  }
  return leakOf(text, seenAt);
}

/** A credential that somebody found. Of its beginning three characters are kept, whatever was sent. */
function leakOf(text: (key: string) => string | null, seenAt: string): Subject | null {
  const [appId, keyId] = [guidOf(text("appId")), guidOf(text("keyId"))];
  const hint = text("hint")?.slice(0, 3) ?? null;
  if (appId === null && keyId === null && hint === null) return null;
  const foundIn = text("foundIn")?.slice(0, 300) ?? "what the responder said";
  return { kind: "leaked-credential", appId, keyId, hint, foundIn, seenAt, role: "suspect" };
}
