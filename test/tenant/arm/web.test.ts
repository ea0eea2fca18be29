import { describe, expect, test } from "vitest";
import { z } from "zod";
import { acceptsKey } from "../../../local/tenant/arm/accepts-key.ts";
import { loadVaults, VaultSection } from "../../../local/tenant/state/vaults.ts";
import { type ArmUnderTest, armWith } from "./arm-under-test.ts";

const SITE = "providers/Microsoft.Web/sites/shop";
const SLOT = `${SITE}/slots/staging`;

const shop = () => {
  const arm = armWith({
    azure: {
      resources: [
        { type: "Microsoft.Web/sites", name: "shop", resourceGroup: "rg-shop", identity: { system: true } },
        { type: "Microsoft.Web/sites/slots", name: "shop/staging", resourceGroup: "rg-shop" },
        {
          type: "Microsoft.Web/sites/config",
          name: "shop/appsettings",
          resourceGroup: "rg-shop",
          properties: {
            PLAIN: "a-password",
            DB: "@Microsoft.KeyVault(SecretUri=https://kv-shop.vault.azure.net/secrets/db)",
            NOVAULT: "@Microsoft.KeyVault(VaultName=kv-none;SecretName=db)",
            BROKEN: "@Microsoft.KeyVault(nonsense)",
          },
        },
        {
          type: "Microsoft.KeyVault/vaults",
          name: "kv-shop",
          resourceGroup: "rg-shop",
          properties: { enableRbacAuthorization: true },
        },
        {
          type: "Microsoft.Web/sites/config",
          name: "shop/connectionstrings",
          resourceGroup: "rg-shop",
          properties: {
            Main: {
              type: "SQLAzure",
              value: "@Microsoft.KeyVault(SecretUri=https://kv-shop.vault.azure.net/secrets/db)",
            },
            Plain: { type: "SQLAzure", value: "a-password" },
          },
        },
      ],
      roleAssignments: [
        { principal: "servicePrincipal.owner", role: "Owner", scope: "prod" },
        { principal: "servicePrincipal.reader", role: "Reader", scope: "prod" },
        { name: "secrets", principal: "identity.shop", role: "Key Vault Secrets User", scope: "prod" },
      ],
    },
  });
  const vaults = loadVaults(
    VaultSection.parse({ "kv-shop": { secrets: { db: { versions: [{ value: "one" }] } } } }),
    arm.names,
  );
  for (const [name, vault] of vaults.vaults) arm.tenant.state.vaults.vaults.set(name, vault);
  return arm;
};
const at = (arm: ArmUnderTest, path: string) => `${arm.group}/${path}`;
const Publishing = z.looseObject({
  name: z.string(),
  type: z.string(),
  properties: z.looseObject({
    publishingUserName: z.string(),
    publishingPassword: z.string(),
    scmUri: z.string(),
  }),
});
const publishing = (arm: ArmUnderTest, site: string) =>
  Publishing.parse(arm.ask("POST", at(arm, `${site}/config/publishingcredentials/list`)).raw);

describe("publishing credentials", () => {
  test("are the site's own: user $site, a password of 60 characters, both in the scm address", () => {
    const arm = shop();
    const { name, type, properties } = publishing(arm, SITE);
    expect({ name, type }).toEqual({ name: "shop", type: "Microsoft.Web/sites/publishingcredentials" });
    expect(properties.publishingUserName).toBe("$shop");
    expect(properties.publishingPassword).toHaveLength(60);
    expect(properties.scmUri).toBe(
      `https://$shop:${properties.publishingPassword}@shop.scm.azurewebsites.net`,
    );
  });

  test("are others in each slot, and newpassword changes those of one place only", () => {
    const arm = shop();
    const [site, slot] = [SITE, SLOT].map((path) => publishing(arm, path).properties);
    expect(slot?.publishingUserName).toBe("$shop__staging");
    expect(slot?.publishingPassword).not.toBe(site?.publishingPassword);
    expect(arm.ask("POST", at(arm, `${SITE}/newpassword`)).status).toBe(200);
    expect(acceptsKey(arm.tenant, at(arm, SITE), site?.publishingPassword ?? "")).toBe(false);
    expect(acceptsKey(arm.tenant, at(arm, SLOT), slot?.publishingPassword ?? "")).toBe(true);
  });

  test("the publish profile is XML that carries the same password", () => {
    const arm = shop();
    const answer = arm.ask("POST", at(arm, `${SITE}/publishxml`));
    expect(answer.headers["Content-Type"]).toBe("application/xml");
    expect(answer.raw).toContain(`userPWD="${publishing(arm, SITE).properties.publishingPassword}"`);
  });

  test("die when both doors, scm and ftp, are shut; one is not enough, and a slot's doors are its own", () => {
    const arm = shop();
    const password = publishing(arm, SITE).properties.publishingPassword;
    const slotPassword = publishing(arm, SLOT).properties.publishingPassword;
    const shut = (door: string) =>
      arm.ask("PUT", at(arm, `${SITE}/basicPublishingCredentialsPolicies/${door}`), {
        body: { properties: { allow: false } },
      });
    expect(shut("scm").body).toMatchObject({
      type: "Microsoft.Web/sites/basicPublishingCredentialsPolicies",
      properties: { allow: false },
    });
    expect(acceptsKey(arm.tenant, at(arm, SITE), password)).toBe(true);
    shut("ftp");
    expect(acceptsKey(arm.tenant, at(arm, SITE), password)).toBe(false);
    expect(acceptsKey(arm.tenant, at(arm, SLOT), slotPassword)).toBe(true);
  });
});

describe("settings", () => {
  test("are shown to POST list only, which a reader may not do", () => {
    const arm = shop();
    const list = at(arm, `${SITE}/config/appsettings/list`);
    expect(arm.ask("POST", list).body.properties).toMatchObject({ PLAIN: "a-password" });
    expect(arm.ask("GET", at(arm, `${SITE}/config/appsettings`)).status).toBe(404);
    expect(arm.ask("POST", list, { as: "reader" })).toMatchObject({
      status: 403,
      message: expect.stringContaining("'Microsoft.Web/sites/config/list/action'"),
    });
  });

  test("a PUT replaces all of them", () => {
    const arm = shop();
    arm.ask("PUT", at(arm, `${SITE}/config/appsettings`), { body: { properties: { ONLY: "this" } } });
    expect(arm.ask("POST", at(arm, `${SITE}/config/appsettings/list`)).body.properties).toEqual({
      ONLY: "this",
    });
  });
});

describe("Key Vault references", () => {
  const References = z.object({
    value: z.array(
      z.looseObject({
        name: z.string(),
        properties: z.looseObject({ status: z.string(), activeVersion: z.string().nullable() }),
      }),
    ),
  });
  const references = (arm: ArmUnderTest, list = "appsettings") =>
    Object.fromEntries(
      References.parse(arm.ask("GET", at(arm, `${SITE}/config/configreferences/${list}`)).raw).value.map(
        ({ name, properties }) => [name, properties],
      ),
    );

  test("say for each setting what became of it", () => {
    const found = references(shop());
    expect(found["DB"]).toMatchObject({ status: "Resolved", vaultName: "kv-shop", secretName: "db" });
    expect(found["NOVAULT"]?.status).toBe("VaultNotFound");
    expect(found["BROKEN"]?.status).toBe("InvalidSyntax");
    expect(found["PLAIN"]).toBeUndefined();
  });

  test("of connection strings are a list of their own", () => {
    const found = references(shop(), "connectionstrings");
    expect(Object.keys(found)).toEqual(["Main"]);
    expect(found["Main"]?.status).toBe("Resolved");
  });

  test("without a role on the vault: AccessToKeyVaultDenied", () => {
    const arm = shop();
    const id = arm.names.guid("roleAssignment", "secrets");
    arm.ask("DELETE", `${arm.subscription}/providers/Microsoft.Authorization/roleAssignments/${id}`);
    expect(references(arm)["DB"]?.status).toBe("AccessToKeyVaultDenied");
  });

  test("stay on the old version after a new one is set, until refreshed or a day has passed", () => {
    const arm = shop();
    const old = references(arm)["DB"]?.activeVersion;
    const secret = arm.tenant.state.vaults.vaults.get("kv-shop")?.secrets.get("db");
    const newest = "f".repeat(32);
    arm.clock.advance(60_000);
    const now = arm.clock.now();
    secret?.versions.push({ version: newest, value: "two", enabled: true, created: now, updated: now });
    expect(references(arm)["DB"]?.activeVersion).toBe(old);
    arm.ask("POST", at(arm, `${SITE}/config/configreferences/appsettings/refresh`));
    expect(references(arm)["DB"]?.activeVersion).toBe(newest);
    expect(references(arm, "connectionstrings")["Main"]?.activeVersion).toBe(newest);
    const later = "e".repeat(32);
    arm.clock.advance(1);
    const then = arm.clock.now();
    secret?.versions.push({ version: later, value: "three", enabled: true, created: then, updated: then });
    arm.clock.advance(86_400_000 - 2);
    expect(references(arm)["DB"]?.activeVersion).toBe(newest);
    arm.clock.advance(1);
    expect(references(arm)["DB"]?.activeVersion).toBe(later);
  });
});

describe("host keys", () => {
  test("are listed, set, and removed one by one", () => {
    const arm = shop();
    const Keys = z.object({ masterKey: z.string(), functionKeys: z.record(z.string(), z.string()) });
    const list = () => Keys.parse(arm.ask("POST", at(arm, `${SITE}/host/default/listkeys`)).raw);
    const before = list();
    arm.ask("PUT", at(arm, `${SITE}/host/default/functionkeys/default`), { body: { properties: {} } });
    expect(list().functionKeys["default"]).not.toBe(before.functionKeys["default"]);
    expect(list().masterKey).toBe(before.masterKey);
    expect(arm.ask("DELETE", at(arm, `${SITE}/host/default/functionkeys/default`)).status).toBe(204);
    expect(list().functionKeys).toEqual({});
  });
});
