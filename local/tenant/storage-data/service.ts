import type { Service } from "../service.ts";
import { publishingPlane, registryPlane } from "./basic-password.ts";
import { blobPlane } from "./blob.ts";
import { cosmosPlane } from "./cosmos.ts";
import type { Plane } from "./plane.ts";
import { serviceBusPlane } from "./service-bus.ts";

const PLANES: readonly Plane[] = [blobPlane, cosmosPlane, serviceBusPlane, registryPlane, publishingPlane];

/** Data planes that take keys and passwords: enough of each to see that a rotated one is refused and its successor is not. */
export const storageData: Service = {
  name: "storage",
  serves: (host) => PLANES.some((plane) => plane.host.test(host)),
  handle: (request, tenant) => {
    for (const plane of PLANES) {
      const name = plane.host.exec(request.host)?.[1];
      if (name !== undefined) return plane.handle(request, tenant, name);
    }
    return { operation: `${request.method} (unknown)`, response: { status: 404 } };
  },
};
