import { flagIn, objectIn } from "../state/azure/json.ts";
import type { AzureState, Resource } from "../state/azure/model.ts";
import { findResource } from "../state/azure/resources.ts";
import type { Tenant } from "../tenant.ts";

/**
 * Whether a data plane would still take this key, password or publishing credential of a resource: it is one of the
 * resource's keys now (or an operation that replaces it is not done), and key authentication is not switched off.
 */
export function acceptsKey(tenant: Tenant, resourceId: string, key: string): boolean {
  const { azure } = tenant.state;
  const resource = findResource(azure, resourceId);
  if (!resource || key === "" || refusesKeys(azure, resource, key)) return false;
  const now = tenant.clock.now();
  for (const held of azure.keys.get(resourceId.toLowerCase())?.values() ?? []) {
    if (held.value === key) return true;
    if (held.previous?.value === key && held.previous.acceptedUntil > now) return true;
  }
  return false;
}

/** The kill switches, each where its provider has it. */
function refusesKeys(azure: AzureState, resource: Resource, key: string): boolean {
  const { properties } = resource;
  const type = resource.type.toLowerCase();
  switch (type) {
    case "microsoft.storage/storageaccounts":
      return properties["allowSharedKeyAccess"] === false;
    case "microsoft.documentdb/databaseaccounts":
    case "microsoft.appconfiguration/configurationstores":
    case "microsoft.cognitiveservices/accounts":
      return flagIn(properties, "disableLocalAuth");
    case "microsoft.cache/redis":
      return flagIn(properties, "disableAccessKeyAuthentication");
    case "microsoft.containerregistry/registries":
      return properties["adminUserEnabled"] !== true;
    case "microsoft.sql/servers":
      return flagIn(objectIn(properties, "administrators"), "azureADOnlyAuthentication");
    case "microsoft.web/sites":
    case "microsoft.web/sites/slots":
      return isPublishingPassword(azure, resource, key) && publishingIsOff(azure, resource);
    default:
      return isBusRule(type) && flagIn(namespaceOf(azure, resource)?.properties, "disableLocalAuth");
  }
}

function isBusRule(type: string): boolean {
  return /^microsoft\.(servicebus|eventhub)\/namespaces\/(.+\/)?authorizationrules$/.test(type);
}

function namespaceOf(azure: AzureState, rule: Resource): Resource | undefined {
  const id = /^.*\/namespaces\/[^/]+/i.exec(rule.id)?.[0];
  return id === undefined ? undefined : findResource(azure, id);
}

function isPublishingPassword(azure: AzureState, site: Resource, key: string): boolean {
  const held = azure.keys.get(site.id.toLowerCase())?.get("publishingpassword");
  return held?.value === key || held?.previous?.value === key;
}

/** Both doors, the one of deployments (scm) and ftp, have to be shut for the password to be good for nothing. */
function publishingIsOff(azure: AzureState, site: Resource): boolean {
  return ["scm", "ftp"].every(
    (door) =>
      findResource(azure, `${site.id}/basicPublishingCredentialsPolicies/${door}`)?.properties["allow"] ===
      false,
  );
}
