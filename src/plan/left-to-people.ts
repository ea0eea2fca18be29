import type { PersonAction } from "../case/plan.ts";
import { principalKey } from "../case/principal.ts";
import type { Planted } from "../case/planted.ts";
import type { Scope } from "../case/scope.ts";

/** What the suspects made or changed that no step takes away: inside clusters, in the dark, or as something of its own. */
export function leftToPeople(scope: Scope): readonly PersonAction[] {
  const suspects = new Set(
    scope.principals.flatMap(({ principal }) => [principalKey(principal), principal.applicationObjectId]),
  );
  return scope.planted.flatMap((it) => {
    const title = taskFor(it, suspects);
    return title === null
      ? []
      : [
          {
            title,
            because: `${sentence(it.evidence)} Seen ${it.at}.`,
            targetId: it.id ?? it.onId,
            missing: [],
          },
        ];
  });
}

function taskFor(planted: Planted, suspects: ReadonlySet<string | null>): string | null {
  const { kind, id, onId, onName, present, detail } = planted;
  const on = onName ?? onId.split("/").at(-1) ?? onId;
  switch (kind) {
    case "cluster-object":
      return present === false
        ? null
        : `In the cluster ${onId.split("/").at(-1) ?? onId}, save and take away ${id ?? on}, what owns it first`;
    case "diagnostic-setting":
      // The setting was deleted: `present` is whether it is there again.
      return present === true
        ? null
        : `Set up the diagnostic setting ${id ?? on} again: nothing is logged without it`;
    case "application":
    case "service-principal":
    case "user":
      return present === false || suspects.has(id) || suspects.has(onId)
        ? null
        : `Decide what to do about ${on}, which the suspect made`;
    case "other":
      return present === false ? null : `Look at what was changed on ${on}`;
    case "application-password":
    case "application-certificate":
    case "service-principal-password":
    case "service-principal-certificate":
    case "federated-credential":
    case "owner":
    case "group-membership":
    case "app-role-assignment":
    case "delegated-grant":
    case "directory-role":
    case "role-assignment":
    case "vault-policy":
      // With details there is a step; without, it could not be looked at.
      return present === false || detail.kind !== "noted"
        ? null
        : `Look for the ${kind.replaceAll("-", " ")} planted on ${on}, and remove it`;
    default:
      return kind satisfies never;
  }
}

function sentence(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}
