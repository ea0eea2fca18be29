import type { Tenant } from "../tenant.ts";
import type { WireRequest } from "../wire.ts";
import type { OutsideIssuers } from "./issuers.ts";
import type { SigningKey } from "./keys.ts";
import type { Locate } from "./sign-in-log.ts";

/** One request to the token endpoint, with everything that is needed to answer it. */
export interface Grant {
  readonly tenant: Tenant;
  readonly request: WireRequest;
  readonly parameters: URLSearchParams;
  readonly key: SigningKey;
  readonly issuers: OutsideIssuers;
  readonly locate: Locate;
  /** Id of a Conditional Access policy that blocks workloads at high risk, where the tenant has one. */
  readonly riskPolicyId: string | undefined;
  /** Of the endpoint, not of the token. */
  readonly version: "1.0" | "2.0";
}
