import type { Azure } from "../../azure/azure.ts";
import type { Subject } from "../../case/subject.ts";
import { ArmResource, CLUSTER, identitiesOf, USER_ASSIGNED_IDENTITY } from "../arm-resources.ts";
import type { Gaps } from "../gaps.ts";
import { armIdOf, guidOf } from "../identifiers.ts";
import { patiently } from "../patience.ts";
import { resourcesById } from "../resource-graph.ts";
import type { DirectoryIndex } from "./directory-index.ts";
import { type Finding, findingOf, refusal } from "./finding.ts";

type Resource = Extract<Subject, { readonly kind: "resource" }>;

const IDENTITY_API = "2024-11-30";

/**
 * The identities of what was named. A managed identity names itself; anything else only has identities: two round trips
 * deep (the resource, then its identities in the directory).
 */
export async function findResources(
  azure: Azure,
  index: DirectoryIndex,
  gaps: Gaps,
  subjects: readonly Resource[],
): Promise<readonly Finding[]> {
  if (subjects.length === 0) return [];
  const named = subjects.map((subject) => ({ subject, id: armIdOf(subject.resourceId) }));
  const ids = [...new Set(named.flatMap(({ id }) => id ?? []))];
  const read = await patiently(() => azure.arm.resourceGraph(resourcesById(ids), ArmResource));
  if (read.kind === "failed") gaps.failed("the resources named", read.failure);
  const rows = new Map((read.kind === "ok" ? read.value : []).map((row) => [row.id.toLowerCase(), row]));

  return Promise.all(
    named.map(async ({ subject, id }): Promise<Finding> => {
      if (id === null) return refusal(subject, "MALFORMED", "not an ARM resource id");
      if (/^\/subscriptions\/[^/]+(?:\/resourcegroups\/[^/]+)?$/i.test(id)) {
        return refusal(subject, "NO_PRINCIPAL", "a subscription or resource group has no identity");
      }
      // Resource Graph lags behind: an identity made a minute ago is only known to ARM.
      const resource = rows.get(id.toLowerCase()) ?? (await identityFromArm(azure, id));
      if (resource === null) {
        return read.kind === "failed"
          ? refusal(subject, "UNREADABLE", `Resource Graph could not be asked: ${read.failure.code}`)
          : refusal(subject, "UNKNOWN", "no such resource can be seen");
      }
      const identities = identitiesOf(resource);
      if (identities.length === 0) {
        return refusal(subject, "NO_PRINCIPAL", `${resource.name} has no identity`);
      }
      const lookups = await Promise.all(
        identities.map(async ({ id: principalId, how }) => {
          const guid = guidOf(principalId);
          return { how, lookup: guid === null ? { matches: [], failures: [] } : await index.guid(guid) };
        }),
      );
      const [only] = lookups;
      if (resource.type === USER_ASSIGNED_IDENTITY && only !== undefined) {
        return findingOf(subject, only.lookup, {
          certainty: "named",
          say: () => `${subject.seenAt} names the identity ${resource.id}`,
        });
      }
      return {
        kind: "nearby",
        subject,
        conclusive: resource.type !== CLUSTER,
        about: resource.id,
        candidates: lookups.flatMap(({ how, lookup }) =>
          lookup.matches.flatMap((match) =>
            match.kind === "principal" ? [{ principal: match.principal, rank: 10, because: how }] : [],
          ),
        ),
      };
    }),
  );
}

async function identityFromArm(azure: Azure, id: string): Promise<ArmResource | null> {
  if (!id.toLowerCase().includes(`/providers/${USER_ASSIGNED_IDENTITY}/`)) return null;
  const read = await patiently(() => azure.arm.get(id, IDENTITY_API, ArmResource));
  return read.kind === "ok" ? read.value : null;
}
