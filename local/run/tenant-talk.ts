import type { Truth } from "../tenant/scenario/format.ts";
import type { Asked, RequestEntry } from "../tenant/network/request-log.ts";
import type { FaultRule } from "../tenant/weather/faults.ts";
import type { AccessFact } from "./access-facts.ts";
import type { CredentialsHeld } from "./credentials-held.ts";

/** What is said between the tenant's process and whoever started it. */
export interface TenantWish {
  readonly folder: string;
  readonly scenario: string;
  /** Azure's own delays times this. */
  readonly delays: number;
  /** How long every answer takes at least, of each of Azure's services; 0 unless given. */
  readonly latencyInMs?: number;
  /** Entra's own lives of tokens times this. */
  readonly tokenLifetimes?: number;
}

export type CallerName = "playbook" | "responder" | "approver" | "reader";

export interface TenantReady {
  readonly kind: "ready";
  readonly proxyUrl: string;
  readonly envFile: string;
  readonly env: Readonly<Record<string, string>>;
  readonly alert: unknown;
  readonly product: Readonly<Record<string, string>>;
  readonly callers: Readonly<Record<CallerName, { readonly token: string }>>;
  readonly unwelcome: UnwelcomeTokens;
}

/** Genuine tokens of a caller who has roles, which the API must refuse all the same. */
export interface UnwelcomeTokens {
  readonly expired: string;
  /** For Azure Resource Manager. */
  readonly forAnother: string;
}

export interface TenantQuestion {
  readonly id: number;
  /**
   * `calm` ends the attack; `re-enable` is an administrator who lets the suspect sign in again, `old-secrets` one who enables
   * every old version of every secret; `requests` asks for every request of the log as well, `credentials` for every
   * credential's value.
   */
  readonly ask: "seen" | "attack" | "calm" | "re-enable" | "old-secrets" | "requests" | "credentials";
}

export interface TenantSeen {
  /** Who may do what, as it stands. */
  readonly access: readonly AccessFact[];
  readonly truth: Truth | null;
  readonly credentials?: CredentialsHeld;
  readonly requests: Readonly<Record<string, number>>;
  readonly asked: readonly Asked[];
  /** The log itself, where it was asked for: the latest tens of thousands, oldest first. */
  readonly log?: readonly RequestEntry[];
  /** Hosts that something tried to reach and the proxy did not let through. */
  readonly refused: readonly string[];
  readonly defects: readonly string[];
  readonly adversary: {
    readonly lastSuccess: Readonly<Record<string, string | undefined>>;
    readonly attempts: number;
    /** What of its last round succeeded without a token from before. */
    readonly lastRound: readonly { readonly capability: string; readonly withOldToken: boolean }[];
  } | null;
}

/** Asks for weather: this rule alone from now on, or none. Told again, with the operation, once it was hit. */
export interface TenantWeather {
  readonly id: number;
  readonly ask: "weather";
  readonly rule: FaultRule | null;
}

export interface TenantHit {
  readonly kind: "hit";
  /** Of who asked for the weather. */
  readonly id: number;
  readonly operation: string;
}

export interface TenantAnswer {
  readonly kind: "answer";
  readonly id: number;
  readonly seen: TenantSeen | null;
}
