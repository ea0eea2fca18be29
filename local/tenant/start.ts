import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IncomingMessage, ServerResponse } from "node:http";
import { callersOf } from "./callers.ts";
import { type TenantClock, wallClock } from "./clock.ts";
import { createAuthenticate } from "./entra/authenticate.ts";
import { createEntra } from "./entra/entra.ts";
import { outsideIssuers } from "./entra/issuers.ts";
import { openSigningKey, passingSigningKey } from "./entra/keys.ts";
import type { StartOptions, TenantHandle } from "./handle.ts";
import { environmentFor, productSettings } from "./environment.ts";
import { isKept, type JournalEntry, openJournal } from "./keeping/journal.ts";
import { lastPort, openOrigin, type Origin, rememberPort } from "./keeping/origin.ts";
import { identityHeaders } from "./managed-identity/headers.ts";
import { createManagedIdentity } from "./managed-identity/managed-identity.ts";
import { openAuthority } from "./network/authority.ts";
import { enterProcess, openClients } from "./network/clients.ts";
import { type Connection, createTlsEnd } from "./network/connections.ts";
import { createExchange } from "./network/exchange.ts";
import { startProxy } from "./network/proxy.ts";
import { createRequestLog, type Refusal } from "./network/request-log.ts";
import { createRuntime, NO_DELAYS, type Runtime } from "./runtime.ts";
import { readScenario } from "./scenario/find.ts";
import { loadScenario, locatorOf, type Scenario } from "./scenario/load.ts";
import { PRODUCT } from "./scenario/product.ts";
import type { Service } from "./service.ts";
import { SERVICES } from "./services.ts";
import { allResources } from "./state/azure/resources.ts";
import { createFaults } from "./weather/faults.ts";
import { latencyModel } from "./weather/latency.ts";
import { createThrottle } from "./weather/throttle.ts";

export type { StartOptions, TenantHandle } from "./handle.ts";

/** Starts a tenant on loopback: one proxy, through which Azure's own names lead here. Deterministic but for the wall clock. */
export async function startTenant(options: StartOptions = {}): Promise<TenantHandle> {
  const { stateFolder, latency = "none", throttling = "off" } = options;
  const folder = stateFolder ?? mkdtempSync(join(tmpdir(), "tourniquet-tenant-"));
  const clock = options.clock ?? wallClock();
  const origin = openOrigin(folder, () => originFrom(options, clock));
  const scenario = loadScenario(origin.scenario, {
    source: origin.source,
    seed: origin.seed,
    nowInMs: origin.nowInMs,
    ...(origin.generate === undefined ? {} : { generate: origin.generate }),
  });
  const key = stateFolder === undefined ? passingSigningKey("entra") : openSigningKey(folder, "entra");
  const runtime = createRuntime({
    ...scenario.tenant,
    seed: origin.seed,
    clock,
    delays: { ...NO_DELAYS, ...scenario.delays, ...origin.delays },
    tokenLifetimes: origin.tokenLifetimes ?? 1,
    state: scenario.state,
    throttle: (tenantClock) => createThrottle(tenantClock, throttling),
    authenticate: (tenantOf) => createAuthenticate(key, tenantOf),
  });
  const { tenant } = runtime;
  const outsideKey =
    stateFolder === undefined ? passingSigningKey("outside") : openSigningKey(folder, "outside");
  const issuers = outsideIssuers(outsideKey, () => tenant.clock.now());
  const locate = locatorOf(scenario.addresses);
  const headers = identityHeaders(origin.headerKey);
  const identities = createManagedIdentity({
    key,
    locate,
    resourceByHeader: headers.resourceOf,
    resourceByAddress: (address) => scenario.machines[address],
  });
  const services: readonly Service[] = [
    createEntra({ key, issuers, locate, riskPolicyId: scenario.riskPolicyId }),
    ...SERVICES,
  ];

  const journal =
    stateFolder === undefined
      ? undefined
      : openJournal(folder, (entry) => handleAgain(runtime, [...services, identities], entry));
  const authority = openAuthority(folder);
  const faults = createFaults();
  const requests = createRequestLog();
  const refused: Refusal[] = [];
  const defects: unknown[] = [];
  const refuse = (refusal: Omit<Refusal, "at">) => {
    refused.push({ at: new Date(tenant.clock.now()).toISOString(), ...refusal });
  };
  const exchange = createExchange({
    runtime,
    serviceOf: (host) => services.find((service) => service.serves(host)),
    faults,
    latencyOf: latencyModel(latency, origin.seed),
    log: (entry) => requests.add(entry),
    refuse,
    defect: (error, request) => {
      defects.push(error);
      console.error(
        `stand-in tenant: ${request.method} ${request.url.host}${request.url.pathname} broke`,
        error,
      );
    },
    keep: (entry) => {
      if (isKept(entry.service, entry.request.method)) journal?.append(entry);
    },
  });
  const tlsEnd = createTlsEnd(authority, exchange);
  const metadata = (
    message: IncomingMessage,
    response: ServerResponse,
    host: string,
    clientAddress: string,
  ): boolean => {
    if (host !== "127.0.0.1" && host !== "169.254.169.254") return false;
    const connection: Connection = {
      host,
      clientAddress,
      socket: message.socket,
      tunnelled: false,
      service: identities,
    };
    exchange(message, response, connection);
    return true;
  };
  const proxy = await startProxy({
    port: options.port ?? lastPort(folder) ?? 0,
    mayMove: options.port === undefined,
    tlsEnd,
    isServed: (host) => services.some((service) => service.serves(host)),
    refuse,
    metadata,
  });
  if (stateFolder !== undefined) rememberPort(folder, proxy.port);

  const clients = openClients(proxy.port, authority.pem);
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= (async () => {
      await clients.close();
      await proxy.close();
      journal?.close();
      if (stateFolder === undefined) rmSync(folder, { recursive: true, force: true });
    })();
    return stopping;
  };
  const functionApp = resourceIdOf(scenario, PRODUCT.functionApp);
  const handle: TenantHandle = {
    tenant,
    state: scenario.state,
    scenario,
    names: scenario.names,
    faults,
    requests,
    refused,
    defects,
    port: proxy.port,
    proxyUrl: `http://127.0.0.1:${proxy.port}`,
    proxyUrlFrom: (address) => `http://${encodeURIComponent(address)}@127.0.0.1:${proxy.port}`,
    caFile: authority.file,
    caPem: authority.pem,
    identityEndpoint: `http://127.0.0.1:${proxy.port}/msi/token`,
    identityHeader: headers.of(functionApp),
    identityHeaderOf: headers.of,
    issuers,
    callers: callersOf(scenario, { key, tenant }),
    env: () => environmentFor(handle),
    productSettings: () => productSettings(handle),
    clientOptions: (from) => clients.options(from?.clientAddress),
    dispatcher: (from) => clients.dispatcher(from?.clientAddress),
    enterProcess: () => enterProcess(environmentFor(handle), authority.pem),
    stop,
    [Symbol.asyncDispose]: stop,
  };
  return handle;
}

function originFrom(options: StartOptions, clock: TenantClock): Omit<Origin, "version" | "headerKey"> {
  const { scenario = "small", seed = 1, generate, delays = {}, tokenLifetimes } = options;
  const { raw, source } =
    typeof scenario === "string" ? readScenario(scenario) : { raw: scenario, source: "given" };
  const given = Object.entries(delays).filter((it): it is [string, number] => typeof it[1] === "number");
  return {
    scenario: raw,
    source,
    seed,
    nowInMs: clock.now(),
    delays: Object.fromEntries(given),
    ...(generate === undefined ? {} : { generate: { ...generate } }),
    ...(tokenLifetimes === undefined ? {} : { tokenLifetimes }),
  };
}

function handleAgain(
  runtime: Runtime,
  services: readonly Service[],
  { number, at, service: name, request }: JournalEntry,
): void {
  const service = services.find((it) => it.name === name);
  runtime.at(number, at, (id) => service?.handle({ id, ...request }, runtime.tenant));
}

function resourceIdOf({ state }: Scenario, name: string): string {
  for (const resource of allResources(state.azure)) if (resource.name === name) return resource.id;
  throw new Error(`the tenant has no resource ${name}`);
}
