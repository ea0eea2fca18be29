import { setGlobalProxyFromEnv } from "node:http";
import { Agent } from "node:https";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { PipelinePolicy } from "@azure/core-rest-pipeline";
import { ProxyAgent } from "undici";
import { DEFAULT_CLIENT_ADDRESS } from "./proxy.ts";

/** Options for real SDK clients in the process that also runs the tenant: spread them into the client's own. */
export interface ClientOptions {
  /** Sends every request of an `@azure/*` client or credential through the proxy, trusting the tenant's authority. */
  readonly additionalPolicies: { policy: PipelinePolicy; position: "perRetry" }[];
}

/** Opens the ways by which clients in this very process reach the tenant. `close` ends their connections. */
export function openClients(port: number, authorityPem: string) {
  const agents = new Map<string, Agent>();
  const dispatchers = new Map<string, ProxyAgent>();
  const credentials = (clientAddress: string) =>
    `Basic ${Buffer.from(`${clientAddress}:`).toString("base64")}`;

  const options = (clientAddress: string = DEFAULT_CLIENT_ADDRESS): ClientOptions => {
    const agent =
      agents.get(clientAddress) ??
      new Agent({
        keepAlive: true,
        ca: authorityPem,
        proxyEnv: { HTTPS_PROXY: `http://${encodeURIComponent(clientAddress)}@127.0.0.1:${port}` },
      });
    agents.set(clientAddress, agent);
    return {
      additionalPolicies: [
        {
          position: "perRetry",
          policy: {
            name: "throughStandInTenant",
            // The SDKs' own proxy support ignores a certificate authority, so the agent brings both.
            sendRequest: (request, next) => {
              if (request.url.startsWith("https:")) request.agent = agent;
              return next(request);
            },
          },
        },
      ],
    };
  };

  return {
    options,
    dispatcher: (clientAddress: string = DEFAULT_CLIENT_ADDRESS): ProxyAgent => {
      const known = dispatchers.get(clientAddress);
      if (known) return known;
      const made = new ProxyAgent({
        uri: `http://127.0.0.1:${port}`,
        token: credentials(clientAddress),
        requestTls: { ca: authorityPem },
      });
      dispatchers.set(clientAddress, made);
      return made;
    },
    close: async (): Promise<void> => {
      for (const agent of agents.values()) agent.destroy();
      await Promise.all([...dispatchers.values()].map((it) => it.destroy()));
    },
  };
}

/**
 * Makes this process take the tenant for Azure, as the environment variables would have at its start: for code that
 * makes its own clients. It is for the whole process, so one tenant at a time; disposing puts everything back.
 */
export function enterProcess(
  environment: Readonly<Record<string, string>>,
  authorityPem: string,
): Disposable {
  const before = Object.fromEntries(Object.keys(environment).map((name) => [name, process.env[name]]));
  const authorities = getCACertificates("default");
  Object.assign(process.env, environment);
  setDefaultCACertificates([...authorities, authorityPem]);
  const leaveProxy = setGlobalProxyFromEnv({
    HTTPS_PROXY: environment["HTTPS_PROXY"],
    NO_PROXY: environment["NO_PROXY"],
  });
  return {
    [Symbol.dispose]: () => {
      leaveProxy();
      setDefaultCACertificates(authorities);
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    },
  };
}
