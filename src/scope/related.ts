import { z } from "zod";
import type { TimeWindow } from "../case/case.ts";
import type { RelatedPrincipal } from "../case/scope.ts";
import { rowsOf } from "./activity/collect.ts";
import { addressOf, momentOf } from "./activity/log-source.ts";
import { byText, guidOf, kqlList } from "./identifiers.ts";
import type { Reading } from "./reading.ts";
import { directoryIndex } from "./resolve/directory-index.ts";

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

/**
 * Principals that are no suspects of this case and signed in from where the suspects' suspicious calls came from: likely
 * in the same hands. For a person, or a case of their own; nothing is done to them here. Two round trips deep.
 */
export async function readRelated(
  reading: Reading,
  asked: {
    readonly addresses: ReadonlySet<string>;
    readonly suspectIds: ReadonlySet<string>;
    readonly window: TimeWindow;
    readonly workspaceIds: readonly string[];
  },
): Promise<readonly RelatedPrincipal[]> {
  const addresses = [...asked.addresses].toSorted(byText);
  if (addresses.length === 0 || asked.workspaceIds.length === 0) return [];
  const rows = await rowsOf(
    reading,
    "sign-ins of others from the suspects' addresses",
    signInsFrom(addresses),
    asked.window,
    asked.workspaceIds,
  );
  const first = new Map<string, { readonly at: string; readonly address: string }>();
  for (const row of rows) {
    const parsed = SignIn.safeParse(row);
    const at = momentOf(row["TimeGenerated"]);
    const id = parsed.success ? guidOf(parsed.data.ServicePrincipalId) : null;
    if (!parsed.success || at === null || id === null || asked.suspectIds.has(id)) continue;
    const known = first.get(id);
    if (known === undefined || at < known.at) {
      first.set(id, { at, address: addressOf(parsed.data.IPAddress) ?? "" });
    }
  }
  if (first.size > MOST_RELATED) {
    reading.gaps.note(
      "sign-ins of others from the suspects' addresses",
      "TOO_MANY",
      `${first.size} principals: the address is likely shared by many, so none of them is named`,
    );
    return [];
  }
  const index = directoryIndex(reading.directory);
  const found = await Promise.all(
    [...first].map(async ([id, { at, address }]): Promise<readonly RelatedPrincipal[]> => {
      const { matches } = await index.guid(id);
      return matches.flatMap((match) =>
        match.kind === "principal" && match.principal.home !== "microsoft"
          ? [
              {
                principal: match.principal,
                because: `signed in from ${address}, where the suspects' suspicious calls came from`,
                since: at,
              },
            ]
          : [],
      );
    }),
  );
  return found.flat().toSorted((a, b) => byText(a.principal.objectId ?? "", b.principal.objectId ?? ""));
}
