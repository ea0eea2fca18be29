import { recordOf, textOf } from "../activity/log-source.ts";
import type { JudgedEvent } from "../activity/suspicion.ts";
import { trustExpansion } from "../activity/trust-expansion.ts";
import { armIdOf } from "../identifiers.ts";
import type { Lead, LeadOrigin } from "./lead.ts";

/** What a row of the activity log put there, or took away. */
export function azureLeads({ event, activity }: JudgedEvent): readonly Lead[] {
  const expansion = trustExpansion(event);
  // A write that Azure refused left nothing behind.
  if (expansion === null || activity.outcome === "failure") return [];
  const origin: LeadOrigin = {
    at: activity.at,
    by: activity.principalKey,
    evidence: `activity log: ${activity.operation}`,
  };
  const scope = textOf(recordOf(event.row["Authorization_d"])["scope"]);
  const id = targetOf([activity.target, scope]);
  const unclear: Lead = {
    ...origin,
    kind: "unclear",
    onId: id ?? activity.target ?? "",
    onKind: "resource",
    onName: null,
  };
  switch (expansion) {
    case "role-assignment": {
      const assignmentId = matching(
        [activity.target, scope],
        /\/providers\/microsoft\.authorization\/roleassignments\/[0-9a-f-]{36}$/i,
      );
      return [assignmentId === null ? unclear : { ...origin, kind: "role-assignment", assignmentId }];
    }
    case "federated-credential": {
      const parts = /^(.+\/userassignedidentities\/[^/]+)\/federatedidentitycredentials\/([^/]+)$/i.exec(
        id ?? "",
      );
      const [, identityId = "", name = ""] = parts ?? [];
      return [parts === null ? unclear : { ...origin, kind: "identity-federated", identityId, name }];
    }
    case "vault-policy": {
      const vaultId = /^(.+\/microsoft\.keyvault\/vaults\/[^/]+)/i.exec(id ?? "")?.[1];
      return [vaultId === undefined ? unclear : { ...origin, kind: "vault-policy", vaultId }];
    }
    case "diagnostics-deleted": {
      const settingId = matching(
        [activity.target, scope],
        /\/providers\/microsoft\.insights\/diagnosticsettings\/[^/]+$/i,
      );
      return [settingId === null ? unclear : { ...origin, kind: "diagnostic-setting", settingId }];
    }
    // Taking a credential plants nothing: it is in the reach and the activity.
    case "cluster-credential":
    case "key-listing":
    case "publishing-credential":
      return [];
    case "application-credential":
    case "service-principal-credential":
    case "application-changed":
    case "owner":
    case "group-member":
    case "app-role":
    case "consent":
    case "directory-role":
    case "new-application":
    case "new-service-principal":
    case "new-user":
    case "cluster-object":
      return [unclear];
    default:
      return expansion satisfies never;
  }
}

/** The first of some texts that is an ARM id; assignments on management groups and the root have no subscription. */
function targetOf(texts: readonly (string | null)[]): string | null {
  for (const text of texts) {
    const id = text === null ? null : armIdOf(text);
    if (id !== null) return id;
  }
  return null;
}

function matching(texts: readonly (string | null)[], pattern: RegExp): string | null {
  return texts.find((text) => text !== null && /^\/[\w/.() -]+$/.test(text) && pattern.test(text)) ?? null;
}
