import { z } from "zod";
import type { TimeWindow } from "../case/case.ts";
import { type Principal, principalKey } from "../case/principal.ts";
import type { Planted } from "../case/planted.ts";
import type { RelatedPrincipal } from "../case/scope.ts";
import { rowsOf } from "./activity/collect.ts";
import { addressOf, momentOf, onlyAddresses } from "./activity/log-source.ts";
import { byText, guidOf, kqlList } from "./identifiers.ts";
import type { Reading } from "./reading.ts";
import { directoryIndex, withLinkedObjects } from "./resolve/directory-index.ts";

const SignIn = z.object({ ServicePrincipalId: z.string(), IPAddress: z.string() });
const MOST_RELATED = 50;

/** Who else signed in from these addresses: secrets found on the way are tried from where the others were. */
export function signInsFrom(addresses: readonly string[]): string {
  return `AADServicePrincipalSignInLogs
| where IPAddress in ${kqlList(addresses)}
| where ResultType == "0"
| project TimeGenerated, ServicePrincipalId, IPAddress
| order by TimeGenerated asc
| take 5000`;
}

/** Why somebody is related, and since when. */
interface Tie {
  readonly id: string;
  readonly because: string;
  readonly since: string;
  /** It acts for the suspects, or is their own making. Otherwise something was only done to it. */
  readonly sameHands: boolean;
}

/**
 * Principals that are no suspects of this case and likely in the same hands: they signed in from where the suspects'
 * suspicious calls came from. For a person, or a case of their own; nothing is done to them here. One round trip.
 */
export async function tiesByAddress(
  reading: Reading,
  asked: {
    readonly addresses: ReadonlySet<string>;
    readonly window: TimeWindow;
    readonly workspaceIds: readonly string[];
  },
): Promise<readonly Tie[]> {
  const addresses = onlyAddresses(asked.addresses);
  if (addresses.length === 0 || asked.workspaceIds.length === 0) return [];
  const about = "sign-ins of others from the suspects' addresses";
  const rows = await rowsOf(reading, about, signInsFrom(addresses), asked.window, asked.workspaceIds);
  const first = new Map<string, Tie>();
  for (const row of rows) {
    const parsed = SignIn.safeParse(row);
    const since = momentOf(row["TimeGenerated"]);
    const id = parsed.success ? guidOf(parsed.data.ServicePrincipalId) : null;
    if (!parsed.success || since === null || id === null) continue;
    const known = first.get(id);
    if (known !== undefined && known.since <= since) continue;
    const address = addressOf(parsed.data.IPAddress) ?? "";
    const because = `signed in from ${address}, where the suspects' suspicious calls came from`;
    first.set(id, { id, because, since, sameHands: true });
  }
  if (first.size > MOST_RELATED) {
    reading.gaps.note(
      about,
      "TOO_MANY",
      `${first.size} principals: the address is likely shared by many, so none of them is named`,
    );
    return [];
  }
  return [...first.values()];
}

/** Who was made, empowered or made usable by what the suspects planted. Pure. */
export function tiesByPlanting(planted: readonly Planted[]): readonly Tie[] {
  return planted
    .filter(({ present, by }) => present === true && by !== "unknown")
    .flatMap(({ detail, onId, at }): readonly Tie[] => {
      const tie = (id: string | null, because: string, sameHands = false): readonly Tie[] =>
        id === null ? [] : [{ id: id.toLowerCase(), because, since: at, sameHands }];
      switch (detail.kind) {
        case "principal":
          return tie(
            detail.principal.objectId ?? detail.principal.applicationObjectId,
            "the suspects made it",
            true,
          );
        case "role-assignment":
          return tie(
            detail.assignment.principalId,
            `the suspects gave it ${detail.assignment.roleName ?? "a role"}`,
          );
        case "app-role":
          return tie(
            detail.assignment.principalId,
            `the suspects gave it ${detail.assignment.value ?? "an app role"}`,
          );
        case "grant":
          return tie(detail.grant.clientId, "the suspects consented for it");
        case "directory-role":
          return tie(
            detail.principalId,
            `the suspects gave it ${detail.role.roleName ?? "a directory role"}`,
          );
        case "group":
          return tie(detail.memberId, "the suspects put it into a group");
        case "owner":
          return [
            ...tie(detail.ownership.objectId, "the suspects made it an owner"),
            ...tie(onId, "the suspects gave it an owner, who can add credentials to it"),
          ];
        case "password":
        case "certificate":
          return tie(onId, "the suspects added a credential to it");
        case "federated":
          return detail.credential.holder === "application"
            ? tie(onId, "the suspects added a federated credential to it")
            : [];
        case "vault-policy":
          return tie(detail.policy.objectId, "the suspects gave it access to a vault");
        case "cluster-object":
        case "noted":
          return [];
        default:
          return detail satisfies never;
      }
    });
}

export interface Related {
  readonly related: readonly RelatedPrincipal[];
  readonly affected: readonly RelatedPrincipal[];
}

/** The principals that ties lead to, suspects and Microsoft's own left out, each once with all that ties it. */
export async function relatedBy(
  reading: Reading,
  ties: readonly Tie[],
  suspectIds: ReadonlySet<string>,
): Promise<Related> {
  const byId = Map.groupBy(
    ties.filter(({ id }) => guidOf(id) !== null && !suspectIds.has(id)),
    ({ id }) => id,
  );
  const index = directoryIndex(reading.directory);
  const found = await Promise.all(
    [...byId].map(async ([id, own]) => {
      const { matches } = await index.guid(id);
      return matches.flatMap((match) =>
        match.kind === "principal" && match.principal.home !== "microsoft"
          ? [{ principal: match.principal, ties: own }]
          : [],
      );
    }),
  );
  const linked = await withLinkedObjects(
    reading.directory,
    found.flat().map(({ principal }) => principal),
  );
  for (const failure of linked.failures) reading.gaps.failed("related principals", failure);
  const byKey = new Map<string, { readonly principal: Principal; readonly ties: readonly Tie[] }>();
  for (const [at, { ties: own }] of found.flat().entries()) {
    const principal = linked.principals[at];
    if (principal === undefined || suspectIds.has(principalKey(principal).toLowerCase())) continue;
    const key = principalKey(principal);
    // Its application and its service principal may both have been tied; they are one.
    byKey.set(key, { principal, ties: [...(byKey.get(key)?.ties ?? []), ...own] });
  }
  const all = [...byKey].toSorted(([a], [b]) => byText(a, b)).map(([, it]) => it);
  const close = ({ ties: own }: { readonly ties: readonly Tie[] }) => own.some(({ sameHands }) => sameHands);
  return {
    related: all.filter(close).map(asRelated),
    affected: all.filter((it) => !close(it)).map(asRelated),
  };
}

function asRelated({ principal, ties }: { readonly principal: Principal; readonly ties: readonly Tie[] }) {
  return {
    principal,
    because: [...new Set(ties.map(({ because }) => because))].toSorted(byText).join("; "),
    since: ties.map(({ since }) => since).toSorted(byText)[0] ?? "",
  };
}
