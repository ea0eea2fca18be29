import { fetch } from "undici";
import { z } from "zod";
import type { AttackCredential, AttackSpec, CapabilitySpec } from "./scenario/format.ts";
import type { TenantHandle } from "./start.ts";

export interface Attempt {
  readonly at: string;
  readonly capability: string;
  readonly succeeded: boolean;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** `AADSTS7000112`, `AuthorizationFailed`, `ForbiddenByRbac` …, as far as the answer says. */
  readonly error: string | undefined;
  /** Whether it was done with a token from before, because no new one was to be had. */
  readonly withOldToken: boolean;
}

export interface AdversaryOptions {
  /** How long it rests between rounds, in real time; the attack's own unless given. */
  readonly everyInMs?: number;
  readonly attemptTimeoutInMs?: number;
}

export interface Adversary extends AsyncDisposable {
  /** When each capability last succeeded, ISO; undefined: never. */
  lastSuccess(): Readonly<Record<string, string | undefined>>;
  readonly attempts: readonly Attempt[];
  /** Resolves after one more whole round. */
  round(): Promise<void>;
  stop(): Promise<void>;
}

type Outcome = Omit<Attempt, "at" | "capability" | "withOldToken">;

/** What the adversary needs of a tenant: nothing that an attacker in the field would not have. */
type Target = Pick<
  TenantHandle,
  "dispatcher" | "tenant" | "issuers" | "identityEndpoint" | "identityHeaderOf" | "proxyUrl"
>;

/**
 * A client with stolen credentials that goes on using them, from an address of its own, through the same proxy as
 * everybody: it takes new tokens while it can, and keeps every token it has until that is refused. It never learns of
 * what defenders do but by being refused, so the time of its last success is what containment took, seen from outside.
 */
export function startAdversary(
  target: Target,
  attack: AttackSpec,
  options: AdversaryOptions = {},
): Adversary {
  const { everyInMs = attack.everyInMs, attemptTimeoutInMs = 10_000 } = options;
  const attempts: Attempt[] = [];
  const last = new Map<string, string | undefined>();
  const tokens = new Map<string, string>();
  const stopped = new AbortController();
  const dispatcher = target.dispatcher({ clientAddress: attack.clientAddress });
  for (const capability of attack.capabilities) last.set(nameOf(capability), undefined);

  const send: Send = async (url, init = {}) => {
    try {
      const answer = await fetch(url, {
        method: init.method ?? "GET",
        headers: { "content-type": "application/json", ...init.headers },
        ...(init.body === undefined ? {} : { body: init.body }),
        dispatcher,
        signal: AbortSignal.any([stopped.signal, AbortSignal.timeout(attemptTimeoutInMs)]),
      });
      return { status: answer.status, body: parsed(await answer.text()) };
    } catch {
      return { status: 0, body: undefined };
    }
  };

  /** A new token if there is one to be had; the outcome says what the token endpoint answered. */
  const takeToken = async (credentialName: string, resource: string): Promise<Outcome> => {
    const credential = attack.credentials[credentialName];
    if (!credential) return { succeeded: false, status: 0, error: `no credential ${credentialName}` };
    const { status, body } = await askForToken(send, target, credential, resource);
    const token = TokenBody.safeParse(body);
    if (token.success) tokens.set(`${credentialName} ${resource}`, token.data.access_token);
    return { succeeded: token.success, status, error: token.success ? undefined : errorOf(body) };
  };

  const attempt = async (capability: CapabilitySpec): Promise<void> => {
    const credentialName = capability.as ?? Object.keys(attack.credentials)[0] ?? "";
    const resource = capability.do === "get-token" ? capability.resource : RESOURCES[capability.do];
    const taken = await takeToken(credentialName, resource);
    const token = tokens.get(`${credentialName} ${resource}`);
    const outcome =
      capability.do === "get-token"
        ? taken
        : token === undefined
          ? { ...taken, succeeded: false }
          : await perform(send, capability, token);
    const at = new Date(target.tenant.clock.now()).toISOString();
    attempts.push({
      at,
      capability: nameOf(capability),
      withOldToken: capability.do !== "get-token" && !taken.succeeded && token !== undefined,
      ...outcome,
    });
    if (outcome.succeeded) last.set(nameOf(capability), at);
  };

  let rounds = 0;
  const waiting: { readonly after: number; readonly done: () => void }[] = [];
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      for (const capability of attack.capabilities) {
        if (stopped.signal.aborted) break;
        await attempt(capability);
      }
      rounds += 1;
      for (const it of waiting.splice(0)) {
        if (rounds >= it.after) it.done();
        else waiting.push(it);
      }
      await rest(everyInMs, stopped.signal);
    }
    for (const it of waiting.splice(0)) it.done();
  };
  const running = run();

  const stop = async () => {
    stopped.abort();
    await running;
  };
  return {
    lastSuccess: () => Object.fromEntries(last),
    attempts,
    // The round under way may have begun before whatever the caller did, so it does not count.
    round: () => new Promise((done) => waiting.push({ after: rounds + 2, done })),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

interface Init {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}
type Send = (url: string, init?: Init) => Promise<{ readonly status: number; readonly body: unknown }>;

const TokenBody = z.object({ access_token: z.string() });

const RESOURCES: Readonly<Record<Exclude<CapabilitySpec["do"], "get-token">, string>> = {
  "read-secret": "https://vault.azure.net",
  "list-role-assignments": "https://management.azure.com",
  "add-role-assignment": "https://management.azure.com",
  "add-secret": "https://graph.microsoft.com",
  "add-federated-credential": "https://graph.microsoft.com",
  "re-enable": "https://graph.microsoft.com",
};

function nameOf(capability: CapabilitySpec): string {
  return (
    capability.name ?? (capability.as === undefined ? capability.do : `${capability.do} as ${capability.as}`)
  );
}

async function askForToken(send: Send, target: Target, credential: AttackCredential, resource: string) {
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

async function perform(
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

function errorOf(body: unknown): string | undefined {
  const failure = Failure.safeParse(body);
  if (!failure.success) return undefined;
  if ("error_codes" in failure.data) return `AADSTS${failure.data.error_codes[0] ?? ""}`;
  if ("message" in failure.data) return /AADSTS\d+/.exec(failure.data.message)?.[0] ?? "refused";
  return failure.data.error.innererror?.code ?? failure.data.error.code;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function rest(inMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done();
    const timer = setTimeout(finished, inMs);
    function finished(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", finished);
      done();
    }
    signal.addEventListener("abort", finished);
  });
}
