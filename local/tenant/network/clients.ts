import { ProxyAgent } from "undici";
import type { Authority } from "./authority.ts";
import { DEFAULT_CLIENT_ADDRESS } from "./proxy.ts";

/** Options for real SDK clients in the process that also runs the tenant, where no environment variable can be set in time. */
export interface ClientOptions {
  /** Spread into any `@azure/*` client or credential. */
  readonly proxyOptions: { readonly host: string; readonly port: number; readonly username: string };
  readonly tlsOptions: { readonly ca: string };
  /** For `fetch` and what is built on it: `fetch(url, { dispatcher })`, or graph-client's `fetchOptions`. */
  readonly dispatcher: ProxyAgent;
}

export function openClients(port: number, authority: Authority) {
  const agents = new Map<string, ProxyAgent>();
  const options = (clientAddress: string = DEFAULT_CLIENT_ADDRESS): ClientOptions => {
    const known = agents.get(clientAddress);
    const dispatcher =
      known ??
      new ProxyAgent({
        uri: `http://127.0.0.1:${port}`,
        token: `Basic ${Buffer.from(`${clientAddress}:`).toString("base64")}`,
        requestTls: { ca: authority.pem },
      });
    agents.set(clientAddress, dispatcher);
    return {
      proxyOptions: { host: "http://127.0.0.1", port, username: clientAddress },
      tlsOptions: { ca: authority.pem },
      dispatcher,
    };
  };
  return {
    options,
    close: () => {
      for (const agent of agents.values()) agent.destroy().catch(() => undefined);
    },
  };
}
