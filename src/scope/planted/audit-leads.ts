import { AuditRow } from "../activity/directory-audit.ts";
import { textOf } from "../activity/log-source.ts";
import type { JudgedEvent } from "../activity/suspicion.ts";
import { trustExpansion } from "../activity/trust-expansion.ts";
import { guidOf } from "../identifiers.ts";
import type { Lead, LeadOrigin } from "./lead.ts";

type Target = AuditRow["TargetResources"][number];

/** What a row of the directory's log put there. Values in it are JSON in a string, ids often as arrays of one. */
export function auditLeads({ event, activity }: JudgedEvent): readonly Lead[] {
  const expansion = trustExpansion(event);
  const parsed = AuditRow.safeParse(event.row);
  if (expansion === null || !parsed.success) return [];
  const targets = parsed.data.TargetResources;
  const [first] = targets;
  const origin: LeadOrigin = {
    at: activity.at,
    by: activity.principalKey,
    evidence: `directory audit: ${activity.operation}`,
  };
  const property = (name: string): string | null => propertyOf(targets, name);
  const idOf = (type: string): string | null =>
    guidOf(targets.find((target) => target.type === type)?.id ?? "");
  const unclear: Lead = {
    ...origin,
    kind: "unclear",
    onId: textOf(first?.id) ?? "",
    onKind: textOf(first?.type) ?? "Other",
    onName: textOf(first?.displayName),
  };
  const ofFirst = guidOf(first?.id ?? "");
  if (ofFirst === null) return [unclear];

  switch (expansion) {
    case "application-credential":
    case "service-principal-credential": {
      const keyIds = addedKeys(targets);
      // Making an application logs this too, with nothing before and nothing after.
      if (keyIds !== null && keyIds.length === 0) return [];
      const holder = first?.type === "ServicePrincipal" ? "service-principal" : "application";
      return [{ ...origin, kind: "credentials", holder, holderId: ofFirst, keyIds }];
    }
    case "application-changed": {
      const change = changeOf(targets, "FederatedIdentityCredentials");
      return change === null
        ? []
        : [{ ...origin, kind: "application-federated", applicationId: ofFirst, ...change }];
    }
    case "owner": {
      const application = guidOf(property("Application.ObjectID") ?? "") ?? idOf("Application");
      const principal = guidOf(property("ServicePrincipal.ObjectID") ?? "");
      const ofApplication = /to application/i.test(activity.operation);
      const objectId = ofApplication ? application : (principal ?? idOf("ServicePrincipal"));
      const owner = targets
        .map((target) => guidOf(target.id ?? ""))
        .find((id) => id !== null && id !== objectId);
      return objectId === null || owner == null
        ? [unclear]
        : [
            {
              ...origin,
              kind: "owner",
              of: ofApplication ? "application" : "service-principal",
              objectId,
              ownerId: owner,
            },
          ];
    }
    case "group-member": {
      const groupId = guidOf(property("Group.ObjectID") ?? "") ?? idOf("Group");
      const memberId = targets
        .map((target) => guidOf(target.id ?? ""))
        .find((id) => id !== null && id !== groupId);
      return groupId === null || memberId == null
        ? [unclear]
        : [{ ...origin, kind: "group-member", groupId, memberId }];
    }
    case "app-role": {
      const granteeId = guidOf(property("ServicePrincipal.ObjectID") ?? property("User.ObjectID") ?? "");
      const grantee =
        granteeId ?? targets.map((target) => guidOf(target.id ?? "")).findLast((id) => id !== null) ?? null;
      return grantee === null
        ? [unclear]
        : [
            {
              ...origin,
              kind: "app-role",
              granteeId: grantee,
              resourceId: grantee === ofFirst ? null : ofFirst,
              appRoleId: guidOf(property("AppRole.Id") ?? ""),
            },
          ];
    }
    case "consent": {
      const client = guidOf(property("ServicePrincipal.ObjectID") ?? "");
      const others = targets.flatMap((target) => guidOf(target.id ?? "") ?? []);
      const clientId = client ?? others.at(-1) ?? null;
      return clientId === null
        ? [unclear]
        : [{ ...origin, kind: "grant", clientId, resourceId: clientId === ofFirst ? null : ofFirst }];
    }
    case "directory-role": {
      const roleIds = [property("Role.TemplateId"), property("Role.ObjectID")].flatMap(
        (id) => guidOf(id ?? "") ?? [],
      );
      return [{ ...origin, kind: "directory-role", principalId: ofFirst, roleIds }];
    }
    case "new-application":
    case "new-service-principal":
    case "new-user":
      return [
        {
          ...origin,
          kind: "object",
          objectKind:
            expansion === "new-user"
              ? "user"
              : expansion === "new-application"
                ? "application"
                : "service-principal",
          objectId: ofFirst,
          name: textOf(first?.displayName),
        },
      ];
    case "role-assignment":
    case "federated-credential":
    case "vault-policy":
    case "diagnostics-deleted":
    case "cluster-credential":
    case "key-listing":
    case "publishing-credential":
    case "cluster-object":
      return [unclear];
    default:
      return expansion satisfies never;
  }
}

/** Key ids that the object has after and had not before; null when the row does not describe its credentials. */
function addedKeys(targets: readonly Target[]): readonly string[] | null {
  const change = changeOf(targets, "KeyDescription");
  if (change === null) return null;
  const ids = (text: string) =>
    new Set(
      [...text.matchAll(/KeyIdentifier=([0-9a-f-]{36})/gi)].flatMap(([, id]) => guidOf(id ?? "") ?? []),
    );
  const before = ids(change.before);
  return [...ids(change.after)].filter((id) => !before.has(id));
}

function changeOf(
  targets: readonly Target[],
  name: string,
): { readonly before: string; readonly after: string } | null {
  for (const { modifiedProperties } of targets) {
    const found = modifiedProperties?.find((it) => it.displayName === name);
    if (found !== undefined) return { before: found.oldValue ?? "", after: found.newValue ?? "" };
  }
  return null;
}

/** The new value of a property, out of its JSON: a text, or an array of one. */
function propertyOf(targets: readonly Target[], name: string): string | null {
  const text = changeOf(targets, name)?.after;
  if (text === undefined || text === "") return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  const one: unknown = Array.isArray(value) ? value[0] : value;
  return typeof one === "string" ? one : null;
}
