import type { WireResponse } from "../wire.ts";
import { acceptedKeys, resourceNamed, sameText, signed } from "./keys.ts";
import type { Plane } from "./plane.ts";

/** Cosmos DB: whether a master key is still taken. It holds no databases. Answers are guesses after its documentation. */
export const cosmosPlane: Plane = {
  host: /^([a-z0-9-]{3,44})\.documents\.azure\.com$/,
  handle: (request, tenant, name) => {
    const operation = `cosmos ${request.method}`;
    const account = resourceNamed(tenant, "Microsoft.DocumentDB/databaseAccounts", name);
    const header = decodeURIComponent(request.headers["authorization"] ?? "");
    const signature = /^type=master&ver=1\.0&sig=(.+)$/.exec(header)?.[1];
    const text = masterText(
      request.method,
      request.url.pathname,
      request.headers["x-ms-date"] ?? request.headers["date"] ?? "",
    );
    const isTaken =
      account !== undefined &&
      signature !== undefined &&
      acceptedKeys(tenant, account).some(
        (key) =>
          // A read-only key reads, and does nothing else.
          (request.method === "GET" || !key.name.toLowerCase().includes("readonly")) &&
          sameText(signed(Buffer.from(key.value, "base64"), text), signature),
      );
    return { operation, response: isTaken ? taken(request.url.pathname) : refused() };
  },
};

/** `verb`, resource type, resource link and date, each in lower case but the link. */
function masterText(method: string, path: string, date: string): string {
  const segments = path.split("/").filter((segment) => segment !== "");
  const isFeed = segments.length % 2 === 1;
  const type = (isFeed ? segments.at(-1) : segments.at(-2)) ?? "";
  const link = (isFeed ? segments.slice(0, -1) : segments).join("/");
  return `${method.toLowerCase()}\n${type.toLowerCase()}\n${link}\n${date.toLowerCase()}\n\n`;
}

function taken(path: string): WireResponse {
  if (path === "/dbs" || path === "/dbs/")
    return { status: 200, body: { _rid: "", Databases: [], _count: 0 } };
  return {
    status: 404,
    body: { code: "NotFound", message: "Entity with the specified id does not exist in the system." },
  };
}

function refused(): WireResponse {
  return {
    status: 401,
    body: {
      code: "Unauthorized",
      message:
        "The input authorization token can't serve the request. The wrong key is being used or the expected payload is not built as per the protocol.",
    },
  };
}
