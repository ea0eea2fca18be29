import { isObject, listIn } from "../../state/azure/json.ts";
import { isAtOrBelow, sameId } from "../../state/azure/resource-id.ts";
import { findResource, resourcesBelow, resourcesOfType } from "../../state/azure/resources.ts";
import { type ArmCall, inGroup, ok, param, type Route } from "../call.ts";
import { notModelled, resourceNotFound } from "../errors.ts";
import { page } from "../paging.ts";
import { resourceRoutes } from "../resource-type.ts";

/** Types with nothing of their own here but identities, tags and properties: what an identity may be attached to. */
const PLAIN_TYPES = [
  "Microsoft.Logic/workflows",
  "Microsoft.Automation/automationAccounts",
  "Microsoft.ContainerInstance/containerGroups",
  "Microsoft.App/containerApps",
  "Microsoft.App/jobs",
  "Microsoft.App/managedEnvironments",
  "Microsoft.DataFactory/factories",
  "Microsoft.DataFactory/factories/linkedservices",
  "Microsoft.ApiManagement/service",
  "Microsoft.ApiManagement/service/namedValues",
  "Microsoft.Network/virtualNetworks",
  "Microsoft.Network/publicIPAddresses",
  "Microsoft.Network/loadBalancers",
  "Microsoft.EventGrid/topics",
  "Microsoft.EventGrid/systemTopics",
  "Microsoft.Insights/components",
  "Microsoft.Insights/dataCollectionRules",
  "Microsoft.Insights/dataCollectionEndpoints",
  "Microsoft.HybridCompute/machines",
  "Microsoft.Synapse/workspaces",
  "Microsoft.MachineLearningServices/workspaces",
];

const MACHINES = "Microsoft.Compute/virtualMachines";
const SCALE_SETS = "Microsoft.Compute/virtualMachineScaleSets";
const SECURITY_GROUP = "Microsoft.Network/networkSecurityGroups";

const securityGroups = resourceRoutes({
  type: SECURITY_GROUP,
  hasEtag: true,
  serve: (tenant, group) => {
    const written = [...resourcesBelow(tenant.state.azure, group.id, `${SECURITY_GROUP}/securityRules`)];
    const inline = listIn(group.properties, "securityRules")
      .filter(isObject)
      .filter((rule) => !written.some(({ name }) => rule["name"] === name));
    return {
      securityRules: [
        ...inline,
        ...written.map(({ id, name, properties, etag }) => ({ id, name, etag: etag ?? null, properties })),
      ],
    };
  },
});

function diagnosticSettings(call: ArmCall) {
  const scope = param(call, "scope");
  return page(
    call,
    [...resourcesOfType(call.azure, "Microsoft.Insights/diagnosticSettings")]
      .filter(
        ({ id }) =>
          isAtOrBelow(id, scope) && sameId(id.split("/providers/").slice(0, -1).join("/providers/"), scope),
      )
      .map(({ id, name, type, properties }) => ({ id, name, type, properties })),
  );
}

export const genericRoutes: readonly Route[] = [
  ...resourceRoutes({ type: MACHINES }),
  ...resourceRoutes({ type: `${MACHINES}/extensions` }),
  ...resourceRoutes({ type: SCALE_SETS }),
  ...[MACHINES, SCALE_SETS].map((type): Route => ({
    method: "POST",
    template: inGroup(`${type}/{machine}/runCommand`),
    handle: () => notModelled("run commands of machines"),
  })),
  ...securityGroups,
  ...resourceRoutes({ type: `${SECURITY_GROUP}/securityRules`, hasEtag: true }),
  ...PLAIN_TYPES.flatMap((type) => resourceRoutes({ type })),
  {
    method: "GET",
    template: "{scope}/providers/Microsoft.Insights/diagnosticSettings",
    handle: diagnosticSettings,
  },
  {
    method: "GET",
    template: "{scope}/providers/Microsoft.Insights/diagnosticSettings/{name}",
    handle: (call) => {
      const found = findResource(call.azure, call.path);
      return found
        ? ok({ id: found.id, name: found.name, type: found.type, properties: found.properties })
        : resourceNotFound(call.path);
    },
  },
];
