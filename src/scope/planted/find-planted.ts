import { sideBySide } from "../../azure/side-by-side.ts";
import type { Planted } from "../../case/planted.ts";
import type { JudgedEvent } from "../activity/suspicion.ts";
import type { Inventory } from "../inventory.ts";
import type { Reading } from "../reading.ts";
import { auditLeads } from "./audit-leads.ts";
import { azureLeads } from "./azure-leads.ts";
import { clusterLeads } from "./cluster-leads.ts";
import type { Lead } from "./lead.ts";
import {
  lookAtApplicationFederated,
  lookAtDiagnostics,
  lookAtIdentityFederated,
  lookAtRoleAssignment,
  lookAtVault,
} from "./look-at-azure.ts";
import { lookAtCredentials, lookAtObject, lookAtOwner } from "./look-at-directory.ts";
import { lookAtAppRole, lookAtDirectoryRole, lookAtGrant, lookAtMember } from "./look-at-grants.ts";
import { plantedFrom, sortPlanted } from "./planted.ts";

/** Looks at the directory share batches, so there may be many at a time. */
const LOOKS_AT_ONCE = 100;

/** The leads in a set of judged events: who put what where, not yet looked at. */
export function leadsIn(events: readonly JudgedEvent[]): readonly Lead[] {
  return events.flatMap((judged): readonly Lead[] => {
    // Refused attempts planted nothing.
    if (judged.activity.outcome === "failure") return [];
    switch (judged.activity.source) {
      case "directory-audit":
        return auditLeads(judged);
      case "azure-activity":
        return azureLeads(judged);
      case "cluster-audit":
        return clusterLeads(judged);
      case "service-principal-sign-in":
      case "managed-identity-sign-in":
      case "user-sign-in":
      case "graph-activity":
      case "key-vault":
      case "storage":
        return [];
      default:
        return judged.activity.source satisfies never;
    }
  });
}

/**
 * What the leads say was planted, each looked up anew so that it is known whether it is still there: one round trip, and
 * a second for the names of roles. What cannot be looked at stays in the list with `present: null`.
 */
export async function lookAtLeads(
  reading: Reading,
  leads: readonly Lead[],
  inventory: Inventory,
  suspects: readonly { readonly objectId: string | null; readonly appId: string | null }[],
): Promise<readonly Planted[]> {
  const distinct = [...new Map(leads.map((lead) => [JSON.stringify({ ...lead, at: "" }), lead])).values()];
  const made = distinct.flatMap((lead) =>
    lead.kind === "object" ? [{ objectId: lead.objectId, appId: null }] : [],
  );
  const found = await sideBySide(distinct, LOOKS_AT_ONCE, (lead) =>
    look(reading, lead, inventory, [...suspects, ...made]),
  );
  return sortPlanted(found.flat());
}

async function look(
  reading: Reading,
  lead: Lead,
  inventory: Inventory,
  suspects: readonly { readonly objectId: string | null; readonly appId: string | null }[],
): Promise<readonly Planted[]> {
  switch (lead.kind) {
    case "credentials":
      return lookAtCredentials(reading, lead);
    case "application-federated":
      return lookAtApplicationFederated(reading, lead, inventory);
    case "identity-federated":
      return lookAtIdentityFederated(reading, lead, inventory);
    case "owner":
      return lookAtOwner(reading, lead);
    case "group-member":
      return lookAtMember(reading, lead);
    case "app-role":
      return lookAtAppRole(reading, lead);
    case "grant":
      return lookAtGrant(reading, lead);
    case "directory-role":
      return lookAtDirectoryRole(reading, lead);
    case "role-assignment":
      return lookAtRoleAssignment(reading, lead);
    case "vault-policy":
      return lookAtVault(reading, lead, suspects);
    case "object":
      return lookAtObject(reading, lead);
    case "diagnostic-setting":
      return lookAtDiagnostics(reading, lead);
    case "cluster-object": {
      const { verb, apiGroup, apiVersion, resource, namespace, name, uid, inferred } = lead;
      const clusterId = inventory.idOf(lead.clusterId);
      const kind = apiGroup === null ? resource : `${resource}.${apiGroup}`;
      return [
        plantedFrom(lead, {
          kind: "cluster-object",
          onId: clusterId,
          onKind: "cluster",
          onName: name,
          id: [namespace ?? "-", kind, name ?? "*"].join("/"),
          // Only the cluster's own API can tell.
          present: null,
          detail: {
            kind: "cluster-object",
            clusterId,
            verb,
            apiGroup,
            apiVersion,
            resource,
            namespace,
            name,
            uid,
            inferred,
          },
        }),
      ];
    }
    case "unclear": {
      const { onId, onKind, onName } = lead;
      return [plantedFrom(lead, { kind: "other", onId, onKind, onName, id: null, present: null })];
    }
    default:
      return lead satisfies never;
  }
}
