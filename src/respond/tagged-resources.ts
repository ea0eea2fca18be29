import { z } from "zod";
import { carriesTag, type Policy } from "../plan/policy.ts";
import { isQueryText, kqlText } from "../scope/identifiers.ts";
import { tagsOf } from "../scope/arm-resources.ts";
import type { Tourniquet } from "../tourniquet.ts";
import { ProtectionUnknownError } from "./protection.ts";

const Row = z.object({ id: z.string(), tags: z.record(z.string(), z.string().nullish()).nullish() });

/**
 * ARM ids of resources that carry one of the tags by which the policy protects, or puts before a person, as they are now:
 * whose issuer a secret has is often known late. Throws a ProtectionUnknownError when they cannot be read.
 */
export async function resourcesTagged(
  { policy, reader }: Tourniquet,
  as: "protected" | "production",
): Promise<readonly string[]> {
  const wanted: Policy["production"]["tags"] = policy[as].tags;
  const names = wanted.map(({ name }) => name).filter(isQueryText);
  if (names.length === 0) return [];
  const named = names.map((name) => `tostring(tags) contains ${kqlText(name)}`).join(" or ");
  const rows = await reader.arm.resourceGraph(
    `resources | where ${named} | project id, tags | order by id asc`,
    Row,
  );
  if (rows.kind === "failed")
    throw new ProtectionUnknownError(`could not read resources with ${as} tags: ${rows.failure.code}`);
  return rows.value.filter(({ tags }) => carriesTag(tagsOf(tags), wanted)).map(({ id }) => id);
}
