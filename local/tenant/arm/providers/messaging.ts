import { textIn } from "../../state/azure/json.ts";
import type { Resource } from "../../state/azure/model.ts";
import { type ArmAnswer, type ArmCall, ok, type Route } from "../call.ts";
import { badRequest } from "../errors.ts";
import { keyNamed, regenerate, setKey } from "../keys.ts";
import { actionRoute, resourceRoutes } from "../resource-type.ts";

const KEYS = ["PrimaryKey", "SecondaryKey"] as const;

function ruleKeys(call: ArmCall, rule: Resource): ArmAnswer {
  const [primaryKey, secondaryKey] = KEYS.map((name) => keyNamed(call, rule, name)?.value ?? "");
  const namespace = /\/namespaces\/([^/]+)/i.exec(rule.id)?.[1] ?? "";
  const entity = /\/(?:queues|topics|eventhubs)\/([^/]+)/i.exec(rule.id)?.[1];
  const connection = (key: string | undefined) =>
    `Endpoint=sb://${namespace}.servicebus.windows.net/;SharedAccessKeyName=${rule.name};SharedAccessKey=${key ?? ""}${entity === undefined ? "" : `;EntityPath=${entity}`}`;
  return ok({
    primaryConnectionString: connection(primaryKey),
    secondaryConnectionString: connection(secondaryKey),
    primaryKey,
    secondaryKey,
    keyName: rule.name,
  });
}

function regenerateRule(call: ArmCall, rule: Resource): ArmAnswer {
  const type = KEYS.find((name) => name === textIn(call.body, "keyType"));
  if (!type) return badRequest(`The key type '${textIn(call.body, "keyType")}' is not valid.`); // guess: text not captured
  const given = textIn(call.body, "key");
  if (given === "") regenerate(call, rule, type);
  else setKey(call, rule, type, given);
  return ruleKeys(call, rule);
}

function namespaceRoutes(provider: string, entities: readonly string[]): Route[] {
  const namespace = `${provider}/namespaces`;
  const rules = [namespace, ...entities.map((entity) => `${namespace}/${entity}`)].map(
    (parent) => `${parent}/authorizationRules`,
  );
  return [
    ...resourceRoutes({ type: namespace }),
    ...entities.flatMap((entity) => resourceRoutes({ type: `${namespace}/${entity}` })),
    ...rules.flatMap((type) => [
      ...resourceRoutes({ type }),
      actionRoute(type, "listKeys", ruleKeys),
      actionRoute(type, "regenerateKeys", regenerateRule),
    ]),
  ];
}

export const messagingRoutes: readonly Route[] = [
  ...namespaceRoutes("Microsoft.ServiceBus", ["queues", "topics"]),
  ...namespaceRoutes("Microsoft.EventHub", ["eventhubs"]),
];
