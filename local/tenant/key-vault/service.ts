import type { Authentication, Caller, Service } from "../service.ts";
import { vaultData, type VaultData } from "../state/vaults.ts";
import type { Tenant } from "../tenant.ts";
import type { WireRequest, WireResponse } from "../wire.ts";
import { checkAccess } from "./access.ts";
import { audit } from "./audit.ts";
import { purgeWhatIsDue } from "./deleted-objects.ts";
import {
  badParameter,
  methodNotAllowed,
  noSuchVault,
  notModelled,
  throttled,
  unauthorized,
  VaultRefusal,
  type VaultError,
} from "./errors.ts";
import { SUBSCRIPTION_FACTOR, VAULT_LIMITS } from "./limits.ts";
import type { VaultAnswer } from "./operation.ts";
import { matchRoute, ROUTES, type Matched } from "./routes.ts";
import { findVault, type Vault } from "./vault.ts";

const HOST = /^([a-z0-9-]{3,24})\.vault\.azure\.net$/;

/** Key Vault's data plane: secrets, and P-256 keys. */
export const keyVault: Service = {
  name: "key-vault",
  serves: (host) => HOST.test(host),
  handle: (request, tenant) => {
    const matched = matchRoute(request.method, request.url.pathname);
    const operation =
      matched === undefined ? `${request.method} (unknown)` : `${matched.route.method} ${matched.route.path}`;
    const name = HOST.exec(request.host)?.[1] ?? "";
    const vault = findVault(tenant, name);
    if (vault === undefined) {
      return { operation, response: errorResponse(request, undefined, noSuchVault(name)) };
    }
    return {
      operation,
      response: answerFor(
        { request, tenant, vault, data: vaultData(tenant.state.vaults, vault.name) },
        matched,
      ),
    };
  },
};

interface Scene {
  readonly request: WireRequest;
  readonly tenant: Tenant;
  readonly vault: Vault;
  readonly data: VaultData;
}

/** Who calls comes before everything, even before what is asked: clients send their first request without token and body. */
function answerFor(scene: Scene, matched: Matched | undefined): WireResponse {
  const { request, tenant, vault, data } = scene;
  const authentication = tenant.authenticate(request, ["https://vault.azure.net"]);
  if (authentication.kind === "refused") {
    log(scene, { operation: "Authentication", status: 401 });
    return challenge(scene, refusedToken(tenant, authentication));
  }
  const { caller } = authentication;
  const logged = matched?.route.logged ?? "Unknown";
  try {
    purgeWhatIsDue(data, tenant.clock.now());
    const { answer, assignmentId } = perform(scene, caller, matched);
    log(scene, { operation: logged, status: answer.status, caller, objectId: answer.objectId, assignmentId });
    return {
      status: answer.status,
      headers: headersOf(request, vault),
      ...(answer.body === undefined ? {} : { body: answer.body }),
    };
  } catch (error) {
    if (!(error instanceof VaultRefusal)) throw error;
    const objectId =
      matched === undefined || matched.name === ""
        ? undefined
        : `https://${vault.name}.vault.azure.net/${matched.route.right.object}/${matched.name}`;
    const { status, inner } = error.error;
    const isAddressAuthorized = inner !== "ForbiddenByFirewall" && inner !== "ForbiddenByConnection";
    log(scene, { operation: logged, status, caller, objectId, isAddressAuthorized });
    return errorResponse(request, vault, error.error);
  }
}

function perform(
  { request, tenant, vault, data }: Scene,
  caller: Caller,
  matched: Matched | undefined,
): { readonly answer: VaultAnswer; readonly assignmentId: string | undefined } {
  if (matched === undefined) {
    throw new VaultRefusal(unknownOperation(request));
  }
  if (!request.url.searchParams.has("api-version")) {
    // guess: the text was not found as served.
    throw new VaultRefusal(badParameter("api-version must be specified"));
  }
  const { route, name, version } = matched;
  takeFromLimits(tenant, vault, route.limit);
  if (name !== "" && !/^[0-9A-Za-z-]{1,127}$/.test(name)) {
    throw new VaultRefusal(badParameter(`The request URI contains an invalid name: ${name}`));
  }
  const access = checkAccess({
    tenant,
    vault,
    caller,
    clientAddress: request.clientAddress,
    right: route.right,
    objectName: name === "" ? undefined : name,
  });
  if (access.kind === "refused") {
    throw new VaultRefusal(access.error);
  }
  return {
    answer: route.run({ tenant, request, vault, data, name, version }),
    assignmentId: access.assignmentId,
  };
}

function takeFromLimits(tenant: Tenant, vault: Vault, kind: keyof typeof VAULT_LIMITS): void {
  const limit = VAULT_LIMITS[kind];
  const ofVault = tenant.throttle.take(`key-vault/${vault.name.toLowerCase()}/${kind}`, limit);
  // What the vault refuses is not counted for its subscription.
  const isOver =
    ofVault.kind === "throttled" ||
    tenant.throttle.take(`key-vault/${vault.subscription}/${kind}`, {
      ...limit,
      capacity: limit.capacity * SUBSCRIPTION_FACTOR,
    }).kind === "throttled";
  if (isOver) throw new VaultRefusal(throttled);
}

function unknownOperation(request: WireRequest): VaultError {
  const path = request.url.pathname;
  const isKnownPath = ROUTES.some(({ method }) => matchRoute(method, path) !== undefined);
  return isKnownPath
    ? methodNotAllowed(request.method)
    : notModelled(`${request.method} ${path} of Key Vault`);
}

function refusedToken(
  tenant: Tenant,
  { why, token }: Extract<Authentication, { kind: "refused" }>,
): VaultError {
  switch (why) {
    case "missing":
      return unauthorized.missing;
    case "malformed":
      return unauthorized.malformed;
    case "bad-signature":
      return unauthorized.badSignature;
    case "expired":
      return unauthorized.expired;
    case "revoked":
      return unauthorized.revoked;
    case "wrong-audience":
      return unauthorized.audience(token?.audience ?? "");
    case "wrong-tenant":
      return unauthorized.issuer(`https://sts.windows.net/${tenant.id}/`, token?.issuer ?? "");
    default:
      return why satisfies never;
  }
}

function challenge({ request, tenant, vault }: Scene, error: VaultError): WireResponse {
  const response = errorResponse(request, vault, error);
  return {
    ...response,
    headers: {
      ...response.headers,
      "WWW-Authenticate": `Bearer authorization="https://login.microsoftonline.com/${tenant.id}", resource="https://vault.azure.net"`,
    },
  };
}

function errorResponse(request: WireRequest, vault: Vault | undefined, error: VaultError): WireResponse {
  return {
    status: error.status,
    headers: headersOf(request, vault),
    body: {
      error: {
        code: error.code,
        message: error.message,
        ...(error.inner === undefined ? {} : { innererror: { code: error.inner } }),
      },
    },
  };
}

/** On every answer, good or bad. A 429 has no Retry-After. */
function headersOf(request: WireRequest, vault: Vault | undefined): Record<string, string> {
  return {
    "Cache-Control": "no-cache",
    Pragma: "no-cache",
    Expires: "-1",
    "x-ms-keyvault-region": vault?.location ?? "westeurope",
    "x-ms-keyvault-service-version": "1.9.1652.1",
    "x-ms-keyvault-network-info": `conn_type=Ipv4;addr=${request.clientAddress};act_addr_fam=InterNetwork;`,
    "x-ms-request-id": request.id,
    "x-ms-client-request-id": request.headers["x-ms-client-request-id"] ?? request.id,
    "Strict-Transport-Security": "max-age=31536000;includeSubDomains",
    "X-Content-Type-Options": "nosniff",
  };
}

function log(
  { tenant, request, vault, data }: Scene,
  what: {
    readonly operation: string;
    readonly status: number;
    readonly caller?: Caller;
    readonly objectId?: string | undefined;
    readonly assignmentId?: string | undefined;
    readonly isAddressAuthorized?: boolean;
  },
): void {
  audit({
    tenant,
    request,
    vault,
    data,
    operation: what.operation,
    status: what.status,
    caller: what.caller,
    objectId: what.objectId,
    assignmentId: what.assignmentId,
    isAddressAuthorized: what.isAddressAuthorized ?? true,
  });
}
