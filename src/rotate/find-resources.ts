import { z } from "zod";
import type { Answer } from "../azure/failure.ts";
import { isQueryText, kqlList } from "../scope/identifiers.ts";
import type { NamedResource } from "./clues.ts";
import type { RotationWork } from "./work.ts";

const Row = z.object({ id: z.string(), administratorLogin: z.string().nullish() });
type Row = z.infer<typeof Row>;

/** Resources of these types that are called so, wherever we can see them. One request. */
export function resourcesNamed(
  { azure }: Pick<RotationWork, "azure">,
  named: readonly NamedResource[],
): Promise<Answer<readonly Row[]>> {
  const types = [...new Set(named.flatMap((it) => it.types))];
  const names = [...new Set(named.map(({ name }) => name))].filter(isQueryText);
  return azure.arm.resourceGraph(
    `resources | where type in~ ${kqlList(types)} | where name in~ ${kqlList(names)} | project id, administratorLogin = tostring(properties.administratorLogin) | order by id asc`,
    Row,
  );
}

/** Resources of these types, those beside the vault first: its resource group, then its subscription, then all others. */
export async function resourcesNear(
  { azure, rotation }: Pick<RotationWork, "azure" | "rotation">,
  types: readonly string[],
): Promise<Answer<readonly Row[]>> {
  const rows = await azure.arm.resourceGraph(
    `resources | where type in~ ${kqlList(types)} | project id | order by id asc`,
    Row,
  );
  if (rows.kind === "failed") return rows;
  const vault = rotation.vaultId.toLowerCase().split("/");
  const distance = ({ id }: Row) => {
    const place = id.toLowerCase().split("/");
    return place[2] !== vault[2] ? 2 : place[4] !== vault[4] ? 1 : 0;
  };
  return { ...rows, value: rows.value.toSorted((a, b) => distance(a) - distance(b)) };
}
