import type { TokenCredential } from "@azure/core-auth";
import { z } from "zod";
import { type Azure, azureWith } from "../../src/azure/azure.ts";
import { PRODUCT } from "../../local/tenant/scenario/product.ts";
import { type StartOptions, startTenant, type TenantHandle } from "../../local/tenant/start.ts";

/** A tenant, and Azure as the product's reader identity sees it, through the real SDKs. */
export interface ReadTenant extends AsyncDisposable {
  readonly tenant: TenantHandle;
  readonly azure: Azure;
}

/** One tenant at a time: the whole process is made to take it for Azure. */
export async function readTenant(options: StartOptions): Promise<ReadTenant> {
  const tenant = await startTenant(options);
  const entered = tenant.enterProcess();
  return {
    tenant,
    azure: azureWith(identityIn(tenant, PRODUCT.reader)),
    async [Symbol.asyncDispose]() {
      entered[Symbol.dispose]();
      await tenant.stop();
    },
  };
}

const Token = z.object({ access_token: z.string(), expires_on: z.coerce.number() });

/**
 * Tokens of one of the product's identities, by the protocol its hosts speak. The SDK's own credential keeps the first endpoint it
 * sees for the life of the process, and a test file may start several tenants.
 */
export function identityIn(tenant: TenantHandle, identity: string): TokenCredential {
  const known = new Map<string, Promise<z.infer<typeof Token>>>();
  const clientId = tenant.names.guid("clientId", identity);
  const ask = async (resource: string) => {
    const query = new URLSearchParams({ "api-version": "2019-08-01", resource, client_id: clientId });
    const response = await fetch(`${tenant.identityEndpoint}?${query.toString()}`, {
      headers: { "X-IDENTITY-HEADER": tenant.identityHeader },
    });
    return Token.parse(await response.json());
  };
  return {
    async getToken(scopes) {
      const [scope = ""] = [scopes].flat();
      const resource = scope.replace(/\/\.default$/, "");
      const asked = known.get(resource) ?? ask(resource);
      known.set(resource, asked);
      const token = await asked;
      return { token: token.access_token, expiresOnTimestamp: token.expires_on * 1000 };
    },
  };
}
