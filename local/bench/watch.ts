import { ownTriesOf } from "../../src/azure/own-tries.ts";
import { azureAs } from "../../src/azure/azure.ts";
import { concernOf } from "../../src/scope/changes/concern.ts";
import { lookForChanges } from "../../src/scope/changes/look-for-changes.ts";
import { resolveSubjects } from "../../src/scope/resolve/resolve.ts";
import { takeScope } from "../../src/scope/take-scope.ts";
import { STEPS } from "../../src/steps/steps.ts";
import { PRODUCT } from "../tenant/scenario/product.ts";
import { startTenant } from "../tenant/start.ts";
import type { Bench, BenchRow } from "./bench.ts";
import { principalOfSize, type Size } from "./containment/principal-of-size.ts";

/** One size: the SDK keeps the first endpoint it gets tokens from for the life of a process. */
const LARGE: Size = { name: "large", credentials: 60, roles: 300, vaults: 80, secretsPerVault: 25 };

/** What a look costs at which nothing changed, beside one that reads everything; tokens apart, of whom each process has its own. */
async function run(): Promise<readonly BenchRow[]> {
  await using tenant = await startTenant({ scenario: principalOfSize(LARGE) });
  using entered = new DisposableStack();
  entered.use(tenant.enterProcess());
  const azure = azureAs(tenant.names.guid("clientId", PRODUCT.reader));
  const window = { from: new Date(Date.now() - 86_400_000).toISOString(), to: new Date().toISOString() };
  const workspaceIds = [...tenant.state.logs.workspaces.keys()];
  const value = tenant.names.guid("servicePrincipal", "suspect");
  const resolution = await resolveSubjects(
    azure,
    [{ kind: "guid", value, role: "suspect", seenAt: "bench" }],
    { protectedIds: new Set(), window, workspaceIds },
  );
  const requests = async (work: () => Promise<unknown>) => {
    tenant.requests.clear();
    await work();
    return tenant.requests.entries.filter(
      ({ service }) => service !== "entra" && service !== "managed-identity",
    ).length;
  };
  const take = () => takeScope(azure, { caseId: "bench", resolution, window, workspaceIds });
  const { scope } = await take();
  const concern = concernOf(
    scope,
    STEPS.flatMap((step) =>
      step.propose(scope, { apiServerRanges: [] }).map(({ target }) => ({ kind: step.kind, target })),
    ),
  );
  const question = { concern, ownIds: [], closedIds: [], workspaceIds, ownTries: ownTriesOf("bench") };
  const { memory } = await lookForChanges(azure, question, null);
  const began = performance.now();
  const quiet = await requests(async () => {
    const { changes, unread } = await lookForChanges(azure, question, memory);
    if (changes.length + unread.length > 0)
      throw new Error(`not quiet: ${JSON.stringify({ changes, unread })}`);
  });
  const inMs = performance.now() - began;
  return [
    { measure: "requests of a look at which nothing changed", value: quiet, unit: "requests" },
    { measure: "its wall time, the stand-in answering at once", value: inMs, unit: "ms" },
    {
      measure: "requests of reading the scope anew",
      value: await requests(take),
      unit: "requests",
    },
    {
      measure: "what is kept from look to look",
      value: JSON.stringify(memory).length,
      unit: "characters",
    },
  ];
}

export const bench: Bench = {
  name: "watch",
  describes: "what a look of the watch costs for one large principal, from the stand-in's request log",
  run,
};
