import type { ScenarioFile } from "./format.ts";
import { productAzure, productDirectory, productLogs, productVaults } from "./product.ts";

type Section = Readonly<Record<string, unknown>>;

const DEFAULT_SUBSCRIPTION = "prod";

/**
 * The scenario with Tourniquet's own identities in it. Whatever the file says comes first; a management group tree that
 * the file leaves out is Azure's own: everything hangs under the tenant root group.
 */
export function withProduct(file: ScenarioFile, tenantId: string): ScenarioFile {
  const subscriptions = listOf(file.azure, "subscriptions");
  const first = subscriptions[0]?.["name"];
  const subscription = typeof first === "string" ? first : DEFAULT_SUBSCRIPTION;
  const azure = joined(
    {
      ...file.azure,
      subscriptions: (subscriptions.length > 0 ? subscriptions : [{ name: DEFAULT_SUBSCRIPTION }]).map(
        (it) => ({
          managementGroup: tenantId,
          ...it,
        }),
      ),
      managementGroups: listOf(file.azure, "managementGroups").map((it) => ({ parent: tenantId, ...it })),
    },
    productAzure(tenantId, subscription),
  );
  return {
    ...file,
    directory: joined(file.directory, productDirectory()),
    azure,
    vaults: { ...productVaults(), ...file.vaults },
    logs: joined(productLogs(), file.logs),
  };
}

/** Two sections as one: lists end to end, everything else from the first that has it. */
function joined(first: Section, second: Section): Section {
  const keys = new Set([...Object.keys(first), ...Object.keys(second)]);
  return Object.fromEntries(
    [...keys].map((key) => {
      const [one, two] = [first[key], second[key]];
      return [key, Array.isArray(one) && Array.isArray(two) ? [...one, ...two] : (one ?? two)];
    }),
  );
}

function listOf(section: Section, key: string): Section[] {
  const value = section[key];
  if (!Array.isArray(value)) return [];
  return value.filter((it): it is Section => typeof it === "object" && it !== null);
}
