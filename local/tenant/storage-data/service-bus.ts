import { findResource } from "../state/azure.ts";
import type { WireResponse } from "../wire.ts";
import { acceptedKeys, resourceNamed, sameText, signed } from "./keys.ts";
import type { Plane } from "./plane.ts";

/** Service Bus and Event Hubs: whether a shared access rule's key is still taken. No message is held. Answers are guesses. */
export const serviceBusPlane: Plane = {
  host: /^([a-z0-9-]{6,50})\.servicebus\.windows\.net$/,
  handle: (request, tenant, name) => {
    const operation = `service-bus ${request.method}`;
    const namespace =
      resourceNamed(tenant, "Microsoft.ServiceBus/namespaces", name) ??
      resourceNamed(tenant, "Microsoft.EventHub/namespaces", name);
    const token = new URLSearchParams(
      (request.headers["authorization"] ?? "").replace(/^SharedAccessSignature /, ""),
    );
    const [audience, signature, expiry, ruleName] = ["sr", "sig", "se", "skn"].map(
      (part) => token.get(part) ?? "",
    );
    const [entity = ""] = request.url.pathname.split("/").filter((segment) => segment !== "");
    const rules = ["", `/queues/${entity}`, `/topics/${entity}`, `/eventhubs/${entity}`]
      .map((place) =>
        findResource(
          tenant.state.azure,
          `${namespace?.id ?? ""}${place}/authorizationRules/${ruleName ?? ""}`,
        ),
      )
      .filter((rule) => rule !== undefined);
    // The key is text here, not base64, and what is signed is the audience as it stands in the token: encoded.
    const text = `${encodeURIComponent(audience ?? "")}\n${expiry ?? ""}`;
    const isTaken =
      Number(expiry) * 1000 > tenant.clock.now() &&
      rules.some((rule) =>
        acceptedKeys(tenant, rule).some(({ value }) =>
          [text, text.replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())].some((each) =>
            sameText(signed(value, each), signature ?? ""),
          ),
        ),
      );
    return { operation, response: isTaken ? taken() : refused(request.id) };
  },
};

function taken(): WireResponse {
  return {
    status: 200,
    headers: { "Content-Type": "application/atom+xml;type=feed;charset=utf-8" },
    body: '<feed xmlns="http://www.w3.org/2005/Atom"><title type="text">Queues</title></feed>',
  };
}

function refused(requestId: string): WireResponse {
  return {
    status: 401,
    headers: { "Content-Type": "application/xml; charset=utf-8" },
    body: `<Error><Code>401</Code><Detail>InvalidSignature: The token has an invalid signature. TrackingId:${requestId}</Detail></Error>`,
  };
}
