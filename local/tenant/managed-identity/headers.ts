import { createHmac, timingSafeEqual } from "node:crypto";

/** The secret header value that each resource's apps are given, and back. The same again after a restart. */
export function identityHeaders(key: string) {
  const mac = (resourceId: string) =>
    createHmac("sha256", key).update(resourceId.toLowerCase()).digest("hex").slice(0, 32);
  return {
    of: (resourceId: string): string => `${Buffer.from(resourceId).toString("base64url")}.${mac(resourceId)}`,
    resourceOf: (header: string): string | undefined => {
      const [encoded = "", given = ""] = header.split(".");
      const resourceId = Buffer.from(encoded, "base64url").toString("utf8");
      const expected = mac(resourceId);
      if (given.length !== expected.length || !timingSafeEqual(Buffer.from(given), Buffer.from(expected)))
        return undefined;
      return resourceId;
    },
  };
}
