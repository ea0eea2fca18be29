import type { ClaimedRole, Subject } from "../case/subject.ts";
import { type AlertKind, refuse } from "./alert.ts";
import { distinct } from "./entity-subjects.ts";
import { guidOf, resourceIdOf, upnOf } from "./guid.ts";
import type { Reading } from "./reading.ts";
import { isSample } from "./sample-alert.ts";
import { severityOf, windowOf } from "./window.ts";

/** A Defender XDR alert as Microsoft Graph's `security/alerts_v2` gives it, or an incident with such alerts. */
export const graphSecurityAlert: AlertKind = {
  name: "graph-security-alert",
  knownBy: "evidence with @odata.type #microsoft.graph.security.…",

  recognises: (body) =>
    alertsIn(body).some((it) => it.at("evidence").exists && it.at("serviceSource").exists),

  read(body, now) {
    const alerts = alertsIn(body).filter((it) => it.at("evidence").exists);
    const [first] = alerts;
    const id = body.at("id").text() ?? first?.at("id").text() ?? null;
    if (first === undefined || id === null) return refuse("MALFORMED", "The alert has no id.");
    const title = body.at("title").text() ?? first.at("title").text() ?? "(no title)";
    if (isSample([title])) return refuse("SAMPLE_ALERT", "It is a sample alert; nothing happened.");
    if (alerts.every((it) => it.at("status").text()?.toLowerCase() === "resolved")) {
      return refuse("RESOLVED_ALERT", "The alert is resolved.");
    }
    const evidence = alerts.flatMap((it) => it.at("evidence").items()).map(evidenceOf);
    return {
      kind: "cases",
      intakes: [
        {
          trigger: "graph-security-alert",
          deliveredAs: `graph-security ${id.toLowerCase()}`,
          title,
          severity: severityOf(body.at("severity").exists ? body.at("severity") : first.at("severity")),
          subjects: distinct(evidence.flatMap((it) => it.subjects)),
          resourceIds: [...new Set(evidence.flatMap((it) => it.resourceIds))],
          keyIds: [],
          addresses: [...new Set(evidence.flatMap((it) => it.addresses))],
          window: windowOf(
            first.at("firstActivityDateTime"),
            first.at("lastActivityDateTime"),
            first.at("createdDateTime"),
            now,
          ),
          incident: null,
          unread: evidence.flatMap((it) => it.unread),
        },
      ],
    };
  },
};

function alertsIn(body: Reading): readonly Reading[] {
  if (body.at("alerts").exists) return body.at("alerts").items();
  if (body.at("value").exists) return body.at("value").items();
  return body.items();
}

interface EvidenceRead {
  readonly subjects: readonly Subject[];
  readonly resourceIds: readonly string[];
  readonly addresses: readonly string[];
  readonly unread: readonly string[];
}

const NOTHING: EvidenceRead = { subjects: [], resourceIds: [], addresses: [], unread: [] };
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
  "blobEvidence",
  "blobContainerEvidence",
  "amazonResourceEvidence",
  "googleCloudResourceEvidence",
  "hostLogonSessionEvidence",
  "malwareEvidence",
  "networkConnectionEvidence",
  "nicEvidence",
  "dnsEvidence",
  "fileHashEvidence",
  "ioTDeviceEvidence",
  "sasTokenEvidence",
  "cloudLogonRequestEvidence",
]);

function evidenceOf(evidence: Reading): EvidenceRead {
  const kind = (evidence.at("@odata.type").text() ?? "").replace(/^#microsoft\.graph\.security\./, "");
  const role = roleOf(evidence);
  const guid = (key: string): Subject[] => {
    const member = evidence.at(key);
    const value = guidOf(member.text());
    return value === null ? [] : [{ kind: "guid", value, seenAt: member.path, role }];
  };
  switch (kind) {
    case "servicePrincipalEvidence":
      return { ...NOTHING, subjects: [...guid("servicePrincipalObjectId"), ...guid("appId")] };
    case "oauthApplicationEvidence":
      // Documents disagree on what objectId is here; the app id says which application in any case.
      return { ...NOTHING, subjects: [...guid("appId"), ...guid("objectId")] };
    case "cloudApplicationEvidence":
      // appId is Defender for Cloud Apps' number, never a client id, unless it is a GUID.
      return { ...NOTHING, subjects: guid("appId") };
    case "userEvidence":
      return { ...NOTHING, subjects: userSubjects(evidence.at("userAccount"), role) };
    case "cloudLogonSessionEvidence":
      return { ...NOTHING, subjects: userSubjects(evidence.at("account", "userAccount"), role) };
    case "azureResourceEvidence": {
      const id = resourceIdOf(evidence.at("resourceId").text());
      if (id === null) return NOTHING;
      return {
        ...NOTHING,
        resourceIds: [id],
        subjects: [{ kind: "resource", resourceId: id, seenAt: evidence.at("resourceId").path, role }],
      };
    }
    case "kubernetesClusterEvidence": {
      const id = resourceIdOf(evidence.at("cloudResource", "resourceId").text());
      return id === null ? NOTHING : { ...NOTHING, resourceIds: [id] };
    }
    case "kubernetesServiceAccountEvidence": {
      const name = evidence.at("name").text();
      const namespace = evidence.at("namespace", "name").text();
      const clusterId = resourceIdOf(
        evidence.at("namespace", "cluster", "cloudResource", "resourceId").text(),
      );
      if (name === null || namespace === null || clusterId === null) return NOTHING;
      return {
        ...NOTHING,
        subjects: [{ kind: "service-account", clusterId, namespace, name, seenAt: evidence.path, role }],
      };
    }
    case "ipEvidence": {
      const address = evidence.at("ipAddress").text();
      return address === null ? NOTHING : { ...NOTHING, addresses: [address] };
    }
    default:
      return SILENT.has(kind)
        ? NOTHING
        : { ...NOTHING, unread: [`${evidence.path} (${kind === "" ? "no type" : kind})`] };
  }
}

function userSubjects(account: Reading, role: ClaimedRole): readonly Subject[] {
  const id = guidOf(account.at("azureAdUserId").text());
  const upn = upnOf(account.at("userPrincipalName").text());
  return [
    ...(id === null ? [] : [{ kind: "guid" as const, value: id, seenAt: account.path, role }]),
    ...(upn === null ? [] : [{ kind: "upn" as const, value: upn, seenAt: account.path, role }]),
  ];
}

function roleOf(evidence: Reading): ClaimedRole {
  const roles = new Set(
    evidence
      .at("roles")
      .items()
      .map((it) => it.text()?.toLowerCase()),
  );
  for (const word of ["attacker", "compromised", "source"]) if (roles.has(word)) return "suspect";
  for (const word of ["contextual", "destination", "added", "edited", "created"])
    if (roles.has(word)) return "bystander";
  const verdict = evidence.at("verdict").text()?.toLowerCase();
  return verdict === "malicious" || verdict === "suspicious" ? "suspect" : "unsaid";
}
