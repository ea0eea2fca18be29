import { generatedKeys, keyValue } from "../../state/azure/key-shapes.ts";
import { objectIn, textIn } from "../../state/azure/json.ts";
import type { JsonObject, Resource } from "../../state/azure/model.ts";
import { findResource, putResource } from "../../state/azure/resources.ts";
import { type ArmAnswer, type ArmCall, inGroup, noContent, ok, param, type Route } from "../call.ts";
import { notModelled, resourceNotFound } from "../errors.ts";
import { keyNamed, regenerate, removeKey, setKey } from "../keys.ts";
import { mergeJson, resourceRoutes } from "../resource-type.ts";
import { referencesOf, refreshReferences } from "./web-references.ts";

const SITE = "Microsoft.Web/sites";
const SLOT = "Microsoft.Web/sites/slots";

/** `shop`, or `shop-staging` for a slot: what host names and accounts are made of. */
function hostOf(site: Resource): string {
  return isSlot(site) ? `${site.id.split("/").at(-3) ?? ""}-${site.name}` : site.name;
}

function isSlot(site: Resource): boolean {
  return site.type.toLowerCase() === SLOT.toLowerCase();
}

function publishingUser(site: Resource): string {
  return isSlot(site) ? `$${site.id.split("/").at(-3) ?? ""}__${site.name}` : `$${site.name}`;
}

const definition = (type: string) =>
  resourceRoutes({
    type,
    serve: (_, site) => ({
      state: "Running",
      enabled: true,
      defaultHostName: `${hostOf(site)}.azurewebsites.net`,
      hostNames: [`${hostOf(site)}.azurewebsites.net`],
      keyVaultReferenceIdentity: site.properties["keyVaultReferenceIdentity"] ?? "SystemAssigned",
      ...site.properties,
    }),
    deleted: (call, site) => call.azure.keys.delete(site.id.toLowerCase()),
  });

/** The site or slot that a path below it belongs to. */
function siteOf(call: ArmCall): Resource | undefined {
  const id = /^.*\/sites\/[^/]+(?:\/slots\/[^/]+)?/i.exec(call.path)?.[0] ?? call.path;
  return findResource(call.azure, id);
}

function onSite(handle: (call: ArmCall, site: Resource) => ArmAnswer): Route["handle"] {
  return (call) => {
    const site = siteOf(call);
    return site
      ? handle(call, site)
      : resourceNotFound(/^.*\/sites\/[^/]+/i.exec(call.path)?.[0] ?? call.path);
  };
}

/** Settings are stored below the site, because they are secrets that only a POST shows. */
function settingsOf(call: ArmCall, site: Resource, name: string): JsonObject {
  return findResource(call.azure, `${site.id}/config/${name}`)?.properties ?? {};
}

function wireConfig(site: Resource, name: string, properties: JsonObject): JsonObject {
  return {
    id: `${site.id}/config/${name}`,
    name,
    type: `${site.type}/config`,
    location: site.location ?? "",
    properties,
  };
}

function storeSettings(call: ArmCall, site: Resource, name: string, properties: JsonObject): ArmAnswer {
  const id = `${site.id}/config/${name}`;
  const before = findResource(call.azure, id);
  putResource(
    call.azure,
    {
      id,
      type: `${site.type}/config`,
      name,
      properties,
      createdAt: before?.createdAt ?? call.nowInMs,
      changedAt: call.nowInMs,
    },
    call.nowInMs,
  );
  // Changed settings restart the site, and with that its Key Vault references are resolved anew.
  if (/^(?:appsettings|connectionstrings)$/i.test(name)) refreshReferences(call, site);
  return ok(wireConfig(site, name, properties));
}

function publishingCredentials(call: ArmCall, site: Resource): ArmAnswer {
  const user = publishingUser(site);
  const password = passwordOf(call, site);
  return ok(
    {
      id: `${site.id}/publishingcredentials/${user}`,
      name: site.name,
      type: `${site.type}/publishingcredentials`,
      location: site.location ?? "",
      properties: {
        name: null,
        publishingUserName: user,
        publishingPassword: password,
        publishingPasswordHash: null,
        publishingPasswordHashSalt: null,
        metadata: null,
        isDeleted: false,
        scmUri: `https://${user}:${password}@${hostOf(site)}.scm.azurewebsites.net`,
      },
    },
    { "x-ms-ratelimit-remaining-subscription-resource-requests": "11999" },
  );
}

function passwordOf(call: ArmCall, site: Resource): string {
  const held = keyNamed(call, site, "publishingPassword");
  if (held) return held.value;
  for (const [name, key] of generatedKeys(site.type, site.id, call.nowInMs, () =>
    call.tenant.random.hex(64),
  )) {
    if (keyNamed(call, site, name) === undefined) setKey(call, site, key.name, key.value);
  }
  return keyNamed(call, site, "publishingPassword")?.value ?? "";
}

function publishXml(call: ArmCall, site: Resource): ArmAnswer {
  const host = hostOf(site);
  const user = escapeXml(publishingUser(site));
  const password = escapeXml(passwordOf(call, site));
  const profile = (name: string, method: string, url: string) =>
    `<publishProfile profileName="${escapeXml(`${host} - ${name}`)}" publishMethod="${method}" publishUrl="${escapeXml(url)}" msdeploySite="${escapeXml(host)}" userName="${user}" userPWD="${password}" destinationAppUrl="${escapeXml(`https://${host}.azurewebsites.net`)}" SQLServerDBConnectionString="" mySQLDBConnectionString="" hostingProviderForumLink="" controlPanelLink="https://portal.azure.com" webSystem="WebSites"><databases /></publishProfile>`;
  return {
    status: 200,
    from: "provider",
    headers: { "Content-Type": "application/xml" },
    body: `<publishData>${profile("Web Deploy", "MSDeploy", `${host}.scm.azurewebsites.net:443`)}${profile("Zip Deploy", "ZipDeploy", `${host}.scm.azurewebsites.net:443`)}</publishData>`,
  };
}

function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function wireDoor(call: ArmCall, site: Resource, door: string): JsonObject {
  const held = findResource(call.azure, `${site.id}/basicPublishingCredentialsPolicies/${door}`);
  return {
    id: `${site.id}/basicPublishingCredentialsPolicies/${door}`,
    name: door,
    type: `${site.type}/basicPublishingCredentialsPolicies`,
    location: site.location ?? "",
    properties: { allow: held?.properties["allow"] !== false },
  };
}

function setDoor(call: ArmCall, site: Resource): ArmAnswer {
  const door = param(call, "door").toLowerCase();
  if (door !== "scm" && door !== "ftp") return resourceNotFound(call.path);
  putResource(
    call.azure,
    {
      id: `${site.id}/basicPublishingCredentialsPolicies/${door}`,
      type: `${site.type}/basicPublishingCredentialsPolicies`,
      name: door,
      properties: { allow: objectIn(call.body, "properties")["allow"] === true },
      createdAt: call.nowInMs,
      changedAt: call.nowInMs,
    },
    call.nowInMs,
  );
  return ok(wireDoor(call, site, door));
}

/** Keys of the Functions host are kept as `master`, `functionKeys.<name>` and `systemKeys.<name>`. */
function hostKeys(call: ArmCall, site: Resource): ArmAnswer {
  passwordOf(call, site);
  const named = (prefix: string) =>
    Object.fromEntries(
      [...(call.azure.keys.get(site.id.toLowerCase())?.values() ?? [])]
        .filter(({ name }) => name.toLowerCase().startsWith(`${prefix.toLowerCase()}.`))
        .map(({ name, value }) => [name.slice(prefix.length + 1), value]),
    );
  return ok({
    masterKey: keyNamed(call, site, "master")?.value ?? null,
    functionKeys: named("functionKeys"),
    systemKeys: named("systemKeys"),
  });
}

function hostKeyName(call: ArmCall): string {
  const type = param(call, "keyType").toLowerCase();
  const name = param(call, "keyName");
  if (type === "masterkey" || name.toLowerCase() === "_master") return "master";
  return `${type === "systemkeys" ? "systemKeys" : "functionKeys"}.${name}`;
}

function setHostKey(call: ArmCall, site: Resource): ArmAnswer {
  const sent = objectIn(call.body, "properties");
  const name = hostKeyName(call);
  const given = textIn(sent, "value");
  const value = given === "" ? keyValue(site.type, call.tenant.random.hex(64)) : given;
  const before = keyNamed(call, site, name);
  setKey(call, site, name, value);
  return {
    status: before ? 200 : 201,
    from: "provider",
    body: { name: param(call, "keyName"), value },
  };
}

function routesBelow(base: string): Route[] {
  const below = (path: string) => inGroup(`${base}/${path}`);
  const post = (path: string, handle: (call: ArmCall, site: Resource) => ArmAnswer): Route => ({
    method: "POST",
    template: below(path),
    handle: onSite(handle),
  });
  const get = (path: string, handle: (call: ArmCall, site: Resource) => ArmAnswer): Route => ({
    method: "GET",
    template: below(path),
    handle: onSite(handle),
  });
  return [
    post("config/publishingcredentials/list", publishingCredentials),
    ...(["appsettings", "connectionstrings"] as const).flatMap((list) => [
      get(`config/configreferences/${list}`, (call, site) =>
        ok({ value: referencesOf(call, site, list), nextLink: null }),
      ),
      get(`config/configreferences/${list}/{setting}`, (call, site) => {
        const found = referencesOf(call, site, list).find(
          (reference) => textIn(reference, "name").toLowerCase() === param(call, "setting").toLowerCase(),
        );
        return found ? ok(found) : resourceNotFound(call.path);
      }),
    ]),
    post("config/configreferences/appsettings/refresh", (call, site) => {
      refreshReferences(call, site);
      return ok({ value: referencesOf(call, site, "appsettings"), nextLink: null });
    }),
    post("config/{config}/list", (call, site) => {
      const name = param(call, "config");
      return ok(wireConfig(site, name, settingsOf(call, site, name)));
    }),
    get("config/{config}", (call, site) => {
      const name = param(call, "config");
      // What can hold secrets is not for GET: it takes the list action.
      return /^(web|slotConfigNames|logs)$/i.test(name)
        ? ok(wireConfig(site, name, settingsOf(call, site, name)))
        : resourceNotFound(call.path);
    }),
    ...(["PUT", "PATCH"] as const).map((method): Route => ({
      method,
      template: below("config/{config}"),
      handle: onSite((call, site) => {
        const name = param(call, "config");
        const sent = objectIn(call.body, "properties");
        return storeSettings(
          call,
          site,
          name,
          method === "PATCH" ? mergeJson(settingsOf(call, site, name), sent) : sent,
        );
      }),
    })),
    post("publishxml", publishXml),
    // guess: 200 without a body; SDKs take 200 and 204, no capture shows which.
    post("newpassword", (call, site) => {
      passwordOf(call, site);
      regenerate(call, site, "publishingPassword");
      return { status: 200, from: "provider" };
    }),
    get("basicPublishingCredentialsPolicies", (call, site) =>
      ok({ value: [wireDoor(call, site, "ftp"), wireDoor(call, site, "scm")], nextLink: null }),
    ),
    get("basicPublishingCredentialsPolicies/{door}", (call, site) => {
      const door = param(call, "door").toLowerCase();
      return door === "scm" || door === "ftp" ? ok(wireDoor(call, site, door)) : resourceNotFound(call.path);
    }),
    { method: "PUT", template: below("basicPublishingCredentialsPolicies/{door}"), handle: onSite(setDoor) },
    post("host/default/listkeys", hostKeys),
    { method: "PUT", template: below("host/default/{keyType}/{keyName}"), handle: onSite(setHostKey) },
    {
      method: "DELETE",
      template: below("host/default/{keyType}/{keyName}"),
      handle: onSite((call, site) =>
        removeKey(call, site, hostKeyName(call)) ? noContent() : resourceNotFound(call.path),
      ),
    },
    ...["restart", "stop", "start"].map((action) => post(action, () => ({ status: 200, from: "provider" }))),
    post("slotsswap", () => notModelled("swapping slots")),
  ];
}

export const webRoutes: readonly Route[] = [
  ...routesBelow("Microsoft.Web/sites/{site}/slots/{slot}"),
  ...routesBelow("Microsoft.Web/sites/{site}"),
  ...definition(SITE),
  ...definition(SLOT),
  ...resourceRoutes({ type: "Microsoft.Web/serverfarms" }),
];
