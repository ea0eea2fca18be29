import type { Subject } from "../../src/case/subject.ts";
import type { Scope } from "../../src/case/scope.ts";
import { resolveSubjects } from "../../src/scope/resolve/resolve.ts";
import { takeScope } from "../../src/scope/take-scope.ts";
import type { ReadTenant } from "./tenant-reader.ts";

export interface Scoping {
  readonly objectIds: readonly string[];
  readonly hours?: number;
  readonly leaked?: readonly Subject[];
}

/** The scope of some suspects of a tenant, over the last hours, as a case takes it. */
export async function scopeOf(
  { tenant, azure }: Pick<ReadTenant, "tenant" | "azure">,
  { objectIds, hours = 5, leaked = [] }: Scoping,
): Promise<Scope> {
  const now = tenant.tenant.clock.now();
  const window = {
    from: new Date(now - hours * 3_600_000).toISOString(),
    to: new Date(now + 60_000).toISOString(),
  };
  const workspaceIds = [...tenant.state.logs.workspaces.keys()];
  const resolution = await resolveSubjects(
    azure,
    [
      ...objectIds.map((value): Subject => ({ kind: "guid", value, role: "suspect", seenAt: "the alert" })),
      ...leaked,
    ],
    { protectedIds: new Set(), window, workspaceIds },
  );
  const { scope } = await takeScope(azure, { caseId: "case-1", resolution, window, workspaceIds });
  return scope;
}

/** Lists of which only the members matter, in one order. */
export function inOrder<T>(items: readonly T[]): readonly T[] {
  const text = (item: T) => JSON.stringify(item);
  return items.toSorted((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0));
}
