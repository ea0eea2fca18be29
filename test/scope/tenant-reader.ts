import { azureAs, type Azure } from "../../src/azure/azure.ts";
import { PRODUCT } from "../../local/tenant/scenario/product.ts";
import { type StartOptions, startTenant, type TenantHandle } from "../../local/tenant/start.ts";

/** A tenant, and Azure as the product's reader identity sees it, through the real SDKs. */
export interface ReadTenant extends AsyncDisposable {
  readonly tenant: TenantHandle;
  readonly azure: Azure;
}

/** One tenant a process at a time: the whole process is made to take it for Azure. */
export async function readTenant(options: StartOptions): Promise<ReadTenant> {
  const tenant = await startTenant(options);
  const entered = tenant.enterProcess();
  return {
    tenant,
    azure: azureAs(tenant.names.guid("clientId", PRODUCT.reader)),
    async [Symbol.asyncDispose]() {
      entered[Symbol.dispose]();
      await tenant.stop();
    },
  };
}
