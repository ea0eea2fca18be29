import { acceptsKey } from "../arm/accepts-key.ts";
import type { Tenant } from "../tenant.ts";
import type { WireRequest } from "../wire.ts";
import { resourceNamed } from "./keys.ts";
import type { Plane } from "./plane.ts";

/** A container registry's admin user: whether its password is still taken. */
export const registryPlane: Plane = {
  host: /^([a-z0-9]{5,50})\.azurecr\.io$/,
  handle: (request, tenant, name) => ({
    operation: `registry ${request.method}`,
    response: hasPassword(tenant, request, "Microsoft.ContainerRegistry/registries", name, name)
      ? { status: 200, headers: { "Docker-Distribution-Api-Version": "registry/2.0" }, body: {} }
      : {
          status: 401,
          headers: {
            "Docker-Distribution-Api-Version": "registry/2.0",
            "WWW-Authenticate": `Basic realm="https://${name}.azurecr.io"`,
          },
          body: {
            errors: [
              {
                code: "UNAUTHORIZED",
                message:
                  "authentication required, visit https://aka.ms/acr/authorization for more information.",
              },
            ],
          },
        },
  }),
};

/** An app's deployment site: whether its publishing credential is still taken. Slots have a host of their own. */
export const publishingPlane: Plane = {
  host: /^([a-z0-9-]{2,60})\.scm\.azurewebsites\.net$/,
  handle: (request, tenant, name) => ({
    operation: `publishing ${request.method}`,
    response:
      hasPassword(tenant, request, "Microsoft.Web/sites", name, `$${name}`) || isSlot(tenant, request, name)
        ? { status: 200, body: [] }
        : { status: 401, headers: { "WWW-Authenticate": 'Basic realm="site"' } },
  }),
};

function hasPassword(
  tenant: Tenant,
  request: WireRequest,
  type: string,
  name: string,
  user: string,
): boolean {
  const resource = resourceNamed(tenant, type, name);
  const password = passwordOf(request, user);
  return resource !== undefined && password !== undefined && acceptsKey(tenant, resource.id, password);
}

/** `site-slot.scm…`, user `$site__slot`. */
function isSlot(tenant: Tenant, request: WireRequest, name: string): boolean {
  for (let dash = name.indexOf("-"); dash !== -1; dash = name.indexOf("-", dash + 1)) {
    const site = resourceNamed(tenant, "Microsoft.Web/sites", name.slice(0, dash));
    const slot = name.slice(dash + 1);
    const password = passwordOf(request, `$${name.slice(0, dash)}__${slot}`);
    if (
      site !== undefined &&
      password !== undefined &&
      acceptsKey(tenant, `${site.id}/slots/${slot}`, password)
    )
      return true;
  }
  return false;
}

function passwordOf(request: WireRequest, user: string): string | undefined {
  const header = request.headers["authorization"] ?? "";
  if (!header.startsWith("Basic ")) return undefined;
  const text = Buffer.from(header.slice("Basic ".length), "base64").toString("utf8");
  const colon = text.indexOf(":");
  return text.slice(0, colon).toLowerCase() === user.toLowerCase() ? text.slice(colon + 1) : undefined;
}
