import type { ProxyAgent } from "undici";
import type { Callers } from "./callers.ts";
import type { TenantClock } from "./clock.ts";
import type { OutsideIssuers } from "./entra/issuers.ts";
import type { ClientOptions } from "./network/clients.ts";
import type { Refusal, Requests } from "./network/request-log.ts";
import type { Scenario } from "./scenario/load.ts";
import type { ScenarioNames } from "./scenario/names.ts";
import type { Delays, Tenant, TenantState } from "./tenant.ts";
import type { Faults } from "./weather/faults.ts";
import type { Latency } from "./weather/latency.ts";
import type { ThrottlingScale } from "./weather/throttle.ts";

export interface StartOptions {
  /** Name of a scenario, path of a file, or the scenario itself; `small` unless given. */
  readonly scenario?: string | object;
  readonly seed?: string | number;
  readonly latency?: Latency;
  readonly clock?: TenantClock;
  /** None at all unless the scenario or this says otherwise; this wins. */
  readonly delays?: Partial<Delays>;
  /** How long access tokens of applications and people live: Entra's 60 to 90 minutes, times this. 1 unless given. */
  readonly tokenLifetimes?: number;
  /** Published limits times this; `off` unless given. */
  readonly throttling?: ThrottlingScale;
  /** Objects to add to the scenario's, for size: `{ apps: 100000 }`. */
  readonly generate?: Readonly<Record<string, number>>;
  /** A free one unless given, or the last one of a kept tenant. */
  readonly port?: number;
  /** Keeps the tenant there: the next start with the folder goes on where it was, whatever scenario is named. */
  readonly stateFolder?: string;
}

export interface TenantHandle extends AsyncDisposable {
  readonly tenant: Tenant;
  readonly state: TenantState;
  readonly scenario: Scenario;
  /** Ids and secrets by the names the scenario is written with. */
  readonly names: ScenarioNames;
  readonly faults: Faults;
  readonly requests: Requests;
  /** Connections the proxy did not make. */
  readonly refused: readonly Refusal[];
  /** Handlers that threw: defects of the stand-in itself. */
  readonly defects: readonly unknown[];
  readonly port: number;
  readonly proxyUrl: string;
  /** The proxy as seen by a client at that address. */
  proxyUrlFrom(clientAddress: string): string;
  readonly caFile: string;
  readonly caPem: string;
  readonly identityEndpoint: string;
  /** The function app's. */
  readonly identityHeader: string;
  identityHeaderOf(resourceId: string): string;
  /** Tokens of GitHub, Azure DevOps, clusters, or anybody else that a federated credential may name. */
  readonly issuers: OutsideIssuers;
  /** Who may call the product's API, and how they sign in. */
  readonly callers: Callers;
  /** Everything a process needs to take this for Azure. */
  env(): Record<string, string>;
  /** `TOURNIQUET_…`, all but its storage and policy. */
  productSettings(): Record<string, string>;
  /** For unmodified JS SDK clients in this very process; see `docs/stand-in-tenant.md`. */
  clientOptions(from?: { readonly clientAddress?: string }): ClientOptions;
  /** For `fetch` in this process: `fetch(url, { dispatcher })` of undici. */
  dispatcher(from?: { readonly clientAddress?: string }): ProxyAgent;
  /** Makes this whole process take the tenant for Azure, for code that makes its own clients; dispose to put it back. */
  enterProcess(): Disposable;
  stop(): Promise<void>;
}
