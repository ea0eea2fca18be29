import type { SigningKey } from "./entra/keys.ts";
import { resourceNamed } from "./entra/resources.ts";
import { DAY_LIFETIME_IN_S, issueApplicationToken } from "./entra/tokens.ts";
import type { Scenario } from "./scenario/load.ts";
import { callerSecret, PRODUCT } from "./scenario/product.ts";
import { grantedAppRoles, servicePrincipalByAppId } from "./state/directory.ts";
import type { Tenant } from "./tenant.ts";

export interface Caller {
  readonly objectId: string;
  readonly appId: string;
  /** Signs in with it; the playbook is a managed identity and has none. */
  readonly secret: string | undefined;
  /** A token for the product's API, good for a day unless wished otherwise, that no sign-in log shows. */
  token(wish?: TokenWish): string;
}

export interface TokenWish {
  /** Another resource than the product's API: `https://management.azure.com`. */
  readonly resource?: string;
  /** Below 0 for one that has expired. */
  readonly lifetimeInS?: number;
}

export interface Callers {
  readonly playbook: Caller;
  readonly responder: Caller;
  readonly approver: Caller;
  readonly reader: Caller;
}

/** The four who may call the product's API here. */
export function callersOf(
  { names }: Scenario,
  { key, tenant }: { readonly key: SigningKey; readonly tenant: Tenant },
): Callers {
  const api = `api://${names.guid("appId", PRODUCT.api)}`;
  const tokenFor = (appId: string, wish: TokenWish = {}): string => {
    const asOf = tenant.clock.now();
    const { directory } = tenant.state;
    const principal = servicePrincipalByAppId(directory, appId, asOf);
    const resource = resourceNamed(directory, wish.resource ?? api, asOf);
    if (!principal || !resource) throw new Error(`the tenant has no principal ${appId}, or no such resource`);
    return issueApplicationToken(key, tenant, {
      principal,
      resource,
      roles: grantedAppRoles(directory, principal.id, resource.appId, asOf),
      proof: principal.servicePrincipalType === "ManagedIdentity" ? "2" : "1",
      lifetimeInS: wish.lifetimeInS ?? DAY_LIFETIME_IN_S,
      isContinuouslyEvaluated: false,
      asOf,
    }).token;
  };
  const application = (name: string): Caller => {
    const appId = names.guid("appId", name);
    return {
      objectId: names.guid("servicePrincipal", name),
      appId,
      secret: names.secret("keyId", callerSecret(name)),
      token: (wish) => tokenFor(appId, wish),
    };
  };
  const playbookId = names.guid("clientId", PRODUCT.playbook);
  return {
    playbook: {
      objectId: names.guid("identity", PRODUCT.playbook),
      appId: playbookId,
      secret: undefined,
      token: (wish) => tokenFor(playbookId, wish),
    },
    responder: application(PRODUCT.responder),
    approver: application(PRODUCT.approver),
    reader: application(PRODUCT.caseReader),
  };
}
