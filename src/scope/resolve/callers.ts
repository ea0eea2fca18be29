import { z } from "zod";
import type { Azure } from "../../azure/azure.ts";
import type { TimeWindow } from "../../case/case.ts";
import type { Gaps } from "../gaps.ts";
import { armIdOf, byText, guidOf, kqlList } from "../identifiers.ts";
import { patiently } from "../patience.ts";
import type { DirectoryIndex, Lookup } from "./directory-index.ts";
import type { Candidate } from "./resolution.ts";

const MOST_ROWS = 10_000;
const MOST_CALLERS = 20;

/** Control-plane calls on the resources: whoever fetched a cluster's admin credential leaves no other name behind. */
export function callersInActivity(resourceIds: readonly string[]): string {
  return `AzureActivity
| where _ResourceId in~ ${kqlList(resourceIds)}
| where CategoryValue == "Administrative"
| project TimeGenerated, Caller, OperationNameValue, ActivityStatusValue
| order by TimeGenerated desc
| take ${MOST_ROWS}`;
}

/** Kubernetes calls on the clusters by callers whom Entra knows. */
export function callersInCluster(resourceIds: readonly string[]): string {
  return `AKSAudit
| where _ResourceId in~ ${kqlList(resourceIds)}
| extend Oid = tostring(User.extra.oid[0])
| where isnotempty(Oid)
| project TimeGenerated, Oid, Verb
| order by TimeGenerated desc
| take ${MOST_ROWS}`;
}

const ActivityCaller = z.object({ Caller: z.string(), OperationNameValue: z.string() });
const ClusterCaller = z.object({ Oid: z.string(), Verb: z.string() });

/** What a call says about its caller: fetching credentials most, reading least. */
const TELLING: readonly (readonly [RegExp, number, string])[] = [
  [
    /\/(?:listcluster\w*credential|accessprofiles\/listcredential|runcommand)\/action$/i,
    40,
    "took its credentials",
  ],
  [/\/(?:write|delete|action)$/i, 5, "changed it"],
];

/**
 * Who acted on the resources an alert names when it names no principal: candidates for a person, never more. Two round
 * trips deep: the logs, then the callers in the directory.
 */
export async function whoActedOn(
  azure: Azure,
  index: DirectoryIndex,
  gaps: Gaps,
  asked: {
    readonly resourceIds: readonly string[];
    readonly window: TimeWindow;
    readonly workspaceIds: readonly string[];
  },
): Promise<readonly Candidate[]> {
  const ids = asked.resourceIds.flatMap((id) => armIdOf(id)?.toLowerCase() ?? []);
  if (ids.length === 0) return [];
  if (asked.workspaceIds.length === 0) {
    gaps.note(
      "who acted on the resources named",
      "NO_WORKSPACE",
      "no Log Analytics workspace is known to ask",
    );
    return [];
  }
  const clusters = ids.filter((id) => id.includes("/microsoft.containerservice/managedclusters/"));
  const rowsOf = async (about: string, kql: string): Promise<readonly unknown[]> => {
    const answers = await Promise.all(
      asked.workspaceIds.map((workspace) => patiently(() => azure.logs.query(workspace, kql, asked.window))),
    );
    return answers.flatMap((answer): readonly unknown[] => {
      if (answer.kind === "failed") {
        gaps.failed(about, answer.failure);
        return [];
      }
      if (answer.value.partial) gaps.note(about, "PARTIAL", "the log answered only in part");
      return answer.value.rows;
    });
  };
  const [activity, cluster] = await Promise.all([
    rowsOf("activity log of the resources named", callersInActivity(ids)),
    clusters.length === 0 ? [] : rowsOf("audit log of the clusters named", callersInCluster(clusters)),
  ]);

  const scores = new Map<string, { rank: number; readonly did: Set<string> }>();
  const score = (caller: string, rank: number, did: string) => {
    const known = scores.get(caller) ?? { rank: 0, did: new Set<string>() };
    scores.set(caller, known);
    // The same thing done a hundred times does not make a caller a hundred times likelier.
    if (!known.did.has(did)) known.rank += rank;
    known.did.add(did);
  };
  for (const row of activity) {
    const parsed = ActivityCaller.safeParse(row);
    if (!parsed.success || parsed.data.Caller === "") continue;
    const telling = TELLING.find(([pattern]) => pattern.test(parsed.data.OperationNameValue));
    if (telling !== undefined) score(parsed.data.Caller.toLowerCase(), telling[1], telling[2]);
  }
  for (const row of cluster) {
    const parsed = ClusterCaller.safeParse(row);
    if (!parsed.success) continue;
    const reads = ["get", "list", "watch"].includes(parsed.data.Verb);
    score(
      parsed.data.Oid.toLowerCase(),
      reads ? 4 : 12,
      reads ? "read in the cluster" : "changed the cluster",
    );
  }
  const likeliest = [...scores]
    .toSorted(([a, x], [b, y]) => y.rank - x.rank || byText(a, b))
    .slice(0, MOST_CALLERS);
  const found = await Promise.all(
    likeliest.map(async ([caller, { rank, did }]) => {
      const guid = guidOf(caller);
      const nobody: Lookup = { matches: [], failures: [] };
      const lookup =
        guid !== null
          ? await index.guid(guid)
          : caller.includes("@")
            ? await index.userPrincipalName(caller)
            : nobody;
      return lookup.matches.flatMap((match) =>
        match.kind === "principal"
          ? [{ principal: match.principal, rank, because: [...did].toSorted(byText).join("; ") }]
          : [],
      );
    }),
  );
  return found.flat();
}
